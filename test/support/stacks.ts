import { Effect, Layer, Random } from "effect"
import type { InvalidOptions } from "../../src/config/InvalidOptions.ts"
import { Gate } from "../../src/Gate.ts"
import * as CircuitBreaker from "../../src/policy/CircuitBreaker/CircuitBreaker.ts"
import * as ConcurrencyLimit from "../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Deadline from "../../src/policy/Deadline/Deadline.ts"
import * as Metrics from "../../src/policy/Metrics/Metrics.ts"
import * as RateLimit from "../../src/policy/RateLimit/RateLimit.ts"
import * as Retry from "../../src/policy/Retry/Retry.ts"
import * as Timeout from "../../src/policy/Timeout/Timeout.ts"
import * as AdmissionQueue from "../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import * as Headgate from "../../src/Headgate.ts"
import { Stats } from "../../src/Stats.ts"
import type { CheckOptions } from "../../src/testing.ts"

export type Policy = Layer.Layer<Gate, InvalidOptions, Gate>
type Name = "deadline" | "retry" | "room" | "breaker" | "concurrency" | "rate" | "timeout"

/** A policy with its settings, and what it guarantees. */
interface Part {
  readonly name: Name
  readonly settings: object
  readonly layer: Policy
  readonly guarantees: CheckOptions
}

export interface Stack {
  readonly description: string
  readonly layer: Layer.Layer<Gate | Stats, InvalidOptions>
  readonly guarantees: CheckOptions
}

/** Policies on an open gate, outermost first. */
export const pile = (policies: ReadonlyArray<Policy>): Layer.Layer<Gate | Stats, InvalidOptions> =>
  policies
    .reduceRight<Layer.Layer<Gate, InvalidOptions>>((gate, policy) => Layer.provide(policy, gate), Gate.layerNoop)
    .pipe(Layer.provideMerge(Stats.layer))

const room = () => AdmissionQueue.layer({ capacity: 2, priorityAging: "2 seconds" })
const breaker = () => CircuitBreaker.layer({ maxFailures: 2, openDuration: "2 seconds", probeTimeout: "3 seconds" })
const circuit: CheckOptions = { openDuration: "2 seconds", probeTimeout: "3 seconds" }

const counted = (name: string, guarantees: CheckOptions, ...policies: ReadonlyArray<Policy>) => ({
  name,
  layer: pile([Metrics.layer(), ...policies]),
  guarantees
})

/** Each policy alone on an open gate, and on those it is made for. */
export const policies = [
  counted("Observe", {}),
  counted("Deadline", { deadline: 1500 }, Deadline.layer({ deadline: 1500 })),
  counted("Retry", { retries: 2 }, Retry.layer({ maxRetries: 2 })),
  counted("WaitingRoom", { capacity: 2 }, room()),
  counted("Breaker", circuit, breaker()),
  counted("Concurrency", { permits: 3 }, ConcurrencyLimit.layer({ permits: 3 })),
  counted("RateLimit", { perSecond: 5, burst: 2 }, RateLimit.layer({ perSecond: 5, burst: 2 })),
  counted("Timeout", { attemptTimeout: 1500 }, Timeout.layer({ timeout: 1500 })),
  counted(
    "RateLimit of tokens",
    { perSecond: 20, burst: 3, tokensPerMinute: 3000 },
    RateLimit.layer({ perSecond: 20, burst: 3, tokensPerMinute: 3000 })
  ),
  counted(
    "WaitingRoom on ConcurrencyLimit",
    { capacity: 2, permits: 3 },
    room(),
    ConcurrencyLimit.layer({ permits: 3 })
  ),
  counted(
    "WaitingRoom without places, on both limits",
    { capacity: 0, permits: 3, perSecond: 5, burst: 2 },
    AdmissionQueue.layer({ capacity: 0 }),
    ConcurrencyLimit.layer({ permits: 3 }),
    RateLimit.layer({ perSecond: 5, burst: 2 })
  ),
  counted(
    "WaitingRoom with a longest wait, on RateLimit",
    { capacity: 2, perSecond: 2 },
    AdmissionQueue.layer({ capacity: 2, maxWait: "30 seconds" }),
    RateLimit.layer({ perSecond: 2 })
  ),
  counted("Breaker on ConcurrencyLimit", { ...circuit, permits: 3 }, breaker(), ConcurrencyLimit.layer({ permits: 3 }))
]

/** What the default stack guarantees for its settings. */
export const guaranteesOf = (settings: Headgate.Options): CheckOptions => ({
  permits: settings.maxConcurrentRequests ?? 3,
  perSecond: settings.requestsPerSecond ?? 2,
  burst: settings.burst,
  capacity: settings.maxQueueSize ?? 50,
  retries: settings.maxRetries ?? 2,
  openDuration: settings.circuitBreaker?.timeout ?? "30 seconds",
  attemptTimeout: settings.requestTimeout ?? "60 seconds",
  deadline: settings.deadline ?? "2 minutes"
})

/** Which must stand before which, or the stack as a whole guarantees less than its policies. */
const before: ReadonlyArray<readonly [Name, Name]> = [
  ["deadline", "room"],
  ["deadline", "retry"],
  ["deadline", "concurrency"],
  ["deadline", "rate"],
  ["retry", "breaker"],
  ["retry", "concurrency"],
  ["retry", "rate"],
  ["room", "concurrency"],
  ["room", "rate"],
  ["breaker", "concurrency"],
  ["breaker", "rate"],
  ["concurrency", "rate"]
]

const legal = (parts: ReadonlyArray<Part>): boolean => {
  const place = (name: Name) => parts.findIndex((part) => part.name === name)
  return before.every(([outer, inner]) => place(outer) < 0 || place(inner) < 0 || place(outer) < place(inner))
}

/** Any of the policies with any of the settings, in any order that is legal; the same for the same seed. */
export const random = (seed: number): Effect.Effect<Stack> =>
  Effect.map(Random.Random, (random) => {
    const chance = () => random.nextDoubleUnsafe()
    const among = <A>(values: ReadonlyArray<A>): A => values[Math.floor(chance() * values.length)]!
    const part = <O extends object>(
      name: Name,
      settings: O,
      layer: (options: O) => Policy,
      guarantees: CheckOptions
    ): Part => ({ name, settings, layer: layer(settings), guarantees })

    const deadline = among([1500, 5000])
    const retries = among([1, 2])
    const capacity = among([0, 1, 2, 5, Infinity])
    const permits = among([1, 2, 3, 5])
    const open = among([500, 2000])
    const probe = among([1000, 3000])
    const rate = { perSecond: among([2, 5, 20]), burst: among([1, 1, 2, 3]) }
    const tokensPerMinute = among([Infinity, 3000])
    const timeout = among([800, 3000])
    const room = { capacity, maxWait: among([Infinity, 2000, 20_000]), priorityAging: among([500, 10_000, Infinity]) }
    const breaker = {
      maxFailures: among([1, 2, 5]),
      openDuration: open,
      probeTimeout: probe,
      slowCallDuration: among([1000, 10_000])
    }
    const all = [
      part("deadline", { deadline }, Deadline.layer, { deadline }),
      part("retry", { maxRetries: retries, budgetRatio: among([0.1, 1]) }, Retry.layer, { retries }),
      part("room", room, AdmissionQueue.layer, { capacity }),
      part("breaker", breaker, CircuitBreaker.layer, { openDuration: open, probeTimeout: probe }),
      part("concurrency", { permits }, ConcurrencyLimit.layer, { permits }),
      part("rate", { ...rate, tokensPerMinute }, RateLimit.layer, { ...rate, tokensPerMinute }),
      part("timeout", { timeout, idle: among([Infinity, 150]) }, Timeout.layer, { attemptTimeout: timeout })
    ]
    const chosen = all.filter(() => chance() < 0.8)
    let order = shuffled(chosen, chance)
    while (!legal(order)) order = shuffled(chosen, chance)
    return {
      description: order.map(({ name, settings }) => `${name} ${JSON.stringify(settings)}`).join(" > "),
      layer: pile([Metrics.layer(), ...order.map(({ layer }) => layer)]),
      guarantees: Object.assign({}, ...order.map(({ guarantees }) => guarantees))
    }
  }).pipe(Random.withSeed(`stack ${seed}`))

/** Some of the policies in any order, also where a stack then guarantees less than its policies; the same for the same seed. */
export const anyOrder = (seed: number) =>
  Effect.map(Random.Random, (random) => {
    const chance = () => random.nextDoubleUnsafe()
    const all: ReadonlyArray<readonly [Name, Policy]> = [
      ["deadline", Deadline.layer({ deadline: "1 hour" })],
      ["retry", Retry.layer({ maxRetries: 1 })],
      ["room", AdmissionQueue.layer({ capacity: 3 })],
      ["breaker", CircuitBreaker.layer({ maxFailures: 3, openDuration: "1 second", probeTimeout: "5 seconds" })],
      ["concurrency", ConcurrencyLimit.layer({ permits: 2 })],
      ["rate", RateLimit.layer({ perSecond: 5, burst: 2 })],
      ["timeout", Timeout.layer({ timeout: "20 seconds" })]
    ]
    const chosen = all.filter(() => chance() < 0.9)
    let order = shuffled(chosen, chance)
    const place = (name: Name) => order.findIndex(([each]) => each === name)
    const has = (name: Name) => place(name) >= 0
    // A retry beneath the breaker is another start for it, which it may refuse: then a started call is refused.
    while (has("retry") && has("breaker") && place("retry") > place("breaker")) order = shuffled(chosen, chance)
    // A place is for those who wait in the gates beneath; above the room waits anybody.
    const bounded = has("room") && has("concurrency") && place("room") < place("concurrency") && !has("rate")
    const guarantees: CheckOptions = {
      ...(has("retry") ? { retries: 1 } : {}),
      ...(has("concurrency") ? { permits: 2 } : {}),
      ...(has("breaker") ? { openDuration: "1 second", probeTimeout: "5 seconds" } : {}),
      ...(has("rate") ? { perSecond: 5, burst: 2 } : {}),
      ...(bounded ? { capacity: 3 } : {})
    }
    return {
      description: order.map(([name]) => name).join(" > "),
      layer: pile([Metrics.layer(), ...order.map(([, policy]) => policy)]),
      guarantees,
      /** Whether one can tell from outside how many calls may start, run and wait. */
      whole: bounded || !has("room")
    }
  }).pipe(Random.withSeed(`order ${seed}`))

const shuffled = <A>(values: ReadonlyArray<A>, chance: () => number): Array<A> =>
  values
    .map((value) => [chance(), value] as const)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value)
