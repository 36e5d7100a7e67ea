import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { ScriptedModel } from "../../src/testing.ts"

describe("ScriptedModel", () => {
  it.effect("answers by its script, one answer a call", () =>
    Effect.gen(function* () {
      const down = { status: 500 }
      const model = yield* ScriptedModel.make<string, typeof down>([
        Effect.succeed("first"),
        Effect.fail(down),
        Effect.die("broken"),
        Effect.delay(Effect.succeed("late"), "1 second"),
        Effect.never
      ])
      const first = yield* model.call
      const second = yield* Effect.flip(model.call)
      const third = yield* Effect.exit(model.call)
      const late = yield* Effect.forkChild(model.call, { startImmediately: true })
      const hung = yield* Effect.forkChild(model.call, { startImmediately: true })
      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual([first, second], ["first", down])
      assert.deepStrictEqual(third, Exit.die("broken"))
      assert.deepStrictEqual(late.pollUnsafe(), Exit.succeed("late"))
      assert.isUndefined(hung.pollUnsafe())
      assert.strictEqual(model.calls, 5)
      yield* Fiber.interrupt(hung)
    })
  )

  it.effect("answers with the fallback after the end of its script", () =>
    Effect.gen(function* () {
      const model = yield* ScriptedModel.make([Effect.succeed(1)], Effect.succeed(0))

      assert.deepStrictEqual(yield* Effect.all([model.call, model.call, model.call]), [1, 0, 0])
    })
  )

  it.effect("dies after the end of its script if there is no fallback", () =>
    Effect.gen(function* () {
      const model = yield* ScriptedModel.make([Effect.succeed(1)])
      yield* model.call
      const exit = yield* Effect.exit(model.call)

      assert.isTrue(Exit.isFailure(exit))
      assert.match(
        String(Exit.isFailure(exit) && Cause.squash(exit.cause)),
        /has 1 answer, and .* called 2 times\. Add/
      )
    })
  )
})
