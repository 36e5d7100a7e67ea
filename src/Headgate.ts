import { type Config, type Duration, Effect, Layer } from "effect"
import type { InvalidOptions } from "./domain/InvalidOptions.ts"
import * as Preset from "./domain/Preset.ts"
import * as Range from "./domain/Range.ts"
import { Gate } from "./Gate.ts"
import * as Breaker from "./policy/Breaker.ts"
import * as Concurrency from "./policy/Concurrency.ts"
import * as Deadline from "./policy/Deadline.ts"
import * as Observe from "./policy/Observe.ts"
import * as RateLimit from "./policy/RateLimit.ts"
import * as Retry from "./policy/Retry.ts"
import * as Timeout from "./policy/Timeout.ts"
import * as WaitingRoom from "./policy/WaitingRoom.ts"
import * as Settings from "./Settings.ts"
import { Stats } from "./Stats.ts"

/** The limits of the default stack; `Infinity` switches one off. What is left out comes from the preset. */
export interface Options {
  /** `default`, `heavy`, `light` or `unstable`; `default`. */
  readonly preset?: Preset.Preset | undefined
  /** Calls the model serves at the same time, 1 to 100000; 3. */
  readonly maxConcurrentRequests?: number | undefined
  /** Calls started per second, 0.001 to 100000; 2. */
  readonly requestsPerSecond?: number | undefined
  /** Calls that may start at once after a quiet time, from 1; 1. */
  readonly burst?: number | undefined
  /** Calls that may wait, 0 to 1000000; 50. */
  readonly maxQueueSize?: number | undefined
  /** Longest wait before the start, 1 ms to a day; none. */
  readonly maxWait?: Duration.Input | undefined
  readonly circuitBreaker?:
    | {
        /** Failed attempts in a row that open the circuit, 1 to 1000000; 5. */
        readonly maxFailures?: number | undefined
        /** How long it stays open before a probe, 1 ms to a day; 30 s. */
        readonly timeout?: Duration.Input | undefined
      }
    | undefined
  /** Longest time for one attempt, 1 ms to a day; 60 s. */
  readonly requestTimeout?: Duration.Input | undefined
  /** Longest silence inside a streamed answer, 1 ms to a day; 60 s. */
  readonly streamIdleTimeout?: Duration.Input | undefined
  /** Longest time for a whole call that names no deadline, 1 ms to a day; 120 s. */
  readonly deadline?: Duration.Input | undefined
  /** Retries of failures that may pass, 0 to 20; 2. */
  readonly maxRetries?: number | undefined
  /** Prompt and completion tokens reserved per minute, from 1; none. */
  readonly tokensPerMinute?: number | undefined
}

/** Every option with its value, so that what is wrong is reported under the name its user knows, all at once. */
const checked = Effect.fnUntraced(function* (options: Options) {
  const checker = new Range.Checker()
  const preset = checker.oneOf("preset", options.preset ?? "default", Preset.names)
  const limits = Preset.presets[preset]
  const breaker = { ...limits.circuitBreaker, ...given(options.circuitBreaker ?? {}) }
  const values = { ...limits, burst: 1, maxWait: Infinity, ...given(options) }
  const settings = {
    permits: checker.number("maxConcurrentRequests", values.maxConcurrentRequests, Range.permits),
    perSecond: checker.number("requestsPerSecond", values.requestsPerSecond, Range.perSecond),
    burst: checker.number("burst", values.burst, Range.burst),
    capacity: checker.number("maxQueueSize", values.maxQueueSize, Range.capacity),
    maxWait: checker.duration("maxWait", values.maxWait, Range.millis),
    maxFailures: checker.number("circuitBreaker.maxFailures", breaker.maxFailures, Range.failures),
    openFor: checker.duration("circuitBreaker.timeout", breaker.timeout, Range.finiteMillis),
    requestTimeout: checker.duration("requestTimeout", values.requestTimeout, Range.millis),
    streamIdleTimeout: checker.duration("streamIdleTimeout", values.streamIdleTimeout, Range.millis),
    deadline: checker.duration("deadline", values.deadline, Range.millis),
    maxRetries: checker.number("maxRetries", values.maxRetries, Range.retries),
    tokensPerMinute: checker.number("tokensPerMinute", values.tokensPerMinute, Range.tokensPerMinute)
  }
  yield* checker.done
  return settings
})

/** An option left undefined is one not given. */
const given = <A extends object>(options: A): { readonly [K in keyof A]?: Exclude<A[K], undefined> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never

/** The default stack, outermost first; each policy needs the gate of the line below. */
const stack = (settings: Effect.Success<ReturnType<typeof checked>>) =>
  Observe.layer().pipe(
    Layer.provide(Deadline.layer({ deadline: settings.deadline })),
    Layer.provide(Retry.layer({ times: settings.maxRetries })),
    Layer.provide(WaitingRoom.layer({ capacity: settings.capacity, maxWait: settings.maxWait })),
    Layer.provide(
      Breaker.layer({
        maxFailures: settings.maxFailures,
        timeout: settings.openFor,
        probeTimeout: settings.requestTimeout
      })
    ),
    Layer.provide(Concurrency.layer({ permits: settings.permits })),
    Layer.provide(
      RateLimit.layer({
        perSecond: settings.perSecond,
        burst: settings.burst,
        tokensPerMinute: settings.tokensPerMinute
      })
    ),
    Layer.provide(Timeout.layer({ timeout: settings.requestTimeout, idle: settings.streamIdleTimeout })),
    Layer.provide(Gate.layerOpen),
    Layer.provideMerge(Stats.layer)
  )

/** The default stack from values. */
export const make = (options: Options = {}): Layer.Layer<Gate | Stats, InvalidOptions> =>
  Layer.unwrap(Effect.map(checked(options), stack))

/** The default stack from the environment: see `Settings` for the variables. */
export const layer: Layer.Layer<Gate | Stats, Config.ConfigError> = Layer.unwrap(
  // What the settings let through is no wrong option: a refusal here would be a defect of headgate.
  Effect.map(Settings.limits, (limits) => Layer.orDie(make(limits)))
)
