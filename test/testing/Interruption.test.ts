import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { Interruption } from "../../src/testing.ts"
import { standing } from "../support/gate.ts"

/** Notes how far it comes. */
const walk = (notes: Array<string>) =>
  Effect.gen(function* () {
    notes.push("begun")
    yield* Effect.void
    yield* Effect.forkChild(
      Effect.sync(() => notes.push("child")),
      { startImmediately: true }
    )
    yield* Effect.void
    notes.push("ended")
  })

describe("Interruption", () => {
  it.effect("ends an effect at each of its steps in turn, until it ends untouched", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const steps = yield* Interruption.everyStep((step) =>
        Effect.gen(function* () {
          const notes: Array<string> = []
          const { fiber, reached } = yield* Interruption.at(step, walk(notes))
          yield* Fiber.await(fiber)
          seen.push(`${standing(fiber)} ${notes.join(" ")}`)
          return reached()
        })
      )

      assert.strictEqual(seen.length, steps + 1)
      assert.isAbove(steps, 5)
      assert.strictEqual(seen.at(-1), "succeeded begun child ended")
      assert.include(seen, "interrupted ")
      assert.include(seen, "interrupted begun")
      assert.include(seen, "interrupted begun child")
    })
  )

  it.effect("leaves an effect alone that never comes to the step", () =>
    Effect.gen(function* () {
      const { fiber, reached } = yield* Interruption.at(1000, Effect.succeed("answer"))

      assert.deepStrictEqual(yield* Fiber.await(fiber), Exit.succeed("answer"))
      assert.isFalse(reached())
    })
  )
})
