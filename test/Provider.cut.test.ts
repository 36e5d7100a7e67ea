import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { RejectionError } from "../src/index.ts"
import { adds, byHand, pass, provider, settled, turn } from "./support/provider.ts"

const codes = (calls: ReadonlyArray<{ readonly value: unknown }>) =>
  calls.map(({ value }) => (value instanceof RejectionError ? value.code : value))

/** Work that needs some time to stop after it was told to. */
const stubborn = (millis: number) =>
  Effect.map(Effect.context<never>(), (context) => {
    const seen = { running: 0, peak: 0, started: 0 }
    const sleep = () => Effect.runPromiseWith(context)(Effect.sleep(millis))
    const work = (signal: AbortSignal): Promise<string> =>
      new Promise((resolve) => {
        seen.started++
        seen.peak = Math.max(seen.peak, ++seen.running)
        const stop = () => {
          seen.running--
          resolve("too late")
        }
        signal.addEventListener("abort", () => void sleep().then(stop))
      })
    return { seen, work }
  })

const cutAt20 = { maxConcurrentRequests: 2, circuitBreaker: { maxFailures: Infinity }, requestTimeout: 20 } as const
const ten = Array.from({ length: 10 }, (_, i) => i)

describe("Work that goes on after its call was cut", () => {
  it.effect("S35: keeps its permit until it has stopped", () =>
    Effect.gen(function* () {
      const provided = yield* provider(cutAt20)
      const { getStats, run } = provided
      const { seen, work } = yield* stubborn(250)
      const calls = ten.map(() => settled(run(work)))
      for (let at = 0; at < 5 * 270; at++) {
        assert.isTrue(adds(provided))
        assert.strictEqual(getStats().queue.activeRequests, seen.running)
        yield* pass(1)
      }

      assert.deepInclude(seen, { peak: 2, started: 10, running: 0 })
      assert.deepStrictEqual(codes(calls), Array(10).fill("upstream_timeout"))
      assert.deepInclude(getStats().requests, { total: 10, timedOut: 10, inFlight: 0, zombies: 0 })
      assert.strictEqual(getStats().queue.activeRequests, 0)
    })
  )

  it.effect("is told by its signal why its call was cut", () =>
    Effect.gen(function* () {
      const { run } = yield* provider({ ...cutAt20, maxConcurrentRequests: 3 })
      const closing = yield* provider()
      const timed = byHand()
      const closed = byHand()
      settled(run(timed.work))
      settled(run(timed.work, { deadlineMs: 10 }))
      settled(closing.run(closed.work))
      yield* pass(20)
      settled(closing.close(0))
      yield* pass(1)
      yield* TestClock.adjust("1 second")
      yield* turn

      const reasons = [...timed.seen.signals, ...closed.seen.signals].map(({ reason }) => ({ value: reason }))
      assert.deepStrictEqual(codes(reasons), ["upstream_timeout", "deadline_exceeded", "shutting_down"])
    })
  )

  it.effect("its caller does not wait for it", () =>
    Effect.gen(function* () {
      const { getStats, run } = yield* provider(cutAt20)
      const { work } = yield* stubborn(250)
      const byTimeout = settled(run(work))
      const byDeadline = settled(run(work, { deadlineMs: 10 }))
      yield* pass(10)
      assert.deepStrictEqual(codes([byDeadline]), ["deadline_exceeded"])
      yield* pass(10)

      assert.deepStrictEqual(codes([byTimeout]), ["upstream_timeout"])
      assert.deepInclude(getStats().requests, { timedOut: 2, inFlight: 0 })
      assert.strictEqual(getStats().queue.activeRequests, 2)
    })
  )

  it.effect("S35: loses its permit when its grace time is over, and is counted as a zombie", () =>
    Effect.gen(function* () {
      const { getStats, run } = yield* provider({ ...cutAt20, grace: "100 millis" })
      const { seen, work } = yield* stubborn(250)
      const calls = ten.map(() => settled(run(work)))
      yield* pass(119)
      assert.deepInclude(getStats().requests, { zombies: 0 })
      assert.strictEqual(seen.started, 2)
      yield* pass(1)
      assert.deepInclude(getStats().requests, { zombies: 2 })
      assert.strictEqual(seen.started, 4)
      yield* pass(5 * 120)

      assert.deepStrictEqual(codes(calls), Array(10).fill("upstream_timeout"))
      assert.deepInclude(getStats().requests, { zombies: 10, timedOut: 10 })
      assert.strictEqual(getStats().queue.activeRequests, 0)
    })
  )

  it.effect("without a grace time its permit is free at once, with an endless one never", () =>
    Effect.gen(function* () {
      for (const [grace, zombies] of [
        [0, 1],
        [Infinity, 0]
      ] as const) {
        const { getStats, run } = yield* provider({ ...cutAt20, grace })
        const { attempts, work } = byHand()
        const cut = settled(run(work))
        yield* pass(20)
        const { queue, requests } = getStats()
        assert.deepStrictEqual(codes([cut]), ["upstream_timeout"])
        assert.deepStrictEqual([requests.zombies, queue.activeRequests], [zombies, 1 - zombies])
        attempts[0]!.resolve("at last")
        yield* turn
        assert.strictEqual(getStats().queue.activeRequests, 0)
      }
    })
  )

  it.effect("a retry waits for a permit of its own", () =>
    Effect.gen(function* () {
      const { getStats, run } = yield* provider({ ...cutAt20, maxConcurrentRequests: 1, maxRetries: 1 })
      const { attempts, seen, work } = byHand()
      const call = settled(run(work))
      yield* pass(2000)
      assert.strictEqual(attempts.length, 1)
      assert.deepInclude(getStats().requests, { inFlight: 1, retried: 0 })
      assert.deepInclude(getStats().queue, { queueSize: 1, activeRequests: 1 })
      attempts[0]!.resolve("too late")
      yield* turn
      attempts[1]!.resolve("in time")
      yield* turn

      assert.deepStrictEqual(call, { is: "fulfilled", value: "in time" })
      assert.deepInclude(seen, { peak: 1, running: 0 })
      assert.deepInclude(getStats().requests, { succeeded: 1, retried: 1, zombies: 0 })
    })
  )

  it.effect("a permit that was never used does not wait for the attempt before", () =>
    Effect.gen(function* () {
      const { getStats, run } = yield* provider({ ...cutAt20, maxRetries: 1, requestsPerSecond: 0.1 })
      const { attempts, work } = byHand()
      const controller = new AbortController()
      const call = settled(run(work, { signal: controller.signal }))
      yield* pass(3000)
      assert.deepInclude(getStats().queue, { queueSize: 1, activeRequests: 1 })
      controller.abort()
      yield* pass(2000)
      assert.deepStrictEqual([call.is, attempts.length], ["rejected", 1])

      void settled(run(work))
      yield* pass(10_000)
      assert.strictEqual(attempts.length, 2)
    })
  )
})
