import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import { assert, describe, it } from "@effect/vitest"
import { ChatOpenAI } from "@langchain/openai"
import { streamText } from "ai"
import { Effect } from "effect"
import OpenAI from "openai"
import { onLoopback, until } from "../support/gateway.ts"
import { begin, done, none, serving } from "../support/script.ts"

const key = { apiKey: "any", maxRetries: 0 }
const question = { model: "gpt-4o-mini", messages: [{ role: "user" as const, content: "Hello" }] }

interface Told {
  readonly text: string
  readonly error: unknown
}

const reading = async (texts: (say: (text: string) => void) => Promise<unknown>): Promise<Told> => {
  let text = ""
  const error = await texts((part) => (text += part)).then(
    () => undefined,
    (error: unknown) => error
  )
  return { text, error }
}

const openai = (url: string, signal?: AbortSignal) =>
  reading(async (say) => {
    const client = new OpenAI({ ...key, baseURL: `${url}/v1` })
    const parts = await client.chat.completions.create({ ...question, stream: true }, signal && { signal })
    for await (const { choices } of parts) say(choices[0]?.delta.content ?? "")
  })

const ai = (url: string, abortSignal?: AbortSignal) =>
  reading(async (say) => {
    const model = createOpenAICompatible({ name: "headgate", baseURL: `${url}/v1`, apiKey: "any" })("gpt-4o-mini")
    const { fullStream } = streamText({
      model,
      prompt: "Hello",
      maxRetries: 0,
      onError: () => {},
      ...(abortSignal && { abortSignal })
    })
    let reason = ""
    for await (const part of fullStream) {
      if (part.type === "text-delta") say(part.text)
      if (part.type === "finish") reason = part.finishReason
      if (part.type === "error") throw part.error
      if (part.type === "abort") throw new Error("aborted")
    }
    assert.strictEqual(reason, "stop")
  })

const langchain = (url: string, signal?: AbortSignal) =>
  reading(async (say) => {
    const model = new ChatOpenAI({ ...key, model: "gpt-4o-mini", configuration: { baseURL: `${url}/v1` } })
    for await (const { content } of await model.stream("Hello", signal && { signal })) say(String(content))
  })

const clients = [
  ["openai", openai],
  ["ai", ai],
  ["langchain", langchain]
] as const

const chunk = (delta: object, reason: string | null = null) =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`

const hello = chunk({ role: "assistant", content: "Hello" })

describe.each(clients)("the %s client", (_, read) => {
  it.live("reads a stream to its end", () =>
    Effect.gen(function* () {
      const { outcomes, url } = yield* serving((response) =>
        begin(response, ": wait\n\n", hello, chunk({ content: " you" }), chunk({}, "stop")).end(done)
      )

      assert.deepStrictEqual(yield* Effect.promise(() => read(url)), { text: "Hello you", error: undefined })
      assert.deepStrictEqual(yield* outcomes, { ...none, succeeded: 1 })
    })
  )

  it.live("is told of a stream that ends too soon", () =>
    Effect.gen(function* () {
      const { outcomes, url } = yield* serving((response) => begin(response, hello).end())

      const { error, text } = yield* Effect.promise(() => read(url))

      assert.strictEqual(text, "Hello")
      assert.include(String((error as Error).message), "before it was finished")
      assert.deepStrictEqual(yield* outcomes, { ...none, failed: 1 })
    })
  )

  it.live("is told of a stream that falls silent", () =>
    Effect.gen(function* () {
      const limits = { streamIdleTimeout: "50 millis" } as const
      const { outcomes, url } = yield* serving((response) => begin(response, hello), { limits })

      const { error } = yield* Effect.promise(() => read(url))

      assert.include(String((error as Error).message), "fell silent")
      assert.deepStrictEqual(yield* outcomes, { ...none, timedOut: 1 })
    })
  )

  it.live("takes the endpoint's connection with it when it leaves", () =>
    Effect.gen(function* () {
      const leave = new AbortController()
      const { endpoint, outcomes, stats, url } = yield* serving((response) => begin(response, hello))
      yield* Effect.forkChild(Effect.promise(() => read(url, leave.signal)))
      const { closed } = yield* endpoint.asked(0)
      yield* until(stats, ({ firstToken }) => firstToken.p50 !== null)

      leave.abort()

      assert.isFalse(yield* closed)
      assert.deepStrictEqual(yield* outcomes, { ...none, cancelled: 1 })
    })
  )
})

describe("the openai client at the simulated model", () => {
  it.live("reads chats, completions and responses as they come, each counted once", () =>
    Effect.gen(function* () {
      const { stats, url } = yield* onLoopback()
      const { chat, completions, responses } = new OpenAI({ ...key, baseURL: `${url}/v1` })
      const asked = { stream: true, stream_options: { include_usage: true } } as const
      const count = async (parts: AsyncIterable<unknown>) => {
        let count = 0
        for await (const _ of parts) count++
        return count
      }

      const counts = yield* Effect.promise(() =>
        Promise.all([
          chat.completions.create({ ...question, stream: true }).then(count),
          chat.completions.create({ ...question, ...asked }).then(count),
          completions.create({ model: "m", prompt: "Once", stream: true }).then(count),
          responses.create({ model: "m", input: "Hello", stream: true }).then(count)
        ])
      )

      assert.isTrue(counts.every((count) => count > 3))
      const { requests } = yield* stats.snapshot
      assert.deepInclude(requests, { total: 4, succeeded: 4, inFlight: 0 })
    })
  )

  it.live("gathers the calls of tools from a stream", () =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback()
      const { chat } = new OpenAI({ ...key, baseURL: `${url}/v1` })
      const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] }
      const tools = [{ type: "function" as const, function: { name: "weather", parameters } }]

      const { choices } = yield* Effect.promise(() =>
        chat.completions.stream({ ...question, tools, tool_choice: "required" }).finalChatCompletion()
      )

      const [call] = choices[0]!.message.tool_calls ?? []
      assert.strictEqual(choices[0]!.finish_reason, "tool_calls")
      assert.isTrue(call?.type === "function" && call.function.name === "weather")
    })
  )
})
