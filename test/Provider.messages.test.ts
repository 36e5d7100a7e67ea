import Anthropic from "@anthropic-ai/sdk"
import { LLMock } from "@copilotkit/aimock"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createProvider, type ProviderOptions } from "../src/index.ts"
import { question, rejected, weather } from "./support/anthropic.ts"
import { turn } from "./support/provider.ts"

const words = "Hello! Größe, 😀 and more."

const mock = Effect.acquireRelease(
  Effect.promise(async () => {
    const mock = new LLMock({ port: 0, chunkSize: 4 })
    mock.onMessage("hello", { content: words, usage: { input_tokens: 7, output_tokens: 9 } })
    mock.onMessage("weather", { toolCalls: [{ id: "toolu_1", name: "weather", arguments: '{"city":"Paris"}' }] })
    await mock.start()
    return mock
  }),
  (mock) => Effect.promise(() => mock.stop())
)

const provider = (options: ProviderOptions = {}) =>
  Effect.acquireRelease(
    Effect.promise(() => createProvider({ requestsPerSecond: Infinity, maxRetries: 0, ...options })),
    (made) => Effect.promise(() => made.close(0))
  )

const asking = (content: string) => ({ ...question, messages: [{ role: "user" as const, content }] })

const textOf = ({ content }: Anthropic.Message) =>
  content.map((block) => (block.type === "text" ? block.text : block.type === "tool_use" ? block.name : "")).join("")

describe("Anthropic's client with the provider's fetch", () => {
  it.live("gets messages whole and in events, and calls of tools", () =>
    Effect.gen(function* () {
      const { url } = yield* mock
      const { fetch, getStats } = yield* provider()
      const { messages } = new Anthropic({ apiKey: "any", baseURL: url, maxRetries: 0, fetch })
      const answers = yield* Effect.promise(async () => [
        textOf(await messages.create(asking("hello"))),
        textOf(await messages.stream(asking("hello")).finalMessage()),
        textOf(await messages.create({ ...asking("weather"), tools: [weather] })),
        textOf(await messages.stream({ ...asking("weather"), tools: [weather] }).finalMessage())
      ])

      assert.deepStrictEqual(answers, [words, words, "weather", "weather"])
      while (getStats().requests.inFlight > 0) yield* turn
      assert.deepInclude(getStats().requests, { total: 4, succeeded: 4 })
      assert.isAtLeast(getStats().tokens.prompt, 14)
    })
  )

  it.live("is refused as by that API", () =>
    Effect.gen(function* () {
      const { url } = yield* mock
      const { fetch } = yield* provider({ tokensPerMinute: 10 })
      const { messages } = new Anthropic({ apiKey: "any", baseURL: url, maxRetries: 0, fetch })
      const error = yield* rejected(() => messages.create(asking("hello")))

      assert.instanceOf(error, Anthropic.BadRequestError)
      assert.deepStrictEqual([error.type, error.errorCode], ["invalid_request_error", "never_admissible"])
    })
  )
})
