import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Effect, Fiber, Logger } from "effect"
import { TestClock } from "effect/testing"
import { Patience } from "../../src/agents/jobs/Patience.ts"
import { fork } from "../support/gate.ts"

const full = new Error("SQLite failed to execute", { cause: Cause.fail(new Error("disk is full")) })

/** A store that fails to write until it has room, and what is logged of it. */
const store = Effect.gen(function* () {
  const patience = new Patience("their store")
  const said: Array<string> = []
  const logger = Logger.make(({ message }) => void said.push(String(message)))
  const logged = Effect.provideContext(Context.make(Logger.CurrentLoggers, new Set([logger])))
  const room = { is: false }
  const write = Effect.suspend(() => (room.is ? Effect.succeed("written") : Effect.fail(full)))
  return {
    room,
    said,
    read: logged(patience.untilDone(Effect.succeed("read"))),
    write: logged(patience.untilDone(write))
  }
})

describe("Patience", () => {
  it.effect(
    "says once that a store fails, with the reason beneath, and once that all is done that it failed to do",
    () =>
      Effect.gen(function* () {
        const { read, room, said, write } = yield* store
        const writes = [yield* fork(write), yield* fork(write)]
        yield* TestClock.adjust("1 minute")
        yield* read
        const before = [...said]
        room.is = true
        yield* TestClock.adjust("5 seconds")

        assert.deepStrictEqual(before, ["Jobs wait for their store, which fails: disk is full"])
        assert.deepStrictEqual(yield* Fiber.joinAll(writes), ["written", "written"])
        assert.deepStrictEqual(said.slice(1), ["Jobs go on: their store answers again"])
      })
  )

  it.effect("says it anew when the store fails again, though a caller has given up meanwhile", () =>
    Effect.gen(function* () {
      const { said, write } = yield* store
      yield* Fiber.interrupt(yield* fork(write))
      yield* fork(write)

      assert.strictEqual(said.length, 2)
    })
  )

  it.effect("does not repeat what must not be interrupted", () =>
    Effect.gen(function* () {
      const { said, write } = yield* store

      assert.strictEqual(yield* Effect.flip(Effect.uninterruptible(write)), full)
      assert.deepStrictEqual(said, [])
    })
  )
})
