import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer } from "effect"
import { AiError, type LanguageModel } from "effect/ai"
import { TestClock } from "effect/testing"
import { Memory } from "../../../src/agents/Memory.ts"
import { Stats } from "../../../src/Stats.ts"
import { failure, type Heard, scripted } from "../../support/scripted.ts"

const facts = (...pairs: ReadonlyArray<readonly [key: string, text: string]>) =>
  JSON.stringify({ facts: pairs.map(([key, text]) => ({ key, text })) })

const distilled = (model: Layer.Layer<LanguageModel.LanguageModel>) =>
  Memory.layerDistilled.pipe(Layer.provide([Memory.layer, model]))

/** Lets whatever can run do so. */
const settle = Effect.andThen(
  Effect.forEach(Array.from({ length: 100 }), () => Effect.yieldNow),
  TestClock.adjust(0)
)
const texts = Effect.gen(function* () {
  return (yield* (yield* Memory).list).map(({ text }) => text)
})

describe("Memory.layerDistilled", () => {
  it.effect("an entry is told until its facts are there, at the lowest priority", () => {
    const heard: Array<Heard> = []
    return Effect.gen(function* () {
      const answer = yield* Deferred.make<string>()
      const model = scripted((request) => {
        heard.push(request)
        return Deferred.await(answer)
      })
      yield* Effect.gen(function* () {
        const memory = yield* Memory
        yield* memory.remember({
          text: "So the landlord says the boiler goes in May, and rent is 900 now.",
          importance: 7
        })
        yield* settle
        assert.lengthOf(yield* texts, 1)
        yield* Deferred.succeed(
          answer,
          facts(["boiler", "The boiler is replaced in May."], ["rent", "The rent is 900."])
        )
        yield* settle

        assert.deepStrictEqual(yield* texts, ["The boiler is replaced in May.", "The rent is 900."])
        assert.strictEqual(yield* memory.context("rent", 400), "The boiler is replaced in May.\nThe rent is 900.")
        assert.deepInclude(heard[0]!.options, { caller: "memory", purpose: "distil", priority: 9 })
      }).pipe(Effect.provide(distilled(model)))
    })
  })

  it.effect("a later fact under the same key replaces the earlier, and known keys are shown to the model", () => {
    const heard: Array<Heard> = []
    const model = scripted((request, call) => {
      heard.push(request)
      return Effect.succeed(facts(["rent", call === 1 ? "The rent is 900." : "The rent is 950."]))
    })
    return Effect.gen(function* () {
      const memory = yield* Memory
      yield* memory.remember({ text: "He wants 900 for the flat." })
      yield* settle
      yield* memory.remember({ text: "It is 950 after all.", at: 1_000 })
      yield* settle

      assert.deepStrictEqual(yield* texts, ["The rent is 950."])
      assert.isTrue(heard[1]!.texts.some((text) => text.includes("Known keys: rent")))
    }).pipe(Effect.provide(distilled(model)))
  })

  it.effect("a model that fails or finds nothing leaves entries as they are", () => {
    const quota = new AiError.RateLimitError({})
    const model = scripted((_, call) => (call === 1 ? Effect.fail(failure(quota)) : Effect.succeed(facts())))
    return Effect.gen(function* () {
      const memory = yield* Memory
      yield* memory.remember({ text: "The ferry is late." })
      yield* memory.remember({ text: "The pier is wet." })
      yield* settle

      assert.deepStrictEqual(yield* texts, ["The ferry is late.", "The pier is wet."])
    }).pipe(Effect.provide(distilled(model)))
  })

  it.effect("keys, rules, records and tool results are not sent to the model", () => {
    let calls = 0
    const model = scripted(() => Effect.sync(() => (calls++, facts())))
    return Effect.gen(function* () {
      const memory = yield* Memory
      yield* memory.remember({ key: "a", text: "Tea." })
      yield* memory.remember({ kind: "rule", text: "Knock first." })
      yield* memory.remember({ text: '{"order":7,"state":"sent"}' })
      yield* memory.remember({ text: "weather(Oslo) -> rain" })
      yield* settle

      assert.strictEqual(calls, 0)
    }).pipe(Effect.provide(distilled(model)))
  })

  it.effect("the model is asked only while the gate has room", () => {
    let calls = 0
    const model = scripted(() => Effect.sync(() => (calls++, facts(["a", "Tea is out."]))))
    return Effect.gen(function* () {
      const { record, watch } = yield* Stats.recorder
      watch(() => ({ maxSize: 10 }))
      record({ _tag: "Waiting", size: 9, capacity: 10 })
      const memory = yield* Memory
      yield* memory.remember({ text: "We ran out of tea." })
      yield* settle
      assert.strictEqual(calls, 0)
      record({ _tag: "Waiting", size: 0, capacity: 10 })
      yield* TestClock.adjust("1 second")
      yield* settle

      assert.deepStrictEqual(yield* texts, ["Tea is out."])
    }).pipe(Effect.provide(distilled(model).pipe(Layer.provideMerge(Stats.layer))))
  })
})
