import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { InvalidOptions, RejectionError } from "../src/index.ts"
import { adds, byHand, pass, provider, settled, turn } from "./support/provider.ts"

const codeOf = ({ value }: { readonly value: unknown }) => (value instanceof RejectionError ? value.code : value)

describe("onEvent", () => {
  it.effect("a listener that is no function is refused at once", () =>
    Effect.gen(function* () {
      const { onEvent } = yield* provider()

      for (const wrong of [5, undefined, {}, "log"])
        assert.throws(
          () => onEvent(wrong as never),
          InvalidOptions,
          /^listener(=.* is not allowed| is missing): a function of an event/
        )
    })
  )

  it.effect("calls a listener after each event, until it is unsubscribed", () =>
    Effect.gen(function* () {
      const { onEvent, run } = yield* provider()
      const seen: Array<string> = []
      const unsubscribe = onEvent((event) => {
        seen.push(event._tag)
        if (event._tag === "Started") throw new Error("bug of a listener")
      })
      yield* Effect.promise(() => run(() => "an answer", { caller: "ada" }))
      unsubscribe()
      yield* Effect.promise(() => run(() => "an answer"))

      assert.includeMembers(seen, ["Arrived", "Started", "Stopped", "Ended"])
      assert.strictEqual(seen.filter((tag) => tag === "Ended").length, 1)
    })
  )
})

describe("run", () => {
  it.effect("gives the work's own result, and counts it", () =>
    Effect.gen(function* () {
      const { getStats, run } = yield* provider()

      assert.strictEqual(yield* Effect.promise(() => run(async () => 7)), 7)
      assert.strictEqual(yield* Effect.promise(() => run(() => 8)), 8)
      assert.deepInclude(getStats().requests, { total: 2, succeeded: 2, inFlight: 0 })
    })
  )

  for (const failure of [new Error("own"), "a text", 0, undefined, Object.freeze({ code: "queue_full" })]) {
    it.effect(`a failure of the work comes back as it is: ${String(failure)}`, () =>
      Effect.gen(function* () {
        const { getStats, run } = yield* provider({ circuitBreaker: { maxFailures: Infinity } })
        const later = settled(run(() => Promise.reject(failure)))
        const atOnce = settled(
          run(() => {
            throw failure
          })
        )
        yield* turn

        assert.deepStrictEqual([later.is, atOnce.is], ["rejected", "rejected"])
        assert.strictEqual(later.value, failure)
        assert.strictEqual(atOnce.value, failure)
        assert.deepInclude(getStats().requests, { total: 2, failed: 2, inFlight: 0 })
      })
    )
  }

  it.effect("what is no signal is refused before the work begins, and holds no place", () =>
    Effect.gen(function* () {
      const { close, getStats, run } = yield* provider()
      let began = false
      const call = run(async () => void (began = true), { signal: {} as AbortSignal })

      assert.match(
        String(yield* Effect.flip(Effect.tryPromise({ try: () => call, catch: String }))),
        /signal=.*AbortSignal/
      )
      yield* Effect.promise(() => close(0))
      assert.isFalse(began)
      assert.strictEqual(getStats().requests.total, 0)
    })
  )

  it.effect("the refusal of another gate in the work is the work's own failure", () =>
    Effect.gen(function* () {
      const outer = yield* provider()
      const inner = yield* provider()
      yield* Effect.promise(() => inner.close(0))
      const call = settled(outer.run(() => inner.run(() => 1)))
      yield* turn

      assert.strictEqual(codeOf(call), "shutting_down")
      assert.strictEqual(outer.getStats().requests.failed, 1)
    })
  )

  it.effect("a refusal says why, in a code, in words, and when to come back", () =>
    Effect.gen(function* () {
      const { run } = yield* provider({ maxConcurrentRequests: 1, maxQueueSize: 1, maxWait: "3 seconds" })
      const { work } = byHand()
      void run(work).catch(() => {})
      const waiting = settled(run(work))
      const full = settled(run(work))
      yield* turn
      const { value } = full
      assert.instanceOf(value, RejectionError)
      assert.instanceOf(value, Error)
      assert.deepStrictEqual([value.name, value.code, value.reason._tag], ["RejectionError", "queue_full", "QueueFull"])
      assert.match(value.message, /^The queue is full: 1 call waits already\./)

      yield* pass(3000)

      assert.strictEqual(codeOf(waiting), "deadline_exceeded")
    })
  )

  it.effect("an open circuit says when it closes", () =>
    Effect.gen(function* () {
      const { run } = yield* provider({ circuitBreaker: { maxFailures: 1, timeout: "5 seconds" } })
      settled(run(() => Promise.reject(new Error("down"))))
      yield* turn
      const refused = settled(run(() => 1))
      yield* turn

      assert.instanceOf(refused.value, RejectionError)
      assert.deepInclude(refused.value, { code: "circuit_open", retryAfterMs: 5000 })
    })
  )

  it.effect("what is asked for reaches the gate", () =>
    Effect.gen(function* () {
      const { getStats, run } = yield* provider({ maxConcurrentRequests: 2, tokensPerMinute: 100 })
      const order: Array<string> = []
      const call = (name: string, priority: number) =>
        run(() => void order.push(name), { caller: name, priority, purpose: "act", weight: 2 })
      const { attempts, work } = byHand()
      void run(work, { permits: 2 })
      const wide = settled(run(work, { permits: 3 }))
      yield* turn
      const calls = [call("head", 1), call("low", 2), call("high", 0)]
      attempts[0]!.resolve("done")
      yield* Effect.promise(() => Promise.all(calls))
      const costly = settled(run(work, { tokens: 101 }))
      yield* turn

      assert.deepStrictEqual(order, ["head", "high", "low"])
      assert.deepStrictEqual([wide, costly].map(codeOf), ["never_admissible", "never_admissible"])
      assert.includeMembers(
        getStats().callers.map(({ caller }) => caller),
        ["head", "low", "high", "anonymous"]
      )
    })
  )

  it.effect("a wrong option is named, with its value and what is allowed, and counts as no call", () =>
    Effect.gen(function* () {
      const { getStats, run } = yield* provider()
      const wrong = settled(run(() => 1, { priority: -1, weight: 0 }))
      const late = settled(run(() => 1, { deadlineMs: -5 }))
      yield* turn

      assert.match(String(wrong.value), /priority=-1 is not allowed[^]*weight=0 is not allowed/)
      assert.match(String(late.value), /deadlineMs=-5 is not allowed: milliseconds from 0/)
      assert.strictEqual(getStats().requests.total, 0)
    })
  )

  it.effect("failures that may pass are tried again, and the last one comes back", () =>
    Effect.gen(function* () {
      const provided = yield* provider({ maxRetries: 2 })
      const errors = [1, 2, 3].map((n) => new Error(`attempt ${n}`))
      let attempts = 0
      const call = settled(provided.run(() => Promise.reject(errors[attempts++])))
      yield* pass(5000)

      assert.strictEqual(call.value, errors[2])
      assert.deepInclude(provided.getStats().requests, { total: 1, failed: 1, retried: 2 })
      assert.isTrue(adds(provided))
    })
  )

  it.effect("the work of a call that waited runs in the async context of its caller", () =>
    Effect.gen(function* () {
      const { AsyncLocalStorage } = yield* Effect.promise(() => import("node:async_hooks"))
      const storage = new AsyncLocalStorage<string>()
      const { run } = yield* provider({ maxConcurrentRequests: 1 })
      const { attempts, work } = byHand()
      void run(work)
      const seen = ["ada", "bob"].map((name) => storage.run(name, () => run(() => storage.getStore())))
      attempts[0]!.resolve("done")

      assert.deepStrictEqual(yield* Effect.promise(() => Promise.all(seen)), ["ada", "bob"])
    })
  )
})
