import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { getEventListeners } from "node:events"
import { RejectionError } from "../src/index.ts"
import { adds, byHand, pass, provider, settled, turn } from "./support/provider.ts"

const gone = new Error("gone")
const one = { maxConcurrentRequests: 1, circuitBreaker: { maxFailures: Infinity } } as const

/** A caller that may leave. */
const caller = () => {
  const controller = new AbortController()
  return { leave: () => controller.abort(gone), signal: controller.signal }
}

describe("A caller that leaves", () => {
  it.effect("before it has come is no call", () =>
    Effect.gen(function* () {
      const { getStats, run } = yield* provider(one)
      const { attempts, work } = byHand()
      const call = settled(run(work, { signal: AbortSignal.abort(gone) }))
      yield* turn

      assert.strictEqual(call.value, gone)
      assert.strictEqual(attempts.length, 0)
      assert.strictEqual(getStats().requests.total, 0)
    })
  )

  it.effect("while it waits leaves its place, and its work never begins", () =>
    Effect.gen(function* () {
      const { getStats, run } = yield* provider(one)
      const { attempts, work } = byHand()
      const { leave, signal } = caller()
      void run(work)
      const calls = [settled(run(work, { signal })), settled(run(work, { signal }))]
      assert.strictEqual(getStats().queue.queueSize, 2)
      leave()

      assert.strictEqual(getStats().queue.queueSize, 0)
      assert.deepInclude(getStats().requests, { cancelled: 2, inFlight: 1 })
      attempts[0]!.resolve("done")
      yield* turn
      assert.deepStrictEqual(
        calls.map(({ value }) => value),
        [gone, gone]
      )
      assert.strictEqual(attempts.length, 1)
    })
  )

  it.effect("while its work runs is answered at once, its reason reaches the work, and the permit stays", () =>
    Effect.gen(function* () {
      const { getStats, run } = yield* provider(one)
      const { attempts, seen, work } = byHand()
      const { leave, signal } = caller()
      const call = settled(run(work, { signal }))
      const next = settled(run(work))
      leave()
      yield* turn

      assert.deepStrictEqual([call.value, seen.signals[0]!.reason], [gone, gone])
      assert.deepInclude(getStats().requests, { cancelled: 1, inFlight: 1, zombies: 0 })
      assert.deepInclude(getStats().queue, { queueSize: 1, activeRequests: 1 })
      attempts[0]!.reject(new Error("aborted"))
      yield* turn
      attempts[1]!.resolve("next")
      yield* turn

      assert.strictEqual(next.value, "next")
      assert.strictEqual(seen.peak, 1)
      assert.deepInclude(getStats().requests, { cancelled: 1, succeeded: 1, inFlight: 0 })
    })
  )

  it.effect("in the backoff has no further attempt", () =>
    Effect.gen(function* () {
      const { getStats, run } = yield* provider({ ...one, maxRetries: 5 })
      const { leave, signal } = caller()
      let attempts = 0
      const work = () => {
        attempts++
        return Promise.reject(new Error("down"))
      }
      const call = settled(run(work, { signal }))
      yield* turn
      assert.strictEqual(attempts, 1)
      leave()
      yield* pass(1000)

      assert.strictEqual(call.value, gone)
      assert.strictEqual(attempts, 1)
      assert.deepInclude(getStats().requests, { cancelled: 1, inFlight: 0 })
    })
  )

  it.effect("in the tick in which its work settles, or as it begins, is answered once and leaves nothing behind", () =>
    Effect.gen(function* () {
      const provided = yield* provider(one)
      const { attempts, work } = byHand()
      const [first, second, third] = [caller(), caller(), caller()]
      const before = settled(provided.run(work, { signal: first.signal }))
      attempts[0]!.resolve("done")
      first.leave()
      yield* turn
      const after = settled(provided.run(work, { signal: second.signal }))
      attempts[1]!.resolve("done")
      yield* turn
      second.leave()
      const beginning = settled(
        provided.run(
          () => {
            third.leave()
            return "done"
          },
          { signal: third.signal }
        )
      )
      yield* turn

      assert.deepStrictEqual([before.value, after.value, beginning.value], [gone, "done", gone])
      assert.deepInclude(provided.getStats().requests, { cancelled: 2, succeeded: 1, inFlight: 0, zombies: 0 })
      assert.strictEqual(provided.getStats().queue.activeRequests, 0)
      assert.isTrue(adds(provided))
    })
  )

  it.effect("may use one signal for many calls, which keeps none of them", () =>
    Effect.gen(function* () {
      const { run } = yield* provider(one)
      const { signal } = caller()
      yield* Effect.promise(() => Promise.all(Array.from({ length: 20 }, () => run(async () => 1, { signal }))))

      assert.strictEqual(getEventListeners(signal, "abort").length, 0)
    })
  )
})

describe("A deadline", () => {
  it.effect("that has passed already refuses the call", () =>
    Effect.gen(function* () {
      const { getStats, run } = yield* provider(one)
      const { attempts, work } = byHand()
      const call = settled(run(work, { deadlineMs: 0 }))
      yield* turn

      assert.instanceOf(call.value, RejectionError)
      assert.deepInclude(call.value.reason, { _tag: "DeadlineExceeded", started: false })
      assert.strictEqual(attempts.length, 0)
      assert.strictEqual(getStats().requests.rejections.DeadlineExceeded, 1)
    })
  )

  it.effect("ends a call that waits or runs", () =>
    Effect.gen(function* () {
      const { getStats, run } = yield* provider({ ...one, deadline: "50 millis" })
      const { attempts, seen, work } = byHand()
      const running = settled(run(work))
      const waiting = settled(run(work, { deadlineMs: 30 }))
      yield* pass(30)
      assert.deepStrictEqual([running.is, waiting.is], ["pending", "rejected"])
      yield* pass(20)

      assert.isTrue(seen.signals[0]!.aborted)
      for (const [call, started] of [
        [running, true],
        [waiting, false]
      ] as const) {
        assert.instanceOf(call.value, RejectionError)
        assert.deepInclude(call.value.reason, { _tag: "DeadlineExceeded", started })
      }
      assert.deepInclude(getStats().requests, { timedOut: 1, rejected: 1, inFlight: 0 })
      attempts[0]!.resolve("too late")
      yield* turn
      assert.strictEqual(getStats().queue.activeRequests, 0)
    })
  )
})
