import { Effect, Layer, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import type { InvalidOptions } from "../../src/domain/InvalidOptions.ts"
import { Gate } from "../../src/Gate.ts"
import * as Headgate from "../../src/Headgate.ts"
import * as Breaker from "../../src/policy/Breaker.ts"
import * as Concurrency from "../../src/policy/Concurrency.ts"
import * as Deadline from "../../src/policy/Deadline.ts"
import * as Observe from "../../src/policy/Observe.ts"
import * as RateLimit from "../../src/policy/RateLimit.ts"
import * as Retry from "../../src/policy/Retry.ts"
import * as Timeout from "../../src/policy/Timeout.ts"
import * as WaitingRoom from "../../src/policy/WaitingRoom.ts"
import { Stats } from "../../src/Stats.ts"

export type Policy = Layer.Layer<Gate, InvalidOptions, Gate>

/** What a stack promises; `Infinity` is a limit that it has not. */
export interface Limits {
  readonly permits: number
  readonly capacity: number
  readonly perSecond: number
  readonly burst: number
  readonly retries: number
  /** Seconds. */
  readonly openFor: number
  readonly timeout: number
  /** Longest time at the model, in seconds. */
  readonly attempt: number
}

export const open: Limits = {
  permits: Infinity,
  capacity: Infinity,
  perSecond: Infinity,
  burst: Infinity,
  retries: 0,
  openFor: 0,
  timeout: Infinity,
  attempt: Infinity
}

/** Policies on an open gate, outermost first, with their calls counted. */
export const stackOf = (policies: ReadonlyArray<Policy>): Layer.Layer<Gate | Stats> =>
  [Observe.layer(), ...policies]
    .reduceRight<Layer.Layer<Gate, InvalidOptions>>((gate, policy) => Layer.provide(policy, gate), Gate.layerOpen)
    .pipe(Layer.provideMerge(Stats.layer), Layer.orDie)

const room = () => WaitingRoom.layer({ capacity: 2, ageing: "2 seconds" })
const breaker = () => Breaker.layer({ maxFailures: 2, timeout: "2 seconds", probeTimeout: "3 seconds" })

export interface Entry {
  readonly name: string
  readonly stack: () => Layer.Layer<Gate | Stats>
  readonly limits: Limits
}

const entry = (name: string, limits: Partial<Limits>, policies: () => ReadonlyArray<Policy>): Entry => ({
  name,
  stack: () => stackOf(policies()),
  limits: { ...open, ...limits }
})

/** Each policy alone on an open gate, and on those it is made for. */
export const entries: ReadonlyArray<Entry> = [
  entry("Observe", {}, () => []),
  entry("Deadline", { attempt: 1.5 }, () => [Deadline.layer({ deadline: "1500 millis" })]),
  entry("Retry", { retries: 2 }, () => [Retry.layer({ times: 2 })]),
  entry("WaitingRoom", { capacity: 2 }, () => [room()]),
  entry("Breaker", { openFor: 2, timeout: 3 }, () => [breaker()]),
  entry("Concurrency", { permits: 3 }, () => [Concurrency.layer({ permits: 3 })]),
  entry("RateLimit", { perSecond: 5, burst: 2 }, () => [RateLimit.layer({ perSecond: 5, burst: 2 })]),
  entry("Timeout", { attempt: 1.5 }, () => [Timeout.layer({ timeout: "1500 millis" })]),
  entry("WaitingRoom on Concurrency", { capacity: 2, permits: 3 }, () => [room(), Concurrency.layer({ permits: 3 })]),
  entry("WaitingRoom with a longest wait, on RateLimit", { capacity: 2, perSecond: 2, burst: 1 }, () => [
    WaitingRoom.layer({ capacity: 2, maxWait: "30 seconds" }),
    RateLimit.layer({ perSecond: 2 })
  ]),
  entry("Breaker on Concurrency", { permits: 3, openFor: 2, timeout: 3 }, () => [
    breaker(),
    Concurrency.layer({ permits: 3 })
  ])
]

const among = <A>(values: ReadonlyArray<A>) =>
  Arbitrary.map(
    Arbitrary.schema(Schema.Natural.check(Schema.isBetween({ minimum: 0, maximum: values.length - 1 }))),
    (i) => values[i]!
  )

/** Random settings of the default stack; no deadline, since it would hide calls that hang in the gate. */
export const Settings = Arbitrary.all({
  maxConcurrentRequests: among([1, 2, 3, 4]),
  requestsPerSecond: among([2, 5, 20, Infinity]),
  burst: among([1, 1, 2, 3]),
  maxQueueSize: among([1, 2, 5, 50]),
  circuitBreaker: Arbitrary.all({ maxFailures: among([1, 2, 5, Infinity]), timeout: among([500, 2000]) }),
  requestTimeout: among([3000, 6000]),
  deadline: among([Infinity]),
  maxRetries: among([0, 0, 1, 2])
})

export const limitsOf = (options: Parameters<typeof Headgate.make>[0] & object): Limits => ({
  permits: options.maxConcurrentRequests ?? 3,
  capacity: options.maxQueueSize ?? 50,
  perSecond: options.requestsPerSecond ?? 2,
  burst: options.requestsPerSecond === Infinity ? Infinity : (options.burst ?? 1),
  retries: options.maxRetries ?? 2,
  openFor: Number(options.circuitBreaker?.timeout ?? 30_000) / 1000,
  timeout: Number(options.requestTimeout ?? 60_000) / 1000,
  attempt: Number(options.requestTimeout ?? 60_000) / 1000
})

export const defaultStack = (options: Headgate.Options): Layer.Layer<Gate | Stats> =>
  Layer.orDie(Headgate.make(options))

/** Runs an effect on a stack that is new each time. */
export const on = <A, E, R>(stack: () => Layer.Layer<Gate | Stats>, effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => Effect.provide(effect, Layer.fresh(stack())))
