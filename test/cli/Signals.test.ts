import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { EventEmitter } from "node:events"
import * as Signals from "../../src/cli/Signals.ts"

describe("Signals", () => {
  it.effect("either signal is heard once, and nothing is left listening", () =>
    Effect.gen(function* () {
      for (const name of ["SIGINT", "SIGTERM"]) {
        const process = new EventEmitter()
        const heard = yield* Effect.forkChild(Signals.next(process), { startImmediately: true })
        process.emit(name)
        yield* TestClock.adjust(1)

        assert.isDefined(heard.pollUnsafe())
        assert.deepStrictEqual(process.eventNames(), [])
      }
    })
  )

  it.effect("a signal's echo is no second signal", () =>
    Effect.gen(function* () {
      const process = new EventEmitter()
      const second = yield* Effect.forkChild(Signals.second(process), { startImmediately: true })
      process.emit("SIGINT")
      yield* TestClock.adjust("99 millis")
      process.emit("SIGINT")
      yield* TestClock.adjust("1 minute")
      assert.isUndefined(second.pollUnsafe())
      process.emit("SIGTERM")
      yield* TestClock.adjust(1)

      assert.isDefined(second.pollUnsafe())
    })
  )

  it.effect("a signal that nobody waits for is heeded", () =>
    Effect.gen(function* () {
      const process = new EventEmitter()
      yield* Signals.heed(process)

      assert.isTrue(process.emit("SIGINT") && process.emit("SIGTERM"))
    })
  )
})
