import {
  BulkheadPolicy,
  circuitBreaker,
  ConsecutiveBreaker,
  handleAll,
  timeout,
  TimeoutStrategy,
  wrap
} from "cockatiel"
import { Effect, Layer, Semaphore } from "effect"
import { CircuitBreaker as EffectCircuitBreaker, RateLimiter } from "effect/persistence"
import {
  CircuitBreaker,
  Coalesce,
  ConcurrencyLimit,
  Deadline,
  Gate,
  Headgate,
  Hedge,
  Metrics,
  RateLimit,
  Retry,
  Stats,
  Timeout,
  AdmissionQueue
} from "../../src/index.ts"
import { repeat, throughGate } from "../Fiber.ts"
import type { Contender, Suite } from "../Sample.ts"

const alone = (name: string, policy: Layer.Layer<Gate, unknown, Gate>) =>
  throughGate(name, Layer.provide(policy, Gate.layerNoop))

const cockatiel: Contender = {
  name: "cockatiel wrap(timeout, breaker, bulkhead)",
  make: () => {
    const policy = wrap(
      timeout(60_000, TimeoutStrategy.Aggressive),
      circuitBreaker(handleAll, { halfOpenAfter: 30_000, breaker: new ConsecutiveBreaker(5) }),
      new BulkheadPolicy(3, 50)
    )
    return async (times) => {
      for (let i = 0; i < times; i++) await policy.execute(async () => {})
    }
  }
}

const effectful = (name: string, effect: Effect.Effect<Effect.Effect<unknown, unknown>>): Contender => ({
  name,
  make: async () => {
    const call = await Effect.runPromise(effect)
    return (times) => Effect.runPromise(repeat(call, times))
  }
})

const breakers = EffectCircuitBreaker.layer({
  tripPolicy: EffectCircuitBreaker.consecutive(5),
  openDuration: "30 seconds"
}).pipe(Layer.provide(EffectCircuitBreaker.layerStoreMemory()))
const limiters = RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory))
const ofService = <I, S, E>(layer: Layer.Layer<I, E>, service: Effect.Effect<S, never, I>) =>
  Effect.orDie(Effect.scoped(Effect.flatMap(Layer.build(layer), (context) => Effect.provideContext(service, context))))

const breaker = ofService(breakers, Effect.service(EffectCircuitBreaker.CircuitBreaker))
const limiter = ofService(limiters, Effect.service(RateLimiter.RateLimiter))
const guard = { key: "model", classify: () => EffectCircuitBreaker.success }
const share = { key: "model", limit: 1e9, window: "1 second", algorithm: "token-bucket" } as const

export const suite: Suite = {
  title: "A call that nothing holds up, in a fiber",
  note: "One after another, with no limit that binds: what the policies themselves cost. Effect's pieces are those of `effect/persistence` in memory.",
  times: 100_000,
  contenders: [
    cockatiel,
    throughGate("headgate, whole stack", Headgate.make({ requestsPerSecond: Infinity })),
    throughGate("no-op gate", Gate.layerNoop),
    throughGate(
      "Metrics, counting",
      Metrics.layer().pipe(Layer.provide(Gate.layerNoop), Layer.provideMerge(Stats.layer))
    ),
    alone("Deadline", Deadline.layer({ deadline: "2 minutes" })),
    alone("Retry", Retry.layer({ maxRetries: 2 })),
    alone("AdmissionQueue", AdmissionQueue.layer({ capacity: 50 })),
    alone("CircuitBreaker", CircuitBreaker.layer({ maxFailures: 5, openDuration: "30 seconds" })),
    alone(
      "CircuitBreaker, by rates",
      CircuitBreaker.layer({ maxFailures: 5, openDuration: "30 seconds", failureRate: 0.5, slowCallRate: 0.5 })
    ),
    alone("ConcurrencyLimit", ConcurrencyLimit.layer({ permits: 3 })),
    alone("ConcurrencyLimit, of a caller", ConcurrencyLimit.layer({ permits: 3, key: ({ caller }) => caller })),
    alone("Hedge", Hedge.layer({ delay: "1 minute" })),
    alone("Coalesce", Coalesce.layer()),
    alone("RateLimit", RateLimit.layer({ perSecond: Infinity })),
    alone("Timeout", Timeout.layer({ timeout: "1 minute" })),
    effectful(
      "Effect: Semaphore.withPermit",
      Effect.map(Semaphore.make(3), (permits) => permits.withPermit(Effect.void))
    ),
    effectful("Effect: timeout", Effect.succeed(Effect.timeout(Effect.void, "1 minute"))),
    effectful(
      "Effect: CircuitBreaker.execute",
      Effect.map(breaker, ({ execute }) => execute(Effect.void, guard))
    ),
    effectful(
      "Effect: RateLimiter.consume",
      Effect.map(limiter, ({ consume }) => consume(share))
    ),
    effectful(
      "Effect: the three and a timeout together",
      Effect.map(Effect.all([breaker, limiter, Semaphore.make(3)]), ([{ execute }, { consume }, permits]) =>
        execute(permits.withPermit(Effect.andThen(consume(share), Effect.timeout(Effect.void, "1 minute"))), guard)
      )
    ),
    { name: "bare yield*", make: () => (times) => Effect.runPromise(repeat(Effect.void, times)) }
  ]
}
