import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { FairQueue, type Waiter } from "../../../src/policy/AdmissionQueue/FairQueue.ts"
import { ResolvedOptions } from "../../../src/Call.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as AdmissionQueue from "../../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import { fork, gate, Observer, times } from "../../support/gate.ts"

const count = (names: ReadonlyArray<string>, belongs: (name: string) => boolean) => names.filter(belongs).length

interface Sender {
  readonly caller: string
  readonly calls: number
  readonly weight?: number
  readonly tokens?: number
}

/** Who starts, in order, if all calls wait before the first starts. */
const order = (senders: ReadonlyArray<Sender>, options: Partial<AdmissionQueue.Options> = {}) =>
  Effect.gen(function* () {
    const pass = yield* gate(
      AdmissionQueue.layer({ capacity: 10_000, ...options }).pipe(Layer.provide(ConcurrencyLimit.layer({ permits: 1 })))
    )
    const observer = new Observer()
    const hold = yield* Deferred.make<void>()
    yield* fork(pass({ caller: "first" }, Deferred.await(hold)))
    const most = Math.max(...senders.map(({ calls }) => calls))
    const calls: Array<Fiber.Fiber<void, unknown>> = []
    for (const n of times(most)) {
      for (const { calls: sent, ...options } of senders) {
        if (n < sent) calls.push(yield* fork(pass(options, observer.call(options.caller, Effect.void))))
      }
    }
    yield* Deferred.succeed(hold, undefined)
    yield* Effect.forEach(calls, Fiber.join)
    return observer.started
  })

const agents = times(10).map((n) => `x/agent ${n}`)

describe("AdmissionQueue, groups of callers", () => {
  it.effect("S11: two tenants get half each, and the ten agents of one get a tenth of that", () =>
    Effect.gen(function* () {
      const senders = [...agents.map((caller) => ({ caller, calls: 60 })), { caller: "y/agent", calls: 400 }]

      const started = (yield* order(senders)).slice(0, 600)

      assert.closeTo(count(started, (name) => name.startsWith("x/")) / 600, 0.5, 0.02)
      for (const agent of agents) assert.closeTo(count(started, (name) => name === agent) / 600, 0.05, 0.01)
    })
  )

  it.effect("S11: shares hold at three levels, by weight: tenants 3 to 1, agents 2 to 1, their sub-agents alike", () =>
    Effect.gen(function* () {
      const groupWeight = (group: string) => ({ x: 3, "x/a": 2 })[group] ?? 1
      const senders = ["x/a/1", "x/a/2", "x/b/1", "y/c/1"].map((caller) => ({ caller, calls: 400 }))

      const started = (yield* order(senders, { groupWeight })).slice(0, 400)

      const shares = senders.map(({ caller }) => count(started, (name) => name === caller) / 400)
      for (const [index, share] of [0.25, 0.25, 0.25, 0.25].entries()) assert.closeTo(shares[index]!, share, 0.02)
    })
  )

  it.effect("what a group does not use goes to the others, and an agent's idle time gives it no credit", () =>
    Effect.gen(function* () {
      const started = yield* order([
        { caller: "x/a", calls: 10 },
        { caller: "y/b", calls: 100 },
        { caller: "y/c", calls: 100 }
      ])

      assert.closeTo(
        count(started.slice(0, 20), (name) => name === "x/a"),
        10,
        1
      )
      assert.closeTo(
        count(started.slice(20, 120), (name) => name === "y/b"),
        50,
        1
      )
    })
  )

  it.effect("a tenant that calls by itself has one share with its agents", () =>
    Effect.gen(function* () {
      const started = yield* order([
        { caller: "x/a", calls: 200 },
        { caller: "x", calls: 200 },
        { caller: "y", calls: 200 }
      ])

      assert.closeTo(
        count(started.slice(0, 200), (name) => name === "y"),
        100,
        3
      )
    })
  )

  it.effect("callers share tokens instead of starts with `shareBy`, and an unknown cost counts as a usual one", () =>
    Effect.gen(function* () {
      const senders = [
        { caller: "long", calls: 200, tokens: 3000 },
        { caller: "short", calls: 600, tokens: 1000 }
      ]

      const byTokens = (yield* order(senders, { shareBy: "cost" })).slice(0, 400)
      const byStarts = (yield* order(senders)).slice(0, 300)
      const unknown = yield* order(
        [
          { caller: "known", calls: 200, tokens: 500 },
          { caller: "unknown", calls: 200 }
        ],
        {
          shareBy: "cost"
        }
      )

      assert.closeTo(
        count(byTokens, (name) => name === "long"),
        100,
        3
      )
      assert.closeTo(
        count(byStarts, (name) => name === "long"),
        150,
        3
      )
      assert.closeTo(
        count(unknown.slice(0, 200), (name) => name === "known"),
        100,
        3
      )
    })
  )

  it("callers and groups that were used once are forgotten while the queue is never empty", () => {
    interface Call extends Waiter<Call> {}
    const call = (caller: string): Call => ({
      call: { options: ResolvedOptions.of({ caller }) },
      previous: undefined,
      next: undefined,
      arrivedAt: NaN,
      order: 0,
      flow: undefined,
      charged: undefined
    })
    const queue = new FairQueue<Call>({ priorityAging: Infinity, newestFirstAfter: Infinity, groupWeight: () => 1 })
    queue.add(call("first"), 0)
    for (const n of times(20_000)) {
      queue.add(call(`tenant ${n}/agent`), n)
      queue.start(n)
    }

    assert.isBelow(queue.known, 300)
  })
})
