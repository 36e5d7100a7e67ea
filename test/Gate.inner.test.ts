import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Layer } from "effect"
import { DeadlineExceeded, Gate, Headgate, type Reason, Rejection, ShuttingDown, Stats } from "../src/index.ts"
import * as CircuitBreaker from "../src/policy/CircuitBreaker/CircuitBreaker.ts"
import * as Metrics from "../src/policy/Metrics/Metrics.ts"
import * as Timeout from "../src/policy/Timeout/Timeout.ts"
import { fork } from "./support/gate.ts"
import { pass, provider, settled, turn } from "./support/provider.ts"
import { TestClock } from "effect/testing"

const late = (started: boolean) =>
  new DeadlineExceeded({ limit: "call", started, elapsed: Duration.zero, retryAfter: undefined })
const reasons: ReadonlyArray<readonly [string, Reason]> = [
  ["a deadline before its start", late(false)],
  ["a deadline after its start", late(true)],
  ["shutdown", new ShuttingDown({ retryAfter: undefined })]
]

/** A wrapper that lets every call through. */
const wrapper = Gate.wrap((pass) => Effect.succeed(pass))

const gates = [
  ["a gate", Headgate.make({ maxRetries: 0 })],
  [
    "a gate with a wrapper",
    Metrics.layer().pipe(
      Layer.provide(wrapper),
      Layer.provide(CircuitBreaker.layer({ maxFailures: 5, openDuration: "1 second" })),
      Layer.provide(Gate.layerNoop),
      Layer.provideMerge(Stats.layer)
    )
  ]
] as const

describe("An inner call's refusal with which the work of a call fails", () => {
  for (const [name, reason] of reasons) {
    for (const [where, layer] of gates) {
      it.effect(`${name} counts as a failure of the outer call, through ${where}`, () =>
        Effect.gen(function* () {
          const context = yield* Layer.build(layer)
          const refused = Effect.fail(new Rejection({ reason }))
          yield* Effect.exit(Effect.provideContext(Gate.pass({}, refused), context))
          const { requests } = yield* Context.get(context, Stats).snapshot

          assert.deepInclude(requests, { total: 1, failed: 1, timedOut: 0, rejected: 0, inFlight: 0 })
        })
      )
    }

    it.effect(`${name} counts as a failure of the outer call, through run`, () =>
      Effect.gen(function* () {
        const { getStats, run } = yield* provider()
        const call = settled(run(() => Promise.reject(new Rejection({ reason }))))
        yield* turn

        assert.strictEqual(call.is, "rejected")
        assert.deepInclude(getStats().requests, { total: 1, failed: 1, timedOut: 0, rejected: 0, inFlight: 0 })
      })
    )
  }

  it.effect("the gate's own cut counts as timed out, beneath a wrapper as well", () =>
    Effect.gen(function* () {
      const timed = Timeout.layer({ timeout: "1 second" }).pipe(Layer.provide(Gate.layerNoop))
      const layer = Metrics.layer().pipe(Layer.provide(wrapper), Layer.provide(timed), Layer.provideMerge(Stats.layer))
      const context = yield* Layer.build(layer)
      const call = yield* fork(Effect.provideContext(Gate.pass({}, Effect.never), context))
      yield* TestClock.adjust("2 seconds")
      const { requests } = yield* Context.get(context, Stats).snapshot

      assert.isTrue(Exit.isFailure(call.pollUnsafe()!))
      assert.deepInclude(requests, { total: 1, failed: 0, timedOut: 1 })
    })
  )

  it.effect("a call of one provider in the work of another's is counted as a call of each", () =>
    Effect.gen(function* () {
      const inner = yield* provider({ requestTimeout: 10 })
      const outer = yield* provider()
      const call = settled(outer.run(() => inner.run(() => new Promise(() => {}))))
      yield* turn
      yield* pass(20)

      assert.strictEqual(call.is, "rejected")
      assert.deepInclude(inner.getStats().requests, { timedOut: 1, failed: 0 })
      assert.deepInclude(outer.getStats().requests, { timedOut: 0, failed: 1 })
    })
  )
})
