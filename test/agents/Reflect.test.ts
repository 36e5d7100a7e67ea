import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import { AiError } from "effect/ai"
import { TestClock } from "effect/testing"
import * as Reflect from "../../src/agents/Reflect.ts"
import * as Job from "../../src/agents/Job.ts"
import * as ModelClient from "../../src/agents/ModelClient.ts"
import type { Episode } from "../../src/agents/Style.ts"
import { Stats } from "../../src/Stats.ts"
import { failure, type Heard, scripted } from "../support/scripted.ts"

const job = Job.make({ goal: "Say yes.", task: "Say yes.", result: Schema.Struct({ yes: Schema.Boolean }) })
const episode = (...rejections: ReadonlyArray<string>): Episode => ({
  job,
  completed: true,
  rejections,
  observations: [job.task, ...rejections.map((refusal) => `Not accepted: ${refusal}`), "The result was accepted."]
})

const skipped = Effect.flatMap(Stats, ({ snapshot }) => Effect.map(snapshot, ({ jobs }) => jobs.reflectionsSkipped))

/** A reflector whose model draws this lesson, and what the model has heard. */
const reflecting = Effect.fnUntraced(function* (
  options: Reflect.Options = {},
  says: Effect.Effect<string, AiError.AiError> = Effect.succeed("Say it louder.")
) {
  const heard: Array<Heard> = []
  const model = scripted((one) =>
    Effect.andThen(
      Effect.sync(() => heard.push(one)),
      says
    )
  )
  const client = yield* Effect.provide(ModelClient.make("ada"), model)
  const reflector = yield* Reflect.make(options)
  return { heard, reflect: (one: Episode) => reflector.reflect(client, one) }
})

describe("Reflect", () => {
  it.effect("what was refused for a reason not heard before teaches a lesson, once", () =>
    Effect.gen(function* () {
      const { heard, reflect } = yield* reflecting()
      const lessons = [
        yield* reflect(episode()),
        yield* reflect(episode("Too quiet.")),
        yield* reflect(episode("Too quiet.")),
        yield* reflect(episode("Too quiet.", "Too late."))
      ]

      assert.deepStrictEqual(lessons, [[], ["Say it louder."], [], ["Say it louder."]])
      assert.strictEqual(heard.length, 2)
      assert.deepStrictEqual([heard[0]!.options.purpose, heard[0]!.options.priority], ["reflect", 2])
      assert.include(heard[0]!.texts.join("\n"), "Not accepted: Too quiet.")
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("each line of a reply is a lesson, and none is none", () =>
    Effect.gen(function* () {
      const several = yield* reflecting({}, Effect.succeed("- Say it louder.\n2. Say it twice.\n\n"))
      const none = yield* reflecting({}, Effect.succeed("None."))

      assert.deepStrictEqual(yield* several.reflect(episode("Too quiet.")), ["Say it louder.", "Say it twice."])
      assert.deepStrictEqual(yield* none.reflect(episode("Too quiet.")), [])
    })
  )

  it.effect("jobs without a surprise add up to a reflection", () =>
    Effect.gen(function* () {
      const { heard, reflect } = yield* reflecting({ importance: 20 })
      yield* reflect(episode("Too quiet."))
      for (let i = 0; i < 30; i++) yield* reflect(episode())
      assert.strictEqual(heard.length, 2)
      for (let i = 0; i < 8; i++) yield* reflect(episode("Too quiet."))

      assert.strictEqual(heard.length, 4)
      assert.include(heard[3]!.texts.join("\n"), "Too quiet.")
    })
  )

  it.effect("whoever wants to may reflect on every job", () =>
    Effect.gen(function* () {
      const { heard, reflect } = yield* reflecting({ after: "job" })
      for (let i = 0; i < 5; i++) yield* reflect(episode())

      assert.strictEqual(heard.length, 5)
    })
  )

  it.effect("in an hour there are no more reflections than allowed; those left out are counted", () =>
    Effect.gen(function* () {
      const { heard, reflect } = yield* reflecting({ perHour: 2 })
      for (let i = 0; i < 5; i++) yield* reflect(episode(`Reason ${i}.`))
      assert.deepStrictEqual([heard.length, yield* skipped], [2, 3])
      yield* TestClock.adjust("1 hour")
      for (let i = 0; i < 5; i++) yield* reflect(episode(`Reason ${i}.`))

      assert.deepStrictEqual([heard.length, yield* skipped], [4, 4])
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect.each([
    [
      "a queue more than a fifth full",
      { _tag: "Waiting", size: 11, capacity: 50 },
      { _tag: "Waiting", size: 10, capacity: 50 }
    ],
    [
      "a circuit that is not closed",
      { _tag: "Circuit", state: "half-open", failures: 5 },
      { _tag: "Circuit", state: "closed", failures: 0 }
    ]
  ] as const)("with %s a reflection waits, and is left out if that lasts", ([, pressure, relief]) =>
    Effect.gen(function* () {
      const { record, watch } = yield* Stats
      watch(() => ({ maxSize: 50 }))
      const { heard, reflect } = yield* reflecting()
      record(pressure)
      const first = yield* Effect.forkChild(reflect(episode("Too quiet.")))
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual([first.pollUnsafe(), heard.length], [undefined, 0])
      record(relief)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([yield* Fiber.join(first), yield* skipped], [["Say it louder."], 0])

      record(pressure)
      const second = yield* Effect.forkChild(reflect(episode("Too late.")))
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual([yield* Fiber.join(second), yield* skipped, heard.length], [[], 1, 1])

      record(relief)
      assert.deepStrictEqual(yield* reflect(episode("Too late.")), ["Say it louder."])
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("a reflection that gets no answer is counted as left out, and made another time", () =>
    Effect.gen(function* () {
      const down = Effect.fail(failure(new AiError.InvalidRequestError({ description: "no" })))
      const { heard, reflect } = yield* reflecting({}, down)
      yield* reflect(episode("Too quiet."))
      yield* reflect(episode("Too quiet."))

      assert.deepStrictEqual([heard.length, yield* skipped], [2, 2])
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("one that is interrupted is counted as left out", () =>
    Effect.gen(function* () {
      const { reflect } = yield* reflecting({}, Effect.never)
      const fiber = yield* Effect.forkChild(reflect(episode("Too quiet.")))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)

      assert.strictEqual(yield* skipped, 1)
    }).pipe(Effect.provide(Stats.layer))
  )
})
