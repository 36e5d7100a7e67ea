import { BulkheadPolicy } from "cockatiel"
import { Effect, Layer, ManagedRuntime } from "effect"
import { CircuitBreaker, RateLimiter } from "effect/persistence"
import { Gate, Headgate, AdmissionQueue } from "../../src/index.ts"
import type { Contender, Suite } from "../Sample.ts"

/** A caller that goes on after a refusal. */
const refused = (name: string, refuse: () => Promise<unknown>): Contender => ({
  name,
  make: () => async (times) => {
    for (let i = 0; i < times; i++) {
      try {
        await refuse()
      } catch {
        // What a caller does with a refusal is not what is timed.
      }
    }
  }
})

const inFiber = <R>(
  name: string,
  layer: Layer.Layer<R, unknown>,
  call: Effect.Effect<Effect.Effect<unknown, unknown>, unknown, R>
): Contender => ({
  name,
  make: async () => {
    const runtime = ManagedRuntime.make(layer)
    const refusal = Effect.ignore(await runtime.runPromise(call))
    return (times) =>
      runtime.runPromise(
        Effect.gen(function* () {
          for (let i = 0; i < times; i++) yield* refusal
        })
      )
  }
})

const ask = {}

/** A gate whose places are all taken for ever, so that it refuses everybody. */
const full = (gate: Layer.Layer<Gate, unknown>) =>
  Layer.tap(gate, (context) =>
    Effect.forEach([1, 2], () => Effect.forkScoped(Effect.provide(Gate.pass(ask, Effect.never), context)), {
      discard: true
    }).pipe(Effect.andThen(Effect.yieldNow))
  )
const pass = Effect.map(Gate, ({ pass }) => pass(ask, Effect.void))

const stack = Headgate.make({
  maxConcurrentRequests: 1,
  maxQueueSize: 1,
  requestsPerSecond: Infinity,
  deadline: Infinity
})
const room = AdmissionQueue.layer({ capacity: 1 }).pipe(
  Layer.provide(Layer.succeed(Gate, { pass: () => Effect.never }))
)

const breakers = CircuitBreaker.layer({ tripPolicy: CircuitBreaker.consecutive(1), openDuration: "1 hour" }).pipe(
  Layer.provide(CircuitBreaker.layerStoreMemory())
)
const opened = Effect.gen(function* () {
  const { execute } = yield* CircuitBreaker.CircuitBreaker
  const call = execute(Effect.fail("down"), { key: "model", classify: () => CircuitBreaker.failure() })
  yield* Effect.ignore(call)
  return call
})

const limiters = RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory))
const spent = Effect.gen(function* () {
  const { consume } = yield* RateLimiter.RateLimiter
  const call = consume({ key: "model", limit: 1, window: "1 hour", onExceeded: "fail" })
  yield* Effect.ignore(call)
  return call
})

const bulkhead = new BulkheadPolicy(1, 0)
void bulkhead.execute(() => new Promise(() => {}))

export const suite: Suite = {
  title: "A refusal",
  note: "Under overload most calls are refused: a refusal must cost less than the call it spares.",
  times: 50_000,
  contenders: [
    refused("await Promise.reject(new Error())", () => Promise.reject(new Error("full"))),
    inFiber("headgate, whole stack, queue full", full(stack), pass),
    inFiber("headgate, waiting room alone", full(room), pass),
    refused("cockatiel bulkhead, full", () => bulkhead.execute(() => {})),
    inFiber("Effect: CircuitBreaker, open", breakers, opened),
    inFiber("Effect: RateLimiter, exceeded", limiters, spent)
  ]
}
