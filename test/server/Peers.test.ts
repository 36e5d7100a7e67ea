import { LLMock } from "@copilotkit/aimock"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import OpenAI from "openai"
import * as UpstreamHttp from "../../src/upstream/UpstreamHttp.ts"
import { onLoopback, until } from "../support/gateway.ts"

const fixed = { id: "chatcmpl-1", created: 1_700_000_000, usage: { prompt_tokens: 7, completion_tokens: 9 } }

/** A mock of the endpoint that is not ours, and the client's two ways to it. */
const both = Effect.gen(function* () {
  const mock = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      const mock = new LLMock({ port: 0, chunkSize: 4 })
      mock.onMessage("hello", { content: "Hello! Größe, 😀 and more.", ...fixed })
      mock.onMessage("weather", {
        toolCalls: [
          { id: "call_1", name: "weather", arguments: '{"city":"Paris"}' },
          { id: "call_2", name: "weather", arguments: '{"city":"Rome"}' }
        ],
        ...fixed
      })
      mock.onMessage("slow", { content: "word ".repeat(1000), ...fixed }, { latency: 20 })
      mock.onMessage("limited", {
        error: { message: "Slow down", type: "rate_limit_error", code: "limited" },
        status: 429
      })
      mock.onMessage("broken", { error: { message: "Broke", type: "server_error" }, status: 500 })
      mock.onEmbedding(/./, { embedding: [0.1, -0.25, 3] })
      await mock.start()
      return mock
    }),
    (mock) => Effect.promise(() => mock.stop())
  )
  const baseURL = `${mock.url}/v1`
  const upstream = UpstreamHttp.layer({ baseUrl: baseURL, apiKey: Redacted.make("mock") })
  const gateway = yield* onLoopback({ upstream })
  const client = (baseURL: string) => new OpenAI({ apiKey: "mock", baseURL, maxRetries: 0 })
  return { mock, gateway, direct: client(baseURL), through: client(`${gateway.url}/v1`) }
})

// Made anew for each answer.
const named = /\b(resp|msg|fc|call|rs|item)[-_][\w-]+/g

const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, inner: unknown) => (key === "created_at" || key === "created" ? 0 : inner)).replaceAll(
      named,
      "$1"
    )
  )

const collected = async <A>(parts: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const all: Array<A> = []
  for await (const part of parts) all.push(part)
  return all
}

const failed = (error: unknown) =>
  error instanceof OpenAI.APIError
    ? { kind: error.constructor.name, status: error.status, code: error.code, type: error.type, message: error.message }
    : String(error)

const asking = (content: string) => ({ model: "gpt-4o", messages: [{ role: "user" as const, content }] })

const tools = [{ type: "function" as const, function: { name: "weather", parameters: { type: "object" } } }]

const calls: ReadonlyArray<readonly [name: string, call: (client: OpenAI) => Promise<unknown>]> = [
  ["a chat", ({ chat }) => chat.completions.create(asking("hello"))],
  ["a chat with tools", ({ chat }) => chat.completions.create({ ...asking("weather"), tools })],
  [
    "a streamed chat",
    async ({ chat }) => collected(await chat.completions.create({ ...asking("hello"), stream: true }))
  ],
  [
    "a streamed chat with its usage",
    async ({ chat }) =>
      collected(
        await chat.completions.create({ ...asking("hello"), stream: true, stream_options: { include_usage: true } })
      )
  ],
  [
    "a streamed chat with tools",
    async ({ chat }) => collected(await chat.completions.create({ ...asking("weather"), stream: true, tools }))
  ],
  [
    "the client's own gathering of a stream",
    ({ chat }) => chat.completions.stream(asking("weather")).finalChatCompletion()
  ],
  ["a response", ({ responses }) => responses.create({ model: "gpt-4o", input: "hello" })],
  [
    "a streamed response",
    async ({ responses }) => collected(await responses.create({ model: "gpt-4o", input: "hello", stream: true }))
  ],
  ["embeddings", ({ embeddings }) => embeddings.create({ model: "text-embedding-3-small", input: ["one", "two"] })],
  ["the models", async ({ models }) => collected(models.list())],
  ["a limit", ({ chat }) => chat.completions.create(asking("limited"))],
  ["a limit of a stream", ({ chat }) => chat.completions.create({ ...asking("limited"), stream: true })],
  ["a failure", ({ chat }) => chat.completions.create({ ...asking("broken"), stream: true })],
  ["an unknown model's answer", ({ models }) => models.retrieve("no/such")]
]

describe("the openai client with a mock of its endpoint", () => {
  it.live("gets the same through the gate as without it", () =>
    Effect.gen(function* () {
      const { direct, gateway, through } = yield* both
      for (const [name, call] of calls) {
        const [straight, gated] = yield* Effect.promise(() =>
          Promise.all([direct, through].map((client) => call(client).catch(failed).then(plain)))
        )

        assert.deepStrictEqual(gated, straight, name)
      }
      yield* until(gateway.stats, ({ requests }) => requests.inFlight === 0)
      const { queue, requests, tokens } = yield* gateway.stats.snapshot
      assert.strictEqual(queue.activeRequests, 0)
      assert.strictEqual(requests.succeeded, 9)
      assert.strictEqual(requests.failed, 3)
      assert.isAtLeast(tokens.completion, 9 * 6)
    })
  )

  it.live("takes the endpoint's stream with it when it leaves", () =>
    Effect.gen(function* () {
      const { gateway, through } = yield* both
      const parts = yield* Effect.promise(async () => {
        const leave = new AbortController()
        const stream = await through.chat.completions.create(
          { ...asking("slow"), stream: true },
          { signal: leave.signal }
        )
        const parts: Array<unknown> = []
        for await (const part of stream) if (parts.push(part) === 3) leave.abort()
        return parts
      })

      yield* until(gateway.stats, ({ requests }) => requests.inFlight === 0)
      const { queue, requests, tokens } = yield* gateway.stats.snapshot
      assert.isBelow(parts.length, 20)
      assert.deepStrictEqual([queue.activeRequests, requests.cancelled], [0, 1])
      assert.isAbove(tokens.completion, 0)
    })
  )
})
