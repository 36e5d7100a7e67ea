import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { Snapshot } from "../../src/stats/Snapshot.ts"
import { Stats } from "../../src/Stats.ts"

const token = { _tag: "Tokens", prompt: 1, completion: 0, saved: 0 } as const

// A reader that notes what it gets, and takes its time for each.
const read = Effect.fnUntraced(function* (pause = 0) {
  const { changes } = yield* Stats
  const seen: Array<{ readonly at: number; readonly snapshot: Snapshot }> = []
  const started = yield* Deferred.make<void>()
  const fiber = yield* Effect.forkChild(
    Stream.runForEach(changes, (snapshot) =>
      Effect.gen(function* () {
        seen.push({ at: yield* Clock.currentTimeMillis, snapshot })
        yield* Deferred.succeed(started, undefined)
        yield* Effect.sleep(pause)
      })
    )
  )
  yield* Deferred.await(started)
  return { seen, fiber }
})

// Records an event every millisecond.
const traffic = Effect.fnUntraced(function* (millis: number) {
  const { record } = yield* Stats
  for (let milli = 0; milli < millis; milli++) {
    record(token)
    yield* TestClock.adjust("1 millis")
  }
})

describe("Stats.changes", () => {
  it.effect("the current snapshot comes at once", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      record(token)
      const { seen } = yield* read()

      assert.deepStrictEqual(
        seen.map(({ snapshot }) => snapshot.tokens.prompt),
        [1]
      )
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("after a quiet time a change comes at once; without a change nothing comes", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      const { seen } = yield* read()
      yield* TestClock.adjust("1 hour")
      record(token)
      yield* TestClock.adjust("1 hour")

      assert.deepStrictEqual(
        seen.map(({ at }) => at),
        [0, 3_600_000]
      )
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("a reader wakes after the event, not during it", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      const { seen } = yield* read()
      yield* TestClock.adjust("1 second")
      record(token)
      record(token)
      const within = seen.length
      yield* TestClock.adjust("1 millis")

      assert.strictEqual(within, 1)
      assert.deepStrictEqual(
        seen.map(({ snapshot }) => snapshot.tokens.prompt),
        [0, 2]
      )
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("frequent changes come ten times a second, and the last one comes", () =>
    Effect.gen(function* () {
      const { seen } = yield* read()
      yield* traffic(1_050)
      yield* TestClock.adjust("1 minute")

      const times = seen.map(({ at }) => at)
      assert.strictEqual(times.length, 12)
      assert.isTrue(times.every((at, index) => index === 0 || at - times[index - 1]! >= 100))
      assert.strictEqual(seen.at(-1)?.snapshot.tokens.prompt, 1_050)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("a slow reader gets the snapshot of the moment it pulls", () =>
    Effect.gen(function* () {
      const { seen } = yield* read(250)
      yield* traffic(1_100)

      assert.deepStrictEqual(
        seen.map(({ snapshot }) => snapshot.tokens.prompt),
        [0, 250, 500, 750, 1_000]
      )
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("every reader gets the last change", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      const readers = [yield* read(), yield* read(), yield* read(300)]
      yield* TestClock.adjust("1 second")
      record(token)
      yield* TestClock.adjust("1 second")

      for (const { seen } of readers) assert.strictEqual(seen.at(-1)?.snapshot.tokens.prompt, 1)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("values that time alone changes come each second until they settle", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      const { seen } = yield* read()
      record({ _tag: "Waiting", size: 1, capacity: 100 })
      yield* TestClock.adjust("2500 millis")
      record({ _tag: "Waiting", size: 0, capacity: 100 })
      record({ _tag: "Started", wait: 2_500 })
      yield* TestClock.adjust("1 hour")

      assert.deepStrictEqual(
        seen.map(({ at, snapshot }) => [at, snapshot.rate.startsLastSecond]),
        [
          [0, 0],
          [100, 0],
          [1_100, 0],
          [2_100, 0],
          [2_500, 1],
          [3_500, 0]
        ]
      )
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("an open circuit comes each second", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      const { seen } = yield* read()
      record({ _tag: "Circuit", state: "open", failures: 5 })
      yield* TestClock.adjust("5 seconds")

      assert.strictEqual(seen.at(-1)?.at, 4_100)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("no snapshot is made while nobody reads", () =>
    Effect.gen(function* () {
      const { watch } = yield* Stats
      let made = 0
      watch(() => {
        made++
        return {}
      })
      yield* traffic(300)
      const before = made
      const { fiber } = yield* read()
      yield* traffic(300)
      yield* Fiber.interrupt(fiber)
      const during = made
      yield* traffic(300)

      assert.deepStrictEqual([before, during, made], [0, 4, 4])
    }).pipe(Effect.provide(Stats.layer))
  )
})
