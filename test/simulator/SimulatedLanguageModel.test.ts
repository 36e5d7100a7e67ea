import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Schema, Stream } from "effect"
import { LanguageModel, Telemetry, Tool, Toolkit } from "effect/ai"
import { TestClock } from "effect/testing"
import * as Parameters from "../../src/ai/chat/Parameters.ts"
import * as SimulatedLanguageModel from "../../src/simulator/SimulatedLanguageModel.ts"
import { SimulatedModel } from "../../src/simulator/SimulatedModel.ts"
import type { Options } from "../../src/simulator/model/Options.ts"

const layer = (options: Options = {}) =>
  SimulatedLanguageModel.layer.pipe(Layer.provideMerge(SimulatedModel.layer({ fixedLatency: 0, ...options })))

const Weather = Tool.make("weather", {
  description: "Tells the weather of a city",
  parameters: Schema.Struct({ city: Schema.String, days: Schema.optionalKey(Schema.Int) }),
  success: Schema.Struct({ sky: Schema.String })
})
const Stock = Tool.make("stock", { parameters: Schema.Struct({ symbol: Schema.String }), success: Schema.Finite })
const Tools = Toolkit.make(Weather, Stock)
const handlers = Tools.toLayer({
  weather: () => Effect.succeed({ sky: "clear" }),
  stock: () => Effect.succeed(42)
})

const gauges = Effect.flatMap(SimulatedModel, (model) => model.gauges)

const textOf = (parts: ReadonlyArray<{ readonly type: string; readonly delta?: string }>) =>
  parts.map((part) => (part.type === "text-delta" ? part.delta : "")).join("")

describe("SimulatedLanguageModel", () => {
  it.effect("a text comes with its usage, reason and model, after the model's own time", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(LanguageModel.generateText({ prompt: "How do rivers shape valleys?" }))
      yield* TestClock.adjust("999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      const reply = yield* Fiber.join(fiber)

      assert.match(reply.text, /rivers|shape|valleys/)
      assert.strictEqual(reply.finishReason, "stop")
      assert.strictEqual(reply.usage.outputTokens.total, Math.ceil(reply.text.length / 4))
      assert.isAbove(reply.usage.inputTokens.total!, 5)
      assert.deepInclude(reply.content[0], { type: "response-metadata", modelId: "gpt-4o-mini" })
    }).pipe(Effect.provide(layer({ fixedLatency: "1 second" })))
  )

  it.effect("an object's numbers are finite, whatever the schema would take", () =>
    Effect.gen(function* () {
      const schema = Schema.Struct({ price: Schema.Number, sizes: Schema.Array(Schema.Number) })
      for (let day = 1; day <= 30; day++) {
        const { value } = yield* LanguageModel.generateObject({ prompt: `Rate day ${day}`, schema })
        for (const number of [value.price, ...value.sizes]) assert.isTrue(Number.isFinite(number), String(number))
      }
    }).pipe(Effect.provide(layer()))
  )

  it.effect("a stream brings the same text in parts, usage last", () =>
    Effect.gen(function* () {
      const whole = yield* LanguageModel.generateText({ prompt: "Tell me of bees" })
      const parts = yield* Stream.runCollect(LanguageModel.streamText({ prompt: "Tell me of bees" }))

      assert.strictEqual(textOf(parts), whole.text)
      assert.deepStrictEqual(
        [...new Set(parts.map(({ type }) => type))],
        ["response-metadata", "text-start", "text-delta", "text-end", "finish"]
      )
      assert.deepInclude(parts.at(-1), { type: "finish", reason: "stop", usage: whole.usage })
    }).pipe(Effect.provide(layer()))
  )

  it.effect("an object fits its schema, whatever the endpoint cannot say of it", () =>
    Effect.gen(function* () {
      const schema = Schema.Struct({
        title: Schema.String,
        steps: Schema.Array(Schema.Struct({ text: Schema.String, minutes: Schema.Int })),
        note: Schema.optionalKey(Schema.String),
        range: Schema.Tuple([Schema.Int, Schema.Int])
      })
      const { value } = yield* LanguageModel.generateObject({ prompt: "Plan a day", schema, objectName: "a plan" })

      assert.deepStrictEqual(yield* Schema.decodeUnknownEffect(schema)(value), value)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("tools are called side by side, whole and in a stream, and their results are in the next prompt", () =>
    Effect.gen(function* () {
      const ask = { prompt: "Stock and weather, please", toolkit: Tools }
      const reply = yield* LanguageModel.generateText(ask)
      const parts = yield* Stream.runCollect(LanguageModel.streamText(ask))
      const streamed = parts.flatMap((part) => (part.type === "tool-result" ? [part] : []))

      assert.strictEqual(reply.finishReason, "tool-calls")
      for (const results of [reply.toolResults, streamed]) {
        assert.deepStrictEqual(results.map(({ name, result }) => [name, result]).sort(), [
          ["stock", 42],
          ["weather", { sky: "clear" }]
        ])
      }
      assert.deepStrictEqual(
        parts.flatMap((part) => (part.type === "tool-call" ? part.params : [])),
        reply.toolCalls.map(({ params }) => params)
      )
    }).pipe(Effect.provide([layer(), handlers]))
  )

  it.effect("parameters hold for the requests inside, the inner ones first", () =>
    Effect.gen(function* () {
      const reply = yield* LanguageModel.generateText({ prompt: "Tell me of bees" }).pipe(
        Parameters.withParameters({ maxCompletionTokens: 7 }),
        Parameters.withParameters({ maxCompletionTokens: 20, model: "gpt-4o" })
      )

      assert.strictEqual(reply.usage.outputTokens.total, 7)
      assert.strictEqual(reply.finishReason, "length")
      assert.deepInclude(reply.content[0], { modelId: "gpt-4o" })
    }).pipe(Effect.provide(layer()))
  )

  it.effect("its spans say what was asked of which model, and what it took", () =>
    Effect.gen(function* () {
      const spans: Array<Record<string, unknown>> = []
      const look = Layer.succeed(Telemetry.CurrentSpanTransformer, ({ span }) => {
        spans.push(Object.fromEntries(span.attributes))
      })
      yield* Effect.all([
        LanguageModel.generateText({ prompt: "Tell me of bees" }),
        Stream.runDrain(LanguageModel.streamText({ prompt: "Tell me of bees" }))
      ]).pipe(Parameters.withParameters({ maxCompletionTokens: 7 }), Effect.provide(look))

      for (const span of spans) {
        assert.deepInclude(span, {
          "gen_ai.provider.name": "headgate",
          "gen_ai.operation.name": "chat",
          "gen_ai.request.model": "gpt-4o-mini",
          "gen_ai.request.max_tokens": 7,
          "gen_ai.response.model": "gpt-4o-mini",
          "gen_ai.response.finish_reasons": ["length"],
          "gen_ai.usage.output_tokens": 7
        })
      }
      assert.lengthOf(spans, 2)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("failures are told as over HTTP", () =>
    Effect.gen(function* () {
      const whole = Effect.asVoid(LanguageModel.generateText({ prompt: "Hi" }))
      const streamed = Stream.runDrain(LanguageModel.streamText({ prompt: "Hi" }))
      const reasons = (options: Options) =>
        Effect.forEach([whole, streamed], (call) => Effect.map(Effect.flip(call), ({ reason }) => reason)).pipe(
          Effect.provide(layer(options))
        )

      for (const reason of yield* reasons({ errorRate: 1 })) {
        assert.deepInclude(reason, { _tag: "InternalProviderError", isRetryable: true })
      }
      for (const reason of yield* reasons({ incidents: [{ kind: "outage", from: 0, to: Infinity }] })) {
        assert.deepInclude(reason, { _tag: "InternalProviderError", isRetryable: true })
      }
    })
  )

  it.effect("a model that is overloaded says when to come back", () =>
    Effect.gen(function* () {
      yield* Effect.forkChild(LanguageModel.generateText({ prompt: "Hi" }), { startImmediately: true })
      const error = yield* Effect.flip(LanguageModel.generateText({ prompt: "Hi" }))

      assert.strictEqual(error.reason._tag, "RateLimitError")
      assert.isDefined(error.retryAfter)
    }).pipe(Effect.provide(layer({ slots: 1, queue: 0, fixedLatency: "1 second" })))
  )

  it.effect("whoever leaves frees the slot at once", () =>
    Effect.gen(function* () {
      const whole = yield* Effect.forkChild(LanguageModel.generateText({ prompt: "Hi" }))
      const stream = yield* Effect.forkChild(
        LanguageModel.streamText({ prompt: "Hi" }).pipe(Stream.take(3), Stream.runDrain)
      )
      yield* TestClock.adjust("500 millis")
      assert.deepInclude(yield* gauges, { running: 1 })
      yield* Fiber.join(stream)
      yield* Fiber.interrupt(whole)

      assert.deepInclude(yield* gauges, { running: 0 })
      assert.strictEqual(yield* Clock.currentTimeMillis, 500)
    }).pipe(Effect.provide(layer({ fixedLatency: "10 seconds", slots: 2 })))
  )
})
