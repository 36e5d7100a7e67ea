import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Schema, Scope } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { TestClock } from "effect/testing"
import * as Keyed from "../../src/engine/Keyed.ts"
import { runs } from "../support/runs.ts"

class Counted implements Keyed.State {
  busy = false
  uses = 0

  isIdle(): boolean {
    return !this.busy
  }
}

const states = (options: { readonly maxKeys?: number; readonly keyIdleTime?: number } = {}) =>
  Keyed.make({ key: ({ caller }) => caller, maxKeys: 100, keyIdleTime: 60_000, ...options }, () => new Counted())

const sizeOf = (all: Keyed.States<Counted>): number => {
  let size = 0
  all.each(() => size++)
  return size
}

const between = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))

describe("Keyed", () => {
  it.effect("S34: keys used once are forgotten after the idle time, without another call", () =>
    Effect.gen(function* () {
      const all = yield* states({ maxKeys: 1_000_000 })
      for (let i = 0; i < 100_000; i++) all.of(`caller ${i}`)
      assert.strictEqual(sizeOf(all), 100_000)

      yield* TestClock.adjust("59 seconds")
      yield* TestClock.adjust("1 second")

      assert.strictEqual(sizeOf(all), 0)
    })
  )

  it.effect("no timer is set for a key that is used after the scope has closed", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const all = yield* Effect.provideService(states(), Scope.Scope, scope)
      yield* Scope.close(scope, Exit.void)
      all.of("ada")
      yield* TestClock.adjust("1 day")

      assert.strictEqual(sizeOf(all), 1)
      for (let i = 0; i < 1000; i++) all.of(`caller ${i}`)
      assert.isAtMost(sizeOf(all), 100)
    })
  )

  it.effect("a key that is used again and again is remembered", () =>
    Effect.gen(function* () {
      const all = yield* states()
      const state = all.of("ada")
      for (let minute = 0; minute < 10; minute++) {
        yield* TestClock.adjust("29 seconds")
        assert.strictEqual(all.of("ada"), state)
      }
    })
  )

  it.effect.prop(
    "never more keys than allowed besides busy ones; busy ones and those used last are never forgotten",
    {
      steps: Arbitrary.array(Arbitrary.all({ key: between(0, 30), act: between(0, 9), wait: between(0, 5) }), {
        maxLength: 300
      }),
      maxKeys: between(2, 12)
    },
    ({ maxKeys, steps }) =>
      Effect.gen(function* () {
        const all = yield* states({ maxKeys, keyIdleTime: 1_000_000 })
        const known = new Map<string, Counted>()
        const recent: Array<string> = []
        for (const { act, key } of steps) {
          const name = String(key)
          const state = all.of(name)
          const before = known.get(name)
          const isRecent = recent.slice(-Math.floor(maxKeys / 2)).includes(name)
          if (before !== undefined && (before.busy || isRecent)) assert.strictEqual(state, before)
          known.set(name, state)
          if (recent.includes(name)) recent.splice(recent.indexOf(name), 1)
          recent.push(name)
          if (act === 0) state.busy = true
          if (act > 6) state.busy = false
          const busy = [...known.values()].filter((each) => each.busy).length
          assert.isAtMost(sizeOf(all), 2 * Math.ceil(maxKeys / 2) + busy)
        }
      }).pipe(Effect.scoped),
    { arbitrary: { runs: runs(60, 1000), size: 300 } }
  )

  it.effect("states that stay busy outlive any time, and go once they are idle", () =>
    Effect.gen(function* () {
      const all = yield* states()
      const state = all.of("ada")
      state.busy = true

      yield* TestClock.adjust("1 hour")
      assert.strictEqual(all.of("ada"), state)
      state.busy = false
      yield* TestClock.adjust("1 minute")

      assert.strictEqual(sizeOf(all), 0)
    })
  )
})
