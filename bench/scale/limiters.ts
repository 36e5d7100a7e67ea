// The limits that are compared, each on the same Redis: headgate's, and two libraries that share limits there too.
import Bottleneck from "bottleneck"
import { Effect, Redacted } from "effect"
import { Redis } from "ioredis"
import { RateLimiterQueue, RateLimiterRedis } from "rate-limiter-flexible"
import { Gate } from "../../src/Gate.ts"
import * as Headgate from "../../src/Headgate.ts"

export interface Limits {
  readonly port: number
  readonly kind: "headgate" | "rate-limiter-flexible" | "bottleneck" | "own limits"
  /** `null` for no limit. */
  readonly perSecond: number | null
  readonly permits: number
  readonly burst: number
  readonly allowance: number
  readonly leaseMillis: number
}

/** Passes a call through the limits of all processes. */
export type Pass = <A>(work: () => Promise<A>) => Promise<A>

const unlimited = 1e9

const ofHeadgate = async ({ allowance, burst, kind, leaseMillis: lease, perSecond, permits, port }: Limits) => {
  const limits = {
    maxConcurrentRequests: permits,
    requestsPerSecond: perSecond ?? Infinity,
    burst,
    maxQueueSize: 1000,
    deadline: Infinity,
    maxRetries: 0
  }
  const url = Redacted.make(`redis://127.0.0.1:${port}`)
  const gate = kind === "headgate" ? Headgate.layerRedis({ url, allowance, lease }, limits) : Headgate.make(limits)
  return (use: (pass: Pass) => Promise<void>) =>
    Effect.gen(function* () {
      const { pass } = yield* Gate
      const run = Effect.runPromiseWith(yield* Effect.context<never>())
      yield* Effect.promise(() => use((work) => run(pass({}, Effect.promise(work)))))
    }).pipe(Effect.provide(gate), Effect.runPromise)
}

/** Limits starts, and knows no permits. */
const ofRateLimiterFlexible = async ({ perSecond, port }: Limits) => {
  const storeClient = new Redis({ port })
  const points = perSecond ?? unlimited
  const queue = new RateLimiterQueue(new RateLimiterRedis({ storeClient, points, duration: 1 }), {
    maxQueueSize: unlimited
  })
  return (use: (pass: Pass) => Promise<void>) =>
    use(async (work) => {
      await queue.removeTokens(1)
      return work()
    })
}

const ofBottleneck = async ({ perSecond, permits, port }: Limits) => {
  const limiter = new Bottleneck({
    id: "scale",
    datastore: "ioredis",
    Redis,
    clientOptions: { port },
    maxConcurrent: permits,
    minTime: perSecond === null ? 0 : 1000 / perSecond
  })
  await limiter.ready()
  return (use: (pass: Pass) => Promise<void>) => use((work) => limiter.schedule(work))
}

/** Connects, then uses the limits. */
export const connect = (limits: Limits): Promise<(use: (pass: Pass) => Promise<void>) => Promise<void>> => {
  if (limits.kind === "bottleneck") return ofBottleneck(limits)
  return limits.kind === "rate-limiter-flexible" ? ofRateLimiterFlexible(limits) : ofHeadgate(limits)
}
