import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Cut } from "../../src/internal/Cut.ts"
import { fork, steps, times, warmClock } from "../support/room.ts"

class Name extends Context.Service<Name, string>()("test/Name") {}

/** Notes when its effect suspends and how it ends. */
class Logged extends Cut<string> {
  readonly log: Array<string>

  constructor(log: Array<string> = []) {
    super()
    this.log = log
  }

  override suspended(): void {
    this.log.push("suspended")
  }

  override ended(exit: Exit.Exit<unknown, unknown>): void {
    this.log.push(exit._tag)
  }
}

describe("Cut", () => {
  it.effect("an effect that does not suspend ends as it ends, without a pause", () =>
    Effect.gen(function* () {
      const log: Array<string> = []

      assert.strictEqual(yield* Effect.provideService(new Logged(log).run(Name), Name, "ada"), "ada")
      assert.deepStrictEqual(yield* Effect.exit(new Logged(log).run(Effect.fail("no"))), Exit.fail("no"))
      assert.deepStrictEqual(yield* Effect.exit(new Logged(log).run(Effect.die("bug"))), Exit.die("bug"))

      assert.deepStrictEqual(log, ["Success", "Failure", "Failure"])
    })
  )

  it.effect("a cut effect fails with the first verdict, after its finalizers", () =>
    Effect.gen(function* () {
      yield* warmClock
      const log: Array<string> = []
      const cut = new Logged(log)
      const slow = Effect.onInterrupt(Effect.never, () => Effect.sleep("1 second"))
      const fiber = yield* fork(cut.run(slow))

      cut.end(Effect.fail("first"))
      cut.end(Effect.fail("second"))
      yield* TestClock.adjust("999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      assert.deepStrictEqual(log, ["suspended"])
      yield* TestClock.adjust("1 millis")

      assert.deepStrictEqual(fiber.pollUnsafe(), Exit.fail("first"))
      assert.deepStrictEqual(log, ["suspended", "Failure"])
    })
  )

  it.effect("a defect of a finalizer that runs in the cut is not hidden by the verdict", () =>
    Effect.gen(function* () {
      const cut = new Cut<string>()
      const fiber = yield* fork(cut.run(Effect.onInterrupt(Effect.never, () => Effect.die("bug"))))

      cut.end(Effect.fail("late"))

      const exit = yield* Fiber.await(fiber)
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause) && !Cause.hasFails(exit.cause))
    })
  )

  it.effect("an effect that cuts itself before it suspends is cut", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const cut = new Logged(log)
      const self = Effect.andThen(
        Effect.sync(() => cut.end(Effect.fail("verdict"))),
        Effect.never
      )

      assert.deepStrictEqual(yield* Effect.exit(cut.run(self)), Exit.fail("verdict"))
      assert.deepStrictEqual(log, ["Failure"])
    })
  )

  it.effect("interruption from outside reaches the effect and waits for its finalizers, at whatever step", () =>
    Effect.forEach(
      times(12),
      (step) =>
        Effect.gen(function* () {
          const log: Array<string> = []
          let inside = 0
          const work = Effect.acquireUseRelease(
            Effect.sync(() => void inside++),
            () => steps(5),
            () => Effect.andThen(Effect.yieldNow, () => Effect.sync(() => void inside--))
          )
          const fiber = yield* fork(new Logged(log).run(work))

          yield* steps(step)
          yield* Fiber.interrupt(fiber)

          assert.strictEqual(inside, 0)
          assert.strictEqual(log.length, 2)
        }),
      { discard: true }
    )
  )
})
