import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { LanguageModel, Tool, Toolkit } from "effect/ai"
import { answering, chunk, reply, stream, usage } from "../support/openai.ts"

const prompt = "Hi"
const generate = LanguageModel.generateText({ prompt })
const collect = Stream.runCollect(LanguageModel.streamText({ prompt }))

const Weather = Tool.make("weather", { parameters: Schema.Struct({ city: Schema.String }), success: Schema.String })
const Now = Tool.make("now", { success: Schema.String })
const Tools = Toolkit.make(Weather, Now)
const handlers = Tools.toLayer({
  weather: ({ city }) => Effect.succeed(`rain in ${city}`),
  now: () => Effect.succeed("noon")
})

const answered = (answer: object) => Effect.provide(answering(() => Response.json(answer)).layer)
const streamed = (chunks: ReadonlyArray<object>) => Effect.provide(answering(() => stream(chunks)).layer)

const call = (index: number, more: object) => chunk({ tool_calls: [{ index, ...more }] })

describe("OpenAi", () => {
  it.effect("a reply keeps its thoughts, text, usage and which it was", () =>
    Effect.gen(function* () {
      const { content, finishReason, reasoningText, text, usage } = yield* generate

      assert.deepStrictEqual(
        content.map(({ type }) => type),
        ["response-metadata", "reasoning", "text", "finish"]
      )
      assert.deepStrictEqual([reasoningText, text, finishReason], ["Hm.", "Hello", "length"])
      assert.deepInclude(content[0], { id: "chatcmpl-1", modelId: "gpt-4o-mini-2024" })
      assert.deepStrictEqual({ ...usage.inputTokens }, { total: 12, uncached: 8, cacheRead: 4, cacheWrite: undefined })
      assert.deepStrictEqual({ ...usage.outputTokens }, { total: 5, text: 2, reasoning: 3 })
    }).pipe(
      answered(
        reply(
          { content: "Hello", reasoning_content: "Hm." },
          {
            usage: {
              prompt_tokens: 12,
              completion_tokens: 5,
              prompt_tokens_details: { cached_tokens: 4 },
              completion_tokens_details: { reasoning_tokens: 3 }
            }
          },
          { finish_reason: "length" }
        )
      )
    )
  )

  it.effect("a reply may leave out what a sloppy server leaves out", () =>
    Effect.gen(function* () {
      const { finishReason, text, usage } = yield* generate

      assert.deepStrictEqual([text, finishReason, usage.outputTokens.total], ["Hello", "unknown", undefined])
    }).pipe(answered({ choices: [{ message: { content: "Hello" } }], usage: { prompt_tokens: "many" }, created: 1e20 }))
  )

  it.effect("calls are read whole, side by side; those without arguments have none", () =>
    Effect.gen(function* () {
      const { finishReason, toolCalls, toolResults } = yield* LanguageModel.generateText({ prompt, toolkit: Tools })

      assert.strictEqual(finishReason, "tool-calls")
      assert.deepStrictEqual(
        toolCalls.map(({ id, name, params }) => [id, name, params]),
        [
          ["a", "weather", { city: "Paris" }],
          ["call_chatcmpl-1_1", "now", {}]
        ]
      )
      assert.sameMembers(
        toolResults.map(({ result }) => result),
        ["rain in Paris", "noon"]
      )
    }).pipe(
      Effect.provide(handlers),
      answered(
        reply({
          content: null,
          tool_calls: [
            { id: "a", type: "function", function: { name: "weather", arguments: '{"city":"Paris"}' } },
            { type: "function", function: { name: "now", arguments: "" } }
          ]
        })
      )
    )
  )

  it.effect("arguments that are no JSON are the tool's invalid parameters, told to the model if the tool says so", () =>
    Effect.gen(function* () {
      const Patient = Tool.make("weather", {
        parameters: Schema.Struct({ city: Schema.String }),
        success: Schema.String,
        failureMode: "return"
      })
      const toolkit = Toolkit.make(Patient)
      const { toolResults } = yield* LanguageModel.generateText({ prompt, toolkit }).pipe(
        Effect.provide(toolkit.toLayer({ weather: () => Effect.succeed("rain") }))
      )
      const error = yield* LanguageModel.generateText({ prompt, toolkit: Tools }).pipe(
        Effect.flip,
        Effect.provide(handlers)
      )

      assert.isTrue(toolResults[0]!.isFailure)
      assert.strictEqual(error.reason._tag, "ToolParameterValidationError")
    }).pipe(
      answered(
        reply({ tool_calls: [{ id: "a", type: "function", function: { name: "weather", arguments: '{"city":' } }] })
      )
    )
  )

  it.effect("a stream keeps thoughts and text apart, each begun and ended once", () =>
    Effect.gen(function* () {
      const parts = yield* collect

      assert.deepStrictEqual(
        parts.map((part) =>
          "delta" in part ? [part.type, part.id, part.delta] : [part.type, "id" in part && part.id]
        ),
        [
          ["response-metadata", "chatcmpl-1"],
          ["reasoning-start", "1"],
          ["reasoning-delta", "1", "H"],
          ["reasoning-delta", "1", "m."],
          ["reasoning-end", "1"],
          ["text-start", "2"],
          ["text-delta", "2", "Hel"],
          ["text-delta", "2", "lo"],
          ["text-end", "2"],
          ["finish", false]
        ]
      )
      const last = parts.at(-1)!
      assert.isTrue(last.type === "finish" && last.reason === "stop" && last.usage.inputTokens.total === 12)
    }).pipe(
      streamed([
        chunk({ role: "assistant", content: "" }),
        chunk({ reasoning: "H" }),
        chunk({ reasoning: "m." }),
        chunk({ content: "Hel" }),
        chunk({ content: "lo" }),
        chunk({}, "stop"),
        usage
      ])
    )
  )

  it.effect("the pieces of calls are put together by their index, however they are interleaved", () =>
    Effect.gen(function* () {
      const parts = yield* Stream.runCollect(LanguageModel.streamText({ prompt, toolkit: Tools }))
      const calls = parts.flatMap((part) => (part.type === "tool-call" ? [[part.id, part.name, part.params]] : []))

      assert.deepStrictEqual(calls, [
        ["a", "weather", { city: "Paris" }],
        ["b", "weather", { city: "Rome" }]
      ])
      assert.sameMembers(
        parts.flatMap((part) => (part.type === "tool-result" ? [part.result] : [])),
        ["rain in Paris", "rain in Rome"]
      )
      assert.strictEqual(
        parts.map((part) => (part.type === "tool-params-delta" && part.id === "b" ? part.delta : "")).join(""),
        '{"city":"Rome"}'
      )
      assert.isTrue(parts.at(-1)!.type === "finish")
    }).pipe(
      Effect.provide(handlers),
      streamed([
        chunk({ content: "Let me look." }),
        call(0, { id: "a", type: "function", function: { name: "weather", arguments: "" } }),
        call(1, { id: "b", type: "function", function: { name: "weather", arguments: '{"ci' } }),
        call(0, { function: { arguments: '{"city":' } }),
        call(1, { function: { arguments: 'ty":"Rome"}' } }),
        call(0, { function: { arguments: '"Paris"}' } }),
        chunk({}, "tool_calls"),
        usage
      ])
    )
  )

  it.effect("calls of a reply that was cut are not run", () =>
    Effect.gen(function* () {
      const parts = yield* Stream.runCollect(LanguageModel.streamText({ prompt, toolkit: Tools }))
      const [result] = parts.flatMap((part) => (part.type === "tool-result" ? [part] : []))

      assert.deepInclude(result!.encodedResult, { type: "execution-interrupted" })
    }).pipe(
      Effect.provide(handlers),
      streamed([call(0, { id: "a", function: { name: "weather", arguments: '{"city":"Par' } }), chunk({}, "length")])
    )
  )

  it.effect("of several replies side by side the first is read", () =>
    Effect.gen(function* () {
      const parts = yield* collect

      assert.deepStrictEqual(
        parts.flatMap((part) => (part.type === "text-delta" ? [part.delta] : [])),
        ["one"]
      )
    }).pipe(
      streamed([
        { ...chunk({}), choices: [{ index: 1, delta: { content: "other" }, finish_reason: "stop" }] },
        chunk({ content: "one" }, "stop")
      ])
    )
  )

  it.effect("a model that declines is not asked again, whole or in a stream", () =>
    Effect.gen(function* () {
      const object = LanguageModel.generateObject({ prompt, schema: Schema.Struct({ a: Schema.String }) })
      const whole = yield* Effect.flip(object).pipe(answered(reply({ content: null, refusal: "I cannot." })))
      const inStream = yield* Effect.flip(collect).pipe(
        streamed([chunk({ refusal: "I " }), chunk({ refusal: "cannot." }), chunk({}, "stop")])
      )

      for (const { isRetryable, reason } of [whole, inStream]) {
        assert.deepInclude(reason, { _tag: "ContentPolicyError", description: "I cannot." })
        assert.isFalse(isRetryable)
      }
    })
  )

  it.effect("an object is read from the text", () =>
    Effect.gen(function* () {
      const schema = Schema.Struct({ name: Schema.String, note: Schema.optionalKey(Schema.String) })
      const ask = LanguageModel.generateObject({ prompt, schema })
      const { value } = yield* ask.pipe(answered(reply({ content: '{"name":"Ada","note":null}' })))
      const { reason } = yield* Effect.flip(ask).pipe(answered(reply({ content: '{"name":7}' })))

      assert.deepStrictEqual(value, { name: "Ada" })
      assert.deepInclude(reason, { _tag: "StructuredOutputError", responseText: '{"name":7}', isRetryable: true })
    })
  )

  it.effect.each(['```json\n{"name":"Ada"}\n```', '```\n{"name":"Ada"}```\n', '\n```JSON \r\n{"name":"Ada"}\r\n```'])(
    "an object is taken out of its fence: %o",
    (content) =>
      Effect.gen(function* () {
        const ask = LanguageModel.generateObject({ prompt, schema: Schema.Struct({ name: Schema.String }) })
        const { value } = yield* ask.pipe(answered(reply({ content })))
        const { text } = yield* LanguageModel.generateText({ prompt }).pipe(answered(reply({ content })))

        assert.deepStrictEqual(value, { name: "Ada" })
        assert.strictEqual(text, content)
      })
  )

  it.effect("a fence that a model fills with blanks without end costs no more than its length", () =>
    Effect.gen(function* () {
      const ask = LanguageModel.generateObject({ prompt, schema: Schema.Struct({ name: Schema.String }) })
      const content = `\`\`\`json\n${" \n".repeat(500_000)}`
      const { reason } = yield* Effect.flip(ask).pipe(answered(reply({ content })))

      assert.strictEqual(reason._tag, "StructuredOutputError")
    })
  )

  it.effect("an object with another word beside its fence is none", () =>
    Effect.gen(function* () {
      const ask = LanguageModel.generateObject({ prompt, schema: Schema.Struct({ name: Schema.String }) })
      const content = 'Not this: ```json\n{"name":"Ada"}\n```'
      const { reason } = yield* Effect.flip(ask).pipe(answered(reply({ content })))

      assert.strictEqual(reason._tag, "StructuredOutputError")
    })
  )

  it.effect("streams ask for their usage, and a server that must not hear of it can be spared", () =>
    Effect.gen(function* () {
      const { layer, sent } = answering(() => stream([chunk({ content: "Hi" }, "stop")]))
      yield* Effect.provide(collect, layer)
      const spared = answering(() => stream([chunk({ content: "Hi" }, "stop")]), {
        parameters: { more: { stream_options: null } }
      })
      yield* Effect.provide(collect, spared.layer)

      assert.deepInclude(sent[0]!.body, { stream: true, stream_options: { include_usage: true } })
      assert.deepInclude(spared.sent[0]!.body, { stream: true, stream_options: null })
    })
  )
})
