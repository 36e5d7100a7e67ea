import { Effect, Layer, Random, Semaphore } from "effect"
import type { InvalidOptions } from "../../src/config/InvalidOptions.ts"
import * as Field from "../../src/config/Field.ts"
import type { Pass } from "../../src/Call.ts"
import { Gate } from "../../src/Gate.ts"
import * as AdmissionQueue from "../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import * as PredictiveQueue from "../../src/policy/AdmissionQueue/PredictiveQueue.ts"
import * as AdaptiveConcurrency from "../../src/policy/AdaptiveConcurrency/AdaptiveConcurrency.ts"
import * as CircuitBreaker from "../../src/policy/CircuitBreaker/CircuitBreaker.ts"
import * as Coalesce from "../../src/policy/Coalesce/Coalesce.ts"
import * as ConcurrencyLimit from "../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Cooldown from "../../src/policy/Cooldown/Cooldown.ts"
import * as Deadline from "../../src/policy/Deadline/Deadline.ts"
import * as Hedge from "../../src/policy/Hedge/Hedge.ts"
import * as Metrics from "../../src/policy/Metrics/Metrics.ts"
import * as RateLimit from "../../src/policy/RateLimit/RateLimit.ts"
import * as Retry from "../../src/policy/Retry/Retry.ts"
import * as Router from "../../src/policy/Router/Router.ts"
import * as TokenBudget from "../../src/policy/TokenBudget/TokenBudget.ts"
import * as Timeout from "../../src/policy/Timeout/Timeout.ts"
import { NeverAdmissible, Rejection } from "../../src/Rejection.ts"
import type { Stats } from "../../src/Stats.ts"
import { check, type CheckOptions, Law } from "../../src/testing.ts"
import { runs, yieldIntervals } from "./runs.ts"
import { pile, type Policy } from "./stacks.ts"

/** A policy with its settings and guarantees. */
interface Part {
  readonly name: string
  readonly settings: object
  readonly layer: Policy
  readonly guarantees: CheckOptions
  /** Whether the policy predicts what calls need, or acts upon that. */
  readonly prediction?: "made" | "used"
}

interface Stack {
  readonly description: string
  readonly layer: Layer.Layer<Gate | Stats, InvalidOptions>
  readonly guarantees: CheckOptions
  readonly laws: ReadonlyArray<Law.Law>
}

/** A call that is predicted to be late starts once a second, though permits are free: that limit is unknown from outside. */
const withUnknownLimit = Law.all.map((law) =>
  law.name === "liveness" ? { ...law, during: () => Effect.succeed([]) } : law
)

// A function, since a layer value that is in a stack twice is built once: what is between the two would be left out.
const wrapper =
  (how: string, make: (pass: Pass) => Pass): (() => Part) =>
  () => ({
    name: "wrapper",
    settings: { how },
    layer: Gate.wrap((pass) => Effect.succeed(make(pass))),
    guarantees: {}
  })

/** Wrappers that guarantee nothing, for any place in a stack. */
const wrappers = [
  wrapper("passes on", (pass) => pass),
  wrapper("copies options", (pass) => (options, call) => pass({ ...options }, call)),
  wrapper("cleans up", (pass) => (options, call) => Effect.ensuring(pass(options, call), Effect.void)),
  wrapper(
    "wraps the call",
    (pass) => (options, call) =>
      pass(
        options,
        Effect.onExit(call, () => Effect.void)
      )
  )
]

/** A wrapper that delays calls; for stacks without a queue, since from outside the order of arrival there is unknown. */
const yielding = wrapper("yields", (pass) => (options, call) => Effect.andThen(Effect.yieldNow, pass(options, call)))

/** A concurrency limit made of Effect's semaphore, which lets narrow calls overtake wide ones. */
const semaphore = ({ permits }: { readonly permits: number }): Policy =>
  Gate.wrap((pass) =>
    Effect.map(Semaphore.make(permits), (semaphore) => (options, call) => {
      const asked = options.permits ?? 1
      return asked > permits
        ? Effect.fail(new Rejection({ reason: new NeverAdmissible({ limit: "permits", asked, capacity: permits }) }))
        : semaphore.withPermits(asked)(pass(options, call))
    })
  )

/** The outer and the inner of two policies whose order matters: reversed, the stack guarantees less than they do. */
const order: ReadonlyArray<readonly [outer: string, inner: string]> = [
  ["Deadline", "AdmissionQueue"],
  ["Deadline", "Retry"],
  ["Deadline", "ConcurrencyLimit"],
  ["Deadline", "RateLimit"],
  ["Retry", "CircuitBreaker"],
  ["Retry", "ConcurrencyLimit"],
  ["Retry", "RateLimit"],
  ["AdmissionQueue", "ConcurrencyLimit"],
  ["AdmissionQueue", "RateLimit"],
  ["CircuitBreaker", "ConcurrencyLimit"],
  ["CircuitBreaker", "RateLimit"],
  ["ConcurrencyLimit", "RateLimit"],
  // A shared call starts in a fiber of its own, perhaps a tick later: a queue of capacity 0 above would not see it start.
  ["Coalesce", "AdmissionQueue"],
  ["Deadline", "TokenBudget"],
  ["Retry", "TokenBudget"],
  ["AdmissionQueue", "TokenBudget"],
  ["CircuitBreaker", "TokenBudget"],
  ["ConcurrencyLimit", "TokenBudget"],
  ["TokenBudget", "RateLimit"],
  // Calls wait at the router while no endpoint could start them.
  ["Deadline", "Router"],
  ["Retry", "Router"],
  ["AdmissionQueue", "Router"]
]

const isOrdered = (parts: ReadonlyArray<Part>): boolean => {
  const place = (name: string) => parts.findIndex((part) => part.name === name)
  return order.every(([outer, inner]) => place(outer) < 0 || place(inner) < 0 || place(outer) < place(inner))
}

let calls = 0
const allDifferent = () => String(calls++)

/** No key, or the same key for all calls: a limit of a key is that of the gate then. */
const keys = [{}, {}, { key: () => "one", maxKeys: 1, keyIdleTime: 200 }]

/** A router of one endpoint without limits. */
const toOneEndpoint = () => Router.layer({ endpoints: [{ name: "east", policies: Layer.effect(Gate, Gate) }] })

type Pick = <A>(values: ReadonlyArray<A>) => A

const part = <O extends object>(
  name: string,
  settings: O,
  layer: (options: O) => Policy,
  guarantees: CheckOptions
): Part => ({ name, settings, layer: layer(settings), guarantees })

/** Every policy, each with random settings. */
const randomParts = (pick: Pick): ReadonlyArray<Part> => {
  const deadline = pick([1500, 5000])
  const maxRetries = pick([1, 2])
  const rate = { perSecond: pick([2, 5, 20]), burst: pick([1, 1, 2, 3]), tokensPerMinute: pick([Infinity, 3000]) }
  const timeout = pick([800, 3000])
  return [
    part("Deadline", { deadline }, Deadline.layer, { deadline }),
    part("Retry", { maxRetries, budgetRatio: pick([0.1, 1]) }, Retry.layer, { retries: maxRetries }),
    randomQueue(pick),
    randomBreaker(pick),
    randomLimit(pick),
    part("RateLimit", { ...rate, ...pick(keys) }, RateLimit.layer, rate),
    part("Timeout", { timeout, idle: pick([Infinity, 150]) }, Timeout.layer, { attemptTimeout: timeout }),
    ...(rate.tokensPerMinute < Infinity
      ? [part("TokenBudget", { tokensPerMinute: 3000, learns: false }, TokenBudget.layer, { tokensPerMinute: 3000 })]
      : []),
    // No call takes so long, none is equal to another, and none names a model: the laws are those of calls made once.
    ...(pick([false, false, true]) ? [part("Hedge", { delay: Field.day }, Hedge.layer, {})] : []),
    ...(pick([false, false, true]) ? [part("Coalesce", { key: allDifferent }, Coalesce.layer, {})] : []),
    ...(pick([false, false, true]) ? [part("Cooldown", {}, Cooldown.layer, {})] : []),
    ...(pick([false, false, true]) ? [part("Router", {}, toOneEndpoint, {})] : [])
  ]
}

const randomQueue = (pick: Pick): Part => {
  const capacity = pick([0, 1, 2, 5, Infinity])
  const queue = { capacity, maxWait: pick([Infinity, 2000, 20_000]), priorityAging: pick([500, 10_000, Infinity]) }
  if (pick([false, false, true])) {
    return { ...part("AdmissionQueue", queue, PredictiveQueue.layer, { capacity }), prediction: "used" }
  }
  const underOverload = {
    newestFirstAfter: pick([Infinity, Infinity, 700]),
    whenFull: pick(["refuse", "refuse", "dropOldest"] as const),
    delayTarget: pick([Infinity, Infinity, 300]),
    maxCost: pick([Infinity, Infinity, 2000]),
    shareBy: pick(["calls", "cost"] as const)
  }
  return part("AdmissionQueue", { ...queue, ...underOverload }, AdmissionQueue.layer, { capacity })
}

const randomLimit = (pick: Pick): Part => {
  const permits = pick([1, 2, 3, 5])
  const fixed = { maximum: permits, minimum: permits, probeAfter: Infinity }
  return pick([
    part("ConcurrencyLimit", { permits, by: "semaphore" }, semaphore, { permits }),
    part("ConcurrencyLimit", { permits, ...pick(keys) }, ConcurrencyLimit.layer, { permits }),
    { ...part("ConcurrencyLimit", fixed, AdaptiveConcurrency.layer, { permits }), prediction: "made" as const }
  ])
}

const randomBreaker = (pick: Pick): Part => {
  const openDuration = pick([500, 2000])
  const probeTimeout = pick([1000, 3000])
  const slowCallDuration = pick([1000, 10_000])
  const breaker = {
    maxFailures: pick([1, 2, 5, Infinity]),
    within: pick([Infinity, Infinity, 1000]),
    failureRate: pick([Infinity, Infinity, 0.5]),
    // The laws hang calls to see how many run together: a circuit that opens for them would be right to.
    slowCallRate: slowCallDuration === 1000 ? Infinity : pick([Infinity, 0.5]),
    minimumCalls: pick([1, 5]),
    openDuration,
    maxOpenDuration: openDuration,
    jitter: pick([0, 0.3]),
    probes: pick([1, 1, 3]),
    probeSuccesses: pick([1, 2]),
    probeTimeout,
    slowCallDuration,
    ...pick(keys)
  }
  return part("CircuitBreaker", breaker, CircuitBreaker.layer, { openDuration, probeTimeout })
}

/** Draws policies with random settings in an order that keeps their guarantees, and up to two wrappers among them. */
const randomStack = (seed: number): Effect.Effect<Stack> =>
  Effect.map(Random.Random, (random) => {
    const chance = () => random.nextDoubleUnsafe()
    const pick: Pick = (values) => values[Math.floor(chance() * values.length)]!
    const chosen = randomParts(pick).filter(() => chance() < 0.8)
    const anyWrapper = chosen.some(({ name }) => name === "AdmissionQueue") ? wrappers : [...wrappers, yielding]
    let parts = shuffled(chosen, chance)
    while (!isOrdered(parts)) parts = shuffled(chosen, chance)
    for (let added = pick([0, 1, 1, 2]); added > 0; added--) {
      parts.splice(Math.floor(chance() * (parts.length + 1)), 0, pick(anyWrapper)())
    }
    return {
      description: parts.map(({ name, settings }) => `${name} ${JSON.stringify(settings)}`).join(" > "),
      layer: pile([Metrics.layer(), ...parts.map(({ layer }) => layer)]),
      guarantees: Object.assign({}, ...parts.map(({ guarantees }) => guarantees)),
      laws: parts.filter(({ prediction }) => prediction !== undefined).length === 2 ? withUnknownLimit : Law.all
    }
  }).pipe(Random.withSeed(`stack ${seed}`))

/** Checks every law on the random stacks of so many seeds. */
export const checkRandomStacks = Effect.fnUntraced(function* (first: number, count: number) {
  for (let seed = first; seed < first + count; seed++) {
    const { description, guarantees, laws, layer } = yield* randomStack(seed)
    const yieldEvery = [yieldIntervals[seed % yieldIntervals.length]!]
    const options = { ...guarantees, seed, runs: runs(2, 5), stride: runs(23, 5), yieldEvery }
    yield* check(laws, layer, options).pipe(
      Effect.mapError((error) => new Error(`stack ${seed}, ${description}: ${error.message}`, { cause: error }))
    )
  }
})

/** Draws some of the policies in any order, even one in which the stack guarantees less than its policies do. */
export const anyOrder = (seed: number) =>
  Effect.map(Random.Random, (random) => {
    const chance = () => random.nextDoubleUnsafe()
    const all: ReadonlyArray<readonly [string, Policy]> = [
      ["Deadline", Deadline.layer({ deadline: "1 hour" })],
      ["Retry", Retry.layer({ maxRetries: 1 })],
      ["AdmissionQueue", AdmissionQueue.layer({ capacity: 3 })],
      ["CircuitBreaker", CircuitBreaker.layer({ maxFailures: 3, openDuration: "1 second", probeTimeout: "5 seconds" })],
      ["ConcurrencyLimit", ConcurrencyLimit.layer({ permits: 2 })],
      ["RateLimit", RateLimit.layer({ perSecond: 5, burst: 2 })],
      ["Timeout", Timeout.layer({ timeout: "20 seconds" })]
    ]
    const chosen = all.filter(() => chance() < 0.9)
    let order = shuffled(chosen, chance)
    const place = (name: string) => order.findIndex(([each]) => each === name)
    const has = (name: string) => place(name) >= 0
    // Beneath the breaker a retry is another start, which it may refuse: the call had started and is refused then.
    while (has("Retry") && has("CircuitBreaker") && place("Retry") > place("CircuitBreaker"))
      order = shuffled(chosen, chance)
    // The queue bounds only the calls that wait beneath it.
    const bounded =
      has("AdmissionQueue") &&
      has("ConcurrencyLimit") &&
      place("AdmissionQueue") < place("ConcurrencyLimit") &&
      !has("RateLimit")
    const guarantees: CheckOptions = {
      ...(has("Retry") ? { retries: 1 } : {}),
      ...(has("ConcurrencyLimit") ? { permits: 2 } : {}),
      ...(has("CircuitBreaker") ? { openDuration: "1 second", probeTimeout: "5 seconds" } : {}),
      ...(has("RateLimit") ? { perSecond: 5, burst: 2 } : {}),
      ...(bounded ? { capacity: 3 } : {})
    }
    return {
      description: order.map(([name]) => name).join(" > "),
      layer: pile([Metrics.layer(), ...order.map(([, policy]) => policy)]),
      guarantees,
      /** Whether the numbers of calls that may start, run and wait are known from outside. */
      whole: bounded || !has("AdmissionQueue")
    }
  }).pipe(Random.withSeed(`order ${seed}`))

const shuffled = <A>(values: ReadonlyArray<A>, chance: () => number): Array<A> =>
  values
    .map((value) => [chance(), value] as const)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value)
