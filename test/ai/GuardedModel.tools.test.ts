import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Schema, Stream } from "effect"
import { AiError, LanguageModel, Prompt, type Response, Telemetry, Tool, Toolkit } from "effect/ai"
import { TestClock } from "effect/testing"
import * as GuardedModel from "../../src/ai/GuardedModel.ts"
import { Stats } from "../../src/Stats.ts"
import { bare, behind, figures, finish, provided } from "../support/guarded.ts"

const City = Schema.Struct({ city: Schema.String })
const Weather = Tool.make("weather", { parameters: City, success: Schema.String })
const Stock = Tool.make("stock", { parameters: Schema.Struct({ symbol: Schema.String }), success: Schema.String })
const Tools = Toolkit.make(Weather, Stock)
const handlers = Tools.toLayer({ weather: () => Effect.succeed("rain"), stock: () => Effect.succeed("up") })

const prompt = "Stock and weather, please"
const ask = { prompt, toolkit: Tools }

const call = (name: string, params: unknown, id = name): Response.ToolCallPartEncoded => ({
  type: "tool-call",
  id,
  name,
  params
})

/** A model that always says this. */
const saying = (...parts: ReadonlyArray<Response.PartEncoded & Response.StreamPartEncoded>) =>
  provided({
    generateText: () => Effect.succeed([...parts]),
    streamText: () => Stream.fromIterable(parts)
  })

const everyPart = [
  { type: "response-metadata", id: "r1", modelId: "m", timestamp: "2026-01-01T00:00:00.000Z" },
  { type: "file", mediaType: "image/png", data: "AQID" },
  { type: "source", sourceType: "url", id: "s1", url: "https://example.com/", title: "A page" },
  { type: "source", sourceType: "document", id: "s2", mediaType: "text/plain", title: "A text" },
  { ...call("weather", { city: "Paris" }, "c1"), metadata: { openai: { itemId: "i1" } } },
  { ...finish("tool-calls", 3, 4), response: { status: 200, headers: { "x-request-id": "req_1" } } }
] as const satisfies ReadonlyArray<Response.PartEncoded & Response.StreamPartEncoded>

const both = <A, E, R>(model: Layer.Layer<LanguageModel.LanguageModel>, program: Effect.Effect<A, E, R>) =>
  Effect.all({
    plain: Effect.provide(program, model),
    guarded: Effect.provide(program, behind(model))
  })

describe("GuardedModel with tools", () => {
  it.effect("answers are those of the bare model, with what the tools did", () =>
    Effect.gen(function* () {
      const whole = Effect.map(LanguageModel.generateText(ask), ({ content }) => content)
      const parts = Stream.runCollect(LanguageModel.streamText(ask))
      for (const model of [bare({ fixedLatency: 0 }), saying(...everyPart)]) {
        const { guarded, plain } = yield* both(Layer.orDie(model), Effect.all([whole, parts]))

        assert.deepStrictEqual(guarded, plain)
      }
    }).pipe(Effect.provide(handlers))
  )

  it.effect("a tool runs outside of the gate, and may call the model that waits for its answer", () =>
    Effect.gen(function* () {
      const model = yield* LanguageModel.LanguageModel
      const nested = Tools.toLayer({
        weather: () => Effect.as(model.generateText({ prompt: "Tell me of bees" }), "rain"),
        stock: () => Effect.as(Stream.runDrain(model.streamText({ prompt: "Tell me of bees" })), "up")
      })
      for (const outer of [
        Effect.asVoid(LanguageModel.generateText(ask)),
        Stream.runDrain(LanguageModel.streamText(ask))
      ]) {
        const fiber = yield* Effect.forkChild(Effect.provide(outer, nested))
        yield* TestClock.adjust("10 seconds")

        yield* Fiber.join(fiber)
      }
      const { queue, requests } = yield* figures
      assert.strictEqual(queue.activeRequests, 0)
      assert.deepInclude(requests, { total: 6, succeeded: 6 })
    }).pipe(Effect.provide(behind(bare(), { maxConcurrentRequests: 1 })))
  )

  it.effect("while tools run their call holds no place", () =>
    Effect.gen(function* () {
      const active: Array<number> = []
      const { snapshot } = yield* Stats
      const look = Effect.map(snapshot, ({ queue }) => {
        active.push(queue.activeRequests)
        return "seen"
      })
      yield* LanguageModel.generateText(ask).pipe(
        Effect.provide(Tools.toLayer({ weather: () => look, stock: () => look }))
      )

      assert.deepStrictEqual(active, [0, 0])
      assert.strictEqual((yield* figures).requests.total, 1)
    }).pipe(Effect.provide(behind(bare({ fixedLatency: 0 }))))
  )

  it.effect("calls left to the caller come as they would, checked or not", () =>
    Effect.gen(function* () {
      const model = saying(call("weather", { city: "Paris" }), finish("tool-calls"))
      const odd = saying(call("weather", { city: 7 }), call("sing", "la"), finish("tool-calls"))
      const left = { ...ask, disableToolCallResolution: true } as const
      const deferred = { ...left, toolCallValidation: "deferred" } as const
      const checked = Effect.exit(Effect.map(LanguageModel.generateText(left), ({ content }) => content))
      const unchecked = Effect.map(LanguageModel.generateText(deferred), ({ content }) => content)
      const stream = Stream.runCollect(LanguageModel.streamText(deferred))

      const good = yield* both(model, checked)
      const bad = yield* both(odd, Effect.all([checked, unchecked, stream]))
      assert.isTrue(Exit.isSuccess(good.plain))
      assert.deepStrictEqual(good.guarded, good.plain)
      assert.isTrue(Exit.isFailure(bad.plain[0]) && Exit.isFailure(bad.guarded[0]))
      assert.deepStrictEqual(bad.guarded.slice(1), bad.plain.slice(1))
    }).pipe(Effect.provide(handlers))
  )

  it.effect("a call of a tool that is not there is the model's failure, which it may mend when asked again", () =>
    Effect.gen(function* () {
      let asked = 0
      const model = provided({
        generateText: () =>
          Effect.sync(() => [call(++asked === 1 ? "sing" : "weather", { city: "Paris" }), finish("tool-calls")]),
        streamText: () => Stream.fromIterable([call("sing", {}), finish("tool-calls")])
      })
      const program = Effect.gen(function* () {
        const reply = yield* Effect.forkChild(LanguageModel.generateText(ask))
        const streamed = yield* Effect.forkChild(Effect.flip(Stream.runDrain(LanguageModel.streamText(ask))))
        yield* TestClock.adjust("1 minute")
        return [yield* Fiber.join(reply), yield* Fiber.join(streamed), yield* figures] as const
      })
      const [{ toolResults }, streamed, { circuitBreaker, requests }] = yield* program.pipe(
        Effect.provide(behind(model, { maxRetries: 1 }))
      )

      assert.deepStrictEqual(
        toolResults.map(({ result }) => result),
        ["rain"]
      )
      assert.isTrue(AiError.isAiError(streamed) && streamed.reason._tag === "ToolNotFoundError")
      assert.strictEqual(requests.retried, 2)
      assert.strictEqual(circuitBreaker.failures, 0)
    }).pipe(Effect.provide(handlers))
  )

  it.effect("an object that a model reads in its own way stays what it read, beside what the tools did", () =>
    Effect.gen(function* () {
      const schema = Schema.Struct({ range: Schema.Tuple([Schema.Int, Schema.Int]), at: Schema.DateTimeUtcFromString })
      const text = { type: "text", text: '{"low":1,"high":2,"at":"2026-01-01T00:00:00.000Z"}' } as const
      const Own = Schema.Struct({ low: Schema.Int, high: Schema.Int, at: Schema.DateTimeUtcFromString })
      const model = Layer.effect(
        LanguageModel.LanguageModel,
        LanguageModel.make({
          generateText: () => Effect.succeed([text, call("weather", { city: "Paris" }), finish("tool-calls")]),
          streamText: () => Stream.empty,
          codecTransformer: () => ({ codec: Own as never, jsonSchema: {} })
        })
      )
      const program = Effect.map(LanguageModel.generateObject({ ...ask, schema }), ({ text, toolResults, value }) => ({
        text,
        value: value as unknown,
        results: toolResults.map(({ result }) => result)
      }))
      const { guarded, plain } = yield* both(model, program)

      assert.deepInclude(plain.value as object, { low: 1, high: 2 })
      assert.deepStrictEqual(guarded, plain)
    }).pipe(Effect.provide(handlers))
  )

  it.effect("a tool that needs an approval asks for it, and runs once it has it", () =>
    Effect.gen(function* () {
      const Delete = Tool.make("delete", { parameters: City, success: Schema.String, needsApproval: true })
      const toolkit = Toolkit.make(Delete)
      const ran: Array<string> = []
      const layer = toolkit.toLayer({
        delete: ({ city }) =>
          Effect.sync(() => {
            ran.push(city)
            return "gone"
          })
      })
      const asked: Array<ReadonlyArray<string>> = []
      const model = provided({
        generateText: ({ prompt }) =>
          Effect.sync(() => {
            asked.push(prompt.content.map(({ role }) => role))
            return asked.length === 1
              ? [call("delete", { city: "Paris" }), finish("tool-calls")]
              : [{ type: "text" as const, text: "Done." }, finish("stop")]
          })
      })
      const program = Effect.gen(function* () {
        const first = yield* LanguageModel.generateText({ prompt, toolkit })
        assert.deepStrictEqual(ran, [])
        const request = first.content.find((part) => part.type === "tool-approval-request")!
        const second = yield* LanguageModel.generateText({
          prompt: Prompt.make(prompt).pipe(
            Prompt.concat(Prompt.fromResponseParts(first.content)),
            Prompt.concat([
              {
                role: "tool",
                content: [{ type: "tool-approval-response", approvalId: request.approvalId, approved: true }]
              }
            ])
          ),
          toolkit
        })
        return second.text
      })
      const text = yield* program.pipe(Effect.provide([layer, behind(model)]))

      assert.strictEqual(text, "Done.")
      assert.deepStrictEqual(ran, ["Paris"])
      assert.deepStrictEqual(asked, [["user"], ["user", "assistant", "tool"]])
    })
  )

  it.effect("whoever looks at spans sees each response once, with what the tools did", () =>
    Effect.gen(function* () {
      const seen: Array<ReadonlyArray<string>> = []
      const transformer = Layer.succeed(Telemetry.CurrentSpanTransformer, ({ response }) => {
        seen.push(response.map(({ type }) => type))
      })
      const model = saying(call("weather", { city: "Paris" }), finish("tool-calls"))
      const program = Effect.all([LanguageModel.generateText(ask), Stream.runDrain(LanguageModel.streamText(ask))])
      const { guarded } = yield* Effect.all({ guarded: Effect.provide(program, behind(model)) }).pipe(
        Effect.provide(transformer)
      )
      yield* Effect.provide(program, behind(model).pipe(Layer.provide(transformer)))

      assert.lengthOf(guarded, 2)
      assert.deepStrictEqual(seen, [
        ["tool-call", "finish", "tool-result"],
        ["tool-call", "tool-result", "finish"],
        ["tool-call", "finish", "tool-result"],
        ["tool-call", "tool-result", "finish"]
      ])
    }).pipe(Effect.provide(handlers))
  )

  it.effect("definitions of tools count among the tokens asked for", () =>
    Effect.gen(function* () {
      yield* LanguageModel.generateText(ask).pipe(GuardedModel.withOptions({ purpose: "act" }))

      assert.isAbove((yield* figures).tokens.prompt, 0)
    }).pipe(Effect.provide([handlers, behind(bare({ fixedLatency: 0 }))]))
  )
})
