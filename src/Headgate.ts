import { type Config, Effect, Layer, Record as Records } from "effect"
import type { InvalidOptions } from "./config/InvalidOptions.ts"
import * as Field from "./config/Field.ts"
import { decode, type Given, group, type Values, withDefaults } from "./config/Options.ts"
import * as Preset from "./config/Preset.ts"
import * as Settings from "./config/Settings.ts"
import * as Table from "./config/Table.ts"
import * as Dynamic from "./engine/Dynamic.ts"
import { Gate } from "./Gate.ts"
import * as AdaptiveConcurrency from "./policy/AdaptiveConcurrency/AdaptiveConcurrency.ts"
import * as CircuitBreaker from "./policy/CircuitBreaker/CircuitBreaker.ts"
import { targetOf } from "./Call.ts"
import * as Failure from "./Failure.ts"
import * as Cooldown from "./policy/Cooldown/Cooldown.ts"
import * as ConcurrencyLimit from "./policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Deadline from "./policy/Deadline/Deadline.ts"
import * as Metrics from "./policy/Metrics/Metrics.ts"
import * as PredictiveQueue from "./policy/AdmissionQueue/PredictiveQueue.ts"
import * as RateLimit from "./policy/RateLimit/RateLimit.ts"
import * as Retry from "./policy/Retry/Retry.ts"
import * as Router from "./policy/Router/Router.ts"
import * as TokenBudget from "./policy/TokenBudget/TokenBudget.ts"
import * as Timeout from "./policy/Timeout/Timeout.ts"
import * as AdmissionQueue from "./policy/AdmissionQueue/AdmissionQueue.ts"
import * as SharedCircuitBreaker from "./shared/SharedCircuitBreaker.ts"
import * as SharedConcurrencyLimit from "./shared/SharedConcurrencyLimit.ts"
import * as SharedRateLimit from "./shared/SharedRateLimit.ts"
import { type RedisOptions, SharedStore } from "./shared/SharedStore.ts"
import { Stats } from "./Stats.ts"

/** The limits of the default stack; `Infinity` switches one off. What is left out comes from the preset. */
export interface Options extends Given<typeof Table.stack> {}

/**
 * Calls go first come, first served until one has waited for a quarter of its deadline: then there is more work than
 * the model can do in time, and the newest calls are those that can still be answered.
 */
const newestFirstShare = 0.25

/** The order in which calls wait: in the preset `adaptive`, so that as many as possible end in time. */
const queueOf = ({ maxQueueSize: capacity, maxWait, preset }: Values<typeof Table.stack>) =>
  preset === "adaptive"
    ? PredictiveQueue.layer({ capacity, maxWait, putBack: true })
    : AdmissionQueue.layer({ capacity, maxWait, newestFirstShare })

/**
 * The limit of calls that run at once: a fixed one if it is set. In the preset `adaptive` one that follows the model, or
 * that at least learns from it what calls need.
 */
const limitOf = ({ adaptiveMaxConcurrent, maxConcurrentRequests: fixed, preset }: Values<typeof Table.stack>) => {
  if (preset !== "adaptive") return ConcurrencyLimit.layer({ permits: fixed })
  if (fixed === Infinity) return AdaptiveConcurrency.layer({ maximum: adaptiveMaxConcurrent })
  return AdaptiveConcurrency.layer({ minimum: fixed, initial: fixed, maximum: fixed })
}

/** In the preset `adaptive`, the rates of the provider, which are learned. */
const budgetOf = ({ preset, requestsPerSecond, tokensPerMinute }: Values<typeof Table.stack>) =>
  preset === "adaptive"
    ? TokenBudget.layer({ requestsPerMinute: 60 * requestsPerSecond, tokensPerMinute })
    : Layer.effect(Gate, Gate)

// A model has the timeout of an attempt to answer in; that a caller does not stay so long says nothing against it.
const slowCallDuration = Infinity

/** The policies of the default stack whose state replicas may share. */
const own = {
  queue: queueOf,
  breaker: CircuitBreaker.layer,
  limit: limitOf,
  rate: RateLimit.layer
}

// A decision of the store takes a moment, so a call that would start at once must be able to wait for it.
const decisions = { places: 32, millis: 200 }

/** The same with the state of the store; what is learned stays with each replica. */
const shared = {
  queue: (settings: Values<typeof Table.stack>) =>
    settings.maxQueueSize === 0
      ? AdmissionQueue.layer({
          capacity: decisions.places,
          maxWait: Math.min(settings.maxWait, decisions.millis),
          prediction: false
        })
      : queueOf(settings),
  breaker: SharedCircuitBreaker.layer,
  limit: (settings: Values<typeof Table.stack>) =>
    settings.maxConcurrentRequests === Infinity
      ? limitOf(settings)
      : SharedConcurrencyLimit.layer({ permits: settings.maxConcurrentRequests }),
  rate: SharedRateLimit.layer
}

/** The default stack, outermost first; each policy needs the gate of the line below. */
const stackOf = <R>(
  settings: Values<typeof Table.stack>,
  policies: {
    readonly queue: (settings: Values<typeof Table.stack>) => Layer.Layer<Gate, InvalidOptions, Gate>
    readonly breaker: (options: SharedCircuitBreaker.Options) => Layer.Layer<Gate, InvalidOptions, Gate | R>
    readonly limit: (settings: Values<typeof Table.stack>) => Layer.Layer<Gate, InvalidOptions, Gate | R>
    readonly rate: (options: SharedRateLimit.Options) => Layer.Layer<Gate, InvalidOptions, Gate | R>
  }
) =>
  Metrics.layer().pipe(
    Layer.provide(Deadline.layer({ deadline: settings.deadline })),
    Layer.provide(Retry.layer({ maxRetries: settings.maxRetries })),
    Layer.provide(Cooldown.layer({ capacity: settings.maxQueueSize })),
    Layer.provide(policies.queue(settings)),
    Layer.provide(
      policies.breaker({
        maxFailures: settings.circuitBreaker.maxFailures,
        openDuration: settings.circuitBreaker.timeout,
        probeTimeout: settings.requestTimeout,
        slowCallDuration
      })
    ),
    Layer.provide(policies.limit(settings)),
    Layer.provide(
      policies.rate({
        perSecond: settings.requestsPerSecond,
        burst: settings.burst,
        tokensPerMinute:
          settings.preset === "adaptive" && policies.rate === RateLimit.layer ? Infinity : settings.tokensPerMinute,
        // What an endpoint says of one model is for Cooldown to keep.
        cooldown: (error, options) => (targetOf(options) === undefined ? Failure.cooldownOf(error) : undefined)
      })
    ),
    Layer.provide(budgetOf(settings)),
    Layer.provide(Timeout.layer({ timeout: settings.requestTimeout, idle: settings.streamIdleTimeout })),
    Layer.provide(Gate.layerNoop)
  )

/** The settings of a stack with options. */
const settingsOf = (options: Options): Effect.Effect<Values<typeof Table.stack>, InvalidOptions> =>
  Effect.flatMap(decode(Table.stack, options), ({ preset }) =>
    decode(withDefaults(Table.stack, Preset.presets[preset]), options)
  )

/** The limits of one endpoint of several; those that are dynamic follow later values while calls run. */
export interface EndpointLimits {
  readonly maxConcurrentRequests: Dynamic.Dynamic
  readonly requestsPerSecond: Dynamic.Dynamic
  readonly tokensPerMinute: Dynamic.Dynamic
  readonly circuitBreaker: { readonly maxFailures: Dynamic.Dynamic; readonly timeout: Dynamic.Dynamic }
  readonly requestTimeout: Dynamic.Dynamic
  readonly streamIdleTimeout: Dynamic.Dynamic
  /** Whether calls at once follow the endpoint, as in the preset `adaptive`, in place of a fixed limit. Default: `false`. */
  readonly adaptive?: boolean | undefined
  /** Most calls at once if they follow the endpoint. Default: 64. */
  readonly adaptiveMaxConcurrent?: number | undefined
  /** Whether rates are learned from the headers and refusals of the endpoint, as in the preset `adaptive`. Default: `false`. */
  readonly learns?: boolean | undefined
}

/** The policies of an endpoint whose state replicas may share. */
interface EndpointPolicies<R> {
  readonly breaker: (options: SharedCircuitBreaker.Options) => Layer.Layer<Gate, InvalidOptions, Gate | R>
  readonly limit: (options: SharedConcurrencyLimit.Options) => Layer.Layer<Gate, InvalidOptions, Gate | R>
  readonly rate: (options: SharedRateLimit.Options) => Layer.Layer<Gate, InvalidOptions, Gate | R>
}

const { circuitBreaker, limits: limitFields } = Table

/** What `EndpointLimits` must have; the policies read the values, which may be dynamic. */
const endpointFields = {
  maxConcurrentRequests: Dynamic.field(limitFields.maxConcurrentRequests),
  requestsPerSecond: Dynamic.field(limitFields.requestsPerSecond),
  tokensPerMinute: Dynamic.field(limitFields.tokensPerMinute),
  circuitBreaker: Field.required(
    group({ maxFailures: Dynamic.field(circuitBreaker.maxFailures), timeout: Dynamic.field(circuitBreaker.timeout) })
  ),
  requestTimeout: Dynamic.field(limitFields.requestTimeout),
  streamIdleTimeout: Dynamic.field(limitFields.streamIdleTimeout)
}

const endpointOf = <R>(limits: EndpointLimits, policies: EndpointPolicies<R>) => {
  const given: Record<string, unknown> = Object(limits)
  const needed = Records.map(endpointFields, (_, name) => given[name])
  return Layer.unwrap(Effect.map(decode(endpointFields, needed), () => policiesOf(limits, policies)))
}

const policiesOf = <R>(limits: EndpointLimits, { breaker, limit, rate }: EndpointPolicies<R>) =>
  Cooldown.layer({ capacity: Infinity }).pipe(
    Layer.provide(
      breaker({
        maxFailures: limits.circuitBreaker.maxFailures,
        openDuration: limits.circuitBreaker.timeout,
        slowCallDuration
      })
    ),
    Layer.provide(
      limits.adaptive === true
        ? AdaptiveConcurrency.layer({ maximum: limits.adaptiveMaxConcurrent })
        : limit({ permits: limits.maxConcurrentRequests })
    ),
    Layer.provide(
      rate({
        perSecond: limits.requestsPerSecond,
        tokensPerMinute: limits.tokensPerMinute,
        // What an endpoint says of one model is for Cooldown to keep.
        cooldown: () => undefined
      })
    ),
    Layer.provide(limits.learns === true ? TokenBudget.layer() : Layer.effect(Gate, Gate)),
    Layer.provide(Timeout.layer({ timeout: limits.requestTimeout, idle: limits.streamIdleTimeout }))
  )

/** The policies of one endpoint of several, outermost first: those of the default stack beneath its queue. */
export const endpoint = (limits: EndpointLimits): Layer.Layer<Gate, InvalidOptions, Gate> =>
  endpointOf(limits, { breaker: CircuitBreaker.layer, limit: ConcurrencyLimit.layer, rate: RateLimit.layer })

/**
 * The same with limits and a circuit that all replicas of one store share, under a name that tells endpoints apart. What
 * is learned stays with each replica.
 */
export const endpointShared = (
  limits: EndpointLimits,
  name: string
): Layer.Layer<Gate, InvalidOptions, Gate | SharedStore> =>
  endpointOf(limits, {
    breaker: (options) => SharedCircuitBreaker.layer({ ...options, name }),
    limit: (options) => SharedConcurrencyLimit.layer({ ...options, name }),
    rate: (options) => SharedRateLimit.layer({ ...options, name })
  })

/**
 * The default stack with several endpoints, each with limits of its own, and one queue for all.
 *
 * @example
 * const limits = Preset.presets.default
 * const gate = Headgate.routed({
 *   endpoints: [
 *     { name: "east", policies: Headgate.endpoint(limits) },
 *     { name: "west", policies: Headgate.endpoint({ ...limits, maxConcurrentRequests: 10 }), weight: 3 }
 *   ]
 * })
 * const call = Effect.map(Router.current, (route) => route?.endpoint)
 *
 * await Effect.runPromise(Effect.provide(Gate.pass({ model: "gpt-4o" }, call), gate)) // => "east"
 */
export const routed = (
  routes: Parameters<typeof Router.layer>[0],
  options: Pick<Options, "deadline" | "maxQueueSize" | "maxRetries" | "maxWait"> = {}
): Layer.Layer<Gate | Stats, InvalidOptions> =>
  Layer.unwrap(
    Effect.map(decode(Table.stack, options), ({ deadline, maxQueueSize: capacity, maxRetries, maxWait }) =>
      Metrics.layer().pipe(
        Layer.provide(Deadline.layer({ deadline })),
        Layer.provide(Retry.layer({ maxRetries })),
        Layer.provide(AdmissionQueue.layer({ capacity, maxWait, newestFirstShare })),
        Layer.provide(Router.layer(routes)),
        Layer.provide(Gate.layerNoop),
        Layer.provideMerge(Stats.layer)
      )
    )
  )

/**
 * The default stack with limits from values; without any, those of the preset `default`.
 *
 * @example
 * const gate = Headgate.make({ maxConcurrentRequests: 3, requestsPerSecond: 2, maxQueueSize: 50 })
 *
 * await Effect.runPromise(Effect.provide(Gate.pass({ caller: "ada" }, askModel), gate)) // => "an answer"
 */
export const make = (options: Options = {}): Layer.Layer<Gate | Stats, InvalidOptions> =>
  Layer.unwrap(Effect.map(settingsOf(options), (settings) => Layer.provideMerge(stackOf(settings, own), Stats.layer)))

/**
 * The default stack with limits that all replicas of one store share: starts, tokens, permits and the circuit. Queues
 * stay with each replica.
 *
 * @example
 * const program = Effect.gen(function* () {
 *   const store = yield* SharedStore.memory
 *   const gate = Headgate.layerShared({ maxConcurrentRequests: 3 }).pipe(Layer.provide(SharedStore.layerMemory(store)))
 *   return yield* Effect.provide(Gate.pass({ caller: "ada" }, askModel), gate)
 * })
 *
 * await Effect.runPromise(program) // => "an answer"
 */
export const layerShared = (options: Options = {}): Layer.Layer<Gate | Stats, InvalidOptions, SharedStore> =>
  Layer.unwrap(
    Effect.map(settingsOf(options), (settings) => Layer.provideMerge(stackOf(settings, shared), Stats.layer))
  )

/**
 * The default stack with limits that all replicas share which have the same Redis.
 *
 * All replicas must have the same limits. While Redis does not answer, `whenDown` holds; see docs/scale-out.md.
 *
 * @example
 * const url = Redacted.make("redis://127.0.0.1:6379")
 * const gate = Headgate.layerRedis({ url, whenDown: "local" }, { maxConcurrentRequests: 3, requestsPerSecond: 2 })
 *
 * await Effect.runPromise(Effect.provide(Gate.pass({ caller: "ada" }, askModel), gate)) // => "an answer"
 */
export const layerRedis = (
  store: RedisOptions,
  options: Options = {}
): Layer.Layer<Gate | Stats | SharedStore, InvalidOptions> =>
  Layer.unwrap(
    Effect.map(settingsOf(options), (settings) =>
      stackOf(settings, shared).pipe(Layer.provideMerge(SharedStore.layerRedis(store)), Layer.provideMerge(Stats.layer))
    )
  )

/** The store that checked settings name; `undefined` if they name none. */
const storeOf = (settings: Values<typeof Table.shared>): RedisOptions | undefined => {
  const { redisUrl: url, storeAllowance: allowance, storeDown: whenDown, storeLease: lease } = settings
  return url === undefined ? undefined : { url, allowance, whenDown, lease }
}

/** The default stack with checked settings, shared if they name a store. */
export const fromSettings = (
  settings: Values<typeof Table.limits> & Values<typeof Table.shared>
): Layer.Layer<Gate | Stats> => {
  const store = storeOf(settings)
  const limits = Preset.limitsOf(settings)
  // Settings have been checked: a wrong option here would be a defect of headgate.
  return Layer.orDie(store === undefined ? make(limits) : layerRedis(store, limits))
}

/** The store that checked settings name, for `endpointShared`; nothing if they name none. */
export const storeFromSettings = (settings: Values<typeof Table.shared>): Layer.Layer<never> => {
  const store = storeOf(settings)
  if (store === undefined) return Layer.empty
  return Layer.orDie(Layer.provide(SharedStore.layerRedis(store), Stats.layer))
}

/**
 * The default stack with limits from the environment (`LLM_MAX_CONCURRENT_REQUESTS` and others, see docs/settings.md).
 *
 * @example
 * await Effect.runPromise(Effect.provide(Gate.pass({ caller: "ada" }, askModel), Headgate.layer)) // => "an answer"
 */
export const layer: Layer.Layer<Gate | Stats, Config.ConfigError> = Layer.unwrap(
  // Settings have been checked: a wrong option here would be a defect of headgate.
  Effect.map(Settings.limits, (limits) => Layer.orDie(make(limits)))
)
