import { LLMock } from "@copilotkit/aimock"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema, Stream } from "effect"
import { LanguageModel, Tool, Toolkit } from "effect/ai"
import * as OpenAi from "../../src/ai/OpenAi.ts"
import { behind, figures } from "../support/guarded.ts"

/** An endpoint that this project did not write. */
const mock = Effect.acquireRelease(
  Effect.promise(async () => {
    const mock = new LLMock({ port: 0 })
    mock.onMessage("hello", { content: "Hi there!" })
    mock.onMessage("weather", { toolCalls: [{ name: "weather", arguments: '{"city":"Paris"}' }] })
    mock.onMessage("person", { content: '{"name":"Ada","age":36}' })
    mock.onMessage("busy", { error: { message: "Slow down", type: "rate_limit_error" }, status: 429 })
    await mock.start()
    return mock
  }),
  (mock) => Effect.promise(() => mock.stop())
)

const Weather = Tool.make("weather", { parameters: Schema.Struct({ city: Schema.String }), success: Schema.String })
const toolkit = Toolkit.make(Weather)
const handlers = toolkit.toLayer({ weather: ({ city }) => Effect.succeed(`rain in ${city}`) })

const modelOf = ({ url }: LLMock) => OpenAi.layer({ baseUrl: `${url}/v1`, apiKey: Redacted.make("mock") })

describe("OpenAi before an endpoint of others", () => {
  it.live("texts, streams, tools, objects and refusals to serve are understood", () =>
    Effect.gen(function* () {
      const endpoint = yield* mock
      yield* Effect.gen(function* () {
        const { text } = yield* LanguageModel.generateText({ prompt: "hello" })
        const parts = yield* Stream.runCollect(LanguageModel.streamText({ prompt: "hello" }))
        const called = yield* LanguageModel.generateText({ prompt: "weather", toolkit })
        const streamed = yield* Stream.runCollect(LanguageModel.streamText({ prompt: "weather", toolkit }))
        const { value } = yield* LanguageModel.generateObject({
          prompt: "person",
          schema: Schema.Struct({ name: Schema.String, age: Schema.Int })
        })
        const busy = yield* Effect.flip(LanguageModel.generateText({ prompt: "busy" }))

        assert.strictEqual(text, "Hi there!")
        assert.strictEqual(parts.map((part) => (part.type === "text-delta" ? part.delta : "")).join(""), text)
        assert.deepStrictEqual(
          called.toolResults.map(({ result }) => result),
          ["rain in Paris"]
        )
        assert.deepStrictEqual(
          streamed.flatMap((part) => (part.type === "tool-result" ? [part.result] : [])),
          ["rain in Paris"]
        )
        assert.deepStrictEqual(value, { name: "Ada", age: 36 })
        assert.strictEqual(busy.reason._tag, "RateLimitError")
        const { queue, requests, tokens } = yield* figures
        assert.deepInclude(requests, { total: 6, succeeded: 5, failed: 1 })
        assert.strictEqual(queue.activeRequests, 0)
        assert.isAbove(tokens.completion, 0)
      }).pipe(Effect.provide([behind(modelOf(endpoint)), handlers]))
    })
  )
})
