import { type Config, type Duration, Effect, Layer } from "effect"
import type { InvalidOptions } from "./domain/InvalidOptions.ts"
import * as Preset from "./domain/Preset.ts"
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
  /** Longest time for a whole call that names no deadline, 1 ms to a day; 120 s. */
  readonly deadline?: Duration.Input | undefined
  /** Retries of failures that may pass, 0 to 20; 2. */
  readonly maxRetries?: number | undefined
  /** Prompt and completion tokens reserved per minute, from 1; none. */
  readonly tokensPerMinute?: number | undefined
}

/** The default stack, outermost first; each policy needs the gate of the line below. */
const stack = (options: Options) => {
  const limits = Preset.presets[options.preset ?? "default"]
  const { circuitBreaker = {} } = options
  const requestTimeout = options.requestTimeout ?? limits.requestTimeout
  return Observe.layer().pipe(
    Layer.provide(Deadline.layer({ deadline: options.deadline ?? limits.deadline })),
    Layer.provide(Retry.layer({ times: options.maxRetries ?? limits.maxRetries })),
    Layer.provide(
      WaitingRoom.layer({ capacity: options.maxQueueSize ?? limits.maxQueueSize, maxWait: options.maxWait })
    ),
    Layer.provide(
      Breaker.layer({
        maxFailures: circuitBreaker.maxFailures ?? limits.circuitBreaker.maxFailures,
        timeout: circuitBreaker.timeout ?? limits.circuitBreaker.timeout,
        probeTimeout: requestTimeout
      })
    ),
    Layer.provide(Concurrency.layer({ permits: options.maxConcurrentRequests ?? limits.maxConcurrentRequests })),
    Layer.provide(
      RateLimit.layer({
        perSecond: options.requestsPerSecond ?? limits.requestsPerSecond,
        burst: options.burst,
        tokensPerMinute: options.tokensPerMinute ?? limits.tokensPerMinute
      })
    ),
    Layer.provide(Timeout.layer({ timeout: requestTimeout })),
    Layer.provide(Gate.layerOpen),
    Layer.provideMerge(Stats.layer)
  )
}

/** The default stack from values. */
export const make = (options: Options = {}): Layer.Layer<Gate | Stats, InvalidOptions> => stack(options)

/** The default stack from the environment: see `Settings` for the variables. */
export const layer: Layer.Layer<Gate | Stats, Config.ConfigError> = Layer.unwrap(
  // The settings have been checked: a value that is refused here is a defect.
  Effect.map(Settings.limits, (limits) => Layer.orDie(stack(limits)))
)
