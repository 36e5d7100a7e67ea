import Bottleneck from "bottleneck"
import {
  bulkhead,
  circuitBreaker,
  ConsecutiveBreaker,
  handleAll,
  noop,
  timeout,
  TimeoutStrategy,
  wrap
} from "cockatiel"
import { Duration, Effect, Layer, ManagedRuntime, Semaphore } from "effect"
import { CircuitBreaker, RateLimiter } from "effect/persistence"
import Opossum from "opossum"
import pLimit from "p-limit"
import PQueue from "p-queue"
import { createProvider } from "../../src/index.ts"
import type { Peer, Work } from "./Peer.ts"

const headgate: Peer = {
  name: "headgate",
  has: [
    ...(["concurrency", "queue", "perSecond", "breaker", "timeoutMs", "deadlineMs"] as const),
    ...(["signal", "priority", "caller", "permits"] as const)
  ],
  make: async ({ breaker, concurrency, deadlineMs, perSecond, queue, timeoutMs }) => {
    const provider = await createProvider({
      maxConcurrentRequests: concurrency ?? Infinity,
      maxQueueSize: queue ?? 1000,
      requestsPerSecond: perSecond ?? Infinity,
      circuitBreaker: { maxFailures: breaker?.failures ?? Infinity, timeout: breaker?.openMs ?? 1000 },
      requestTimeout: timeoutMs ?? Infinity,
      deadline: deadlineMs ?? Infinity,
      maxRetries: 0
    })
    return (work, said) => provider.run((signal) => work(signal), said)
  }
}

const cockatiel: Peer = {
  name: "cockatiel",
  has: ["concurrency", "queue", "breaker", "timeoutMs", "signal"],
  make: ({ breaker, concurrency, queue, timeoutMs }) => {
    const policy = wrap(
      concurrency === undefined ? noop : bulkhead(concurrency, queue ?? 1000),
      breaker === undefined
        ? noop
        : circuitBreaker(handleAll, {
            halfOpenAfter: breaker.openMs,
            breaker: new ConsecutiveBreaker(breaker.failures)
          }),
      timeoutMs === undefined ? noop : timeout(timeoutMs, TimeoutStrategy.Aggressive)
    )
    return (work, said) => policy.execute(({ signal }) => work(signal), said?.signal)
  }
}

const queued: Peer = {
  name: "p-queue + opossum",
  has: ["concurrency", "perSecond", "breaker", "timeoutMs", "signal", "priority"],
  make: ({ breaker, concurrency, perSecond, timeoutMs }) => {
    const queue = new PQueue({
      concurrency: concurrency ?? Infinity,
      ...(perSecond !== undefined && { intervalCap: 1, interval: 1000 / perSecond })
    })
    const circuit = new Opossum((work: Work) => work(), {
      timeout: timeoutMs ?? false,
      volumeThreshold: breaker?.failures ?? Infinity,
      errorThresholdPercentage: 50,
      resetTimeout: breaker?.openMs ?? 1000
    })
    return (work, { priority = 1, signal } = {}) =>
      queue.add(() => circuit.fire(() => work(signal)), { priority: -priority, ...(signal && { signal }) })
  }
}

const bottleneck: Peer = {
  name: "bottleneck",
  has: ["concurrency", "queue", "perSecond", "timeoutMs", "priority", "permits"],
  make: ({ concurrency, perSecond, queue, timeoutMs }) => {
    const limiter = new Bottleneck({
      maxConcurrent: concurrency ?? null,
      minTime: perSecond === undefined ? 0 : 1000 / perSecond,
      highWater: queue ?? null,
      strategy: Bottleneck.strategy.OVERFLOW
    })
    return (work, { permits = 1, priority = 5 } = {}) =>
      limiter.schedule({ priority, weight: permits, ...(timeoutMs !== undefined && { expiration: timeoutMs }) }, () =>
        work()
      )
  }
}

const limited: Peer = {
  name: "p-limit",
  has: ["concurrency"],
  make: ({ concurrency }) => {
    const limit = pLimit(concurrency ?? Infinity)
    return (work) => limit(() => work())
  }
}

const effect: Peer = {
  name: "Effect's pieces",
  has: ["concurrency", "perSecond", "breaker", "timeoutMs", "signal", "permits"],
  make: async ({ breaker, concurrency, perSecond, timeoutMs }) => {
    const breakers = CircuitBreaker.layer({
      tripPolicy: CircuitBreaker.consecutive(breaker?.failures ?? 1e9),
      openDuration: Duration.millis(breaker?.openMs ?? 1000)
    }).pipe(Layer.provide(CircuitBreaker.layerStoreMemory()))
    const limiters = RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory))
    const runtime = ManagedRuntime.make(Layer.merge(breakers, limiters))
    const { execute } = await runtime.runPromise(Effect.service(CircuitBreaker.CircuitBreaker))
    const { consume } = await runtime.runPromise(Effect.service(RateLimiter.RateLimiter))
    const permits = Semaphore.makeUnsafe(concurrency ?? 1e9)
    const token = Effect.flatMap(
      Effect.suspend(() =>
        consume({
          key: "model",
          limit: 1,
          window: Duration.millis(1000 / perSecond!),
          algorithm: "token-bucket",
          onExceeded: "delay"
        })
      ),
      ({ delay }) => Effect.sleep(delay)
    )
    return (work, { permits: asked = 1, signal } = {}) => {
      const call = Effect.tryPromise({ try: (signal) => work(signal), catch: (error) => error })
      const timed = timeoutMs === undefined ? call : Effect.timeout(call, timeoutMs)
      const paced = perSecond === undefined ? timed : Effect.andThen(token, timed)
      const guarded =
        breaker === undefined
          ? paced
          : execute(paced, {
              key: "model",
              classify: (exit) => (exit._tag === "Success" ? CircuitBreaker.success : CircuitBreaker.failure())
            })
      return runtime.runPromise(permits.withPermits(asked)(guarded), signal && { signal })
    }
  }
}

/** headgate, and those it is compared with. */
export const peers: ReadonlyArray<Peer> = [headgate, cockatiel, queued, bottleneck, limited, effect]
