import { type Config, Effect, Layer } from "effect"
import type { InvalidOptions } from "./config/InvalidOptions.ts"
import { decode, type Given, type Values, withDefaults } from "./config/Options.ts"
import * as Preset from "./config/Preset.ts"
import * as Settings from "./config/Settings.ts"
import * as Table from "./config/Table.ts"
import { Gate } from "./Gate.ts"
import * as CircuitBreaker from "./policy/CircuitBreaker/CircuitBreaker.ts"
import { target } from "./Call.ts"
import * as Failure from "./Failure.ts"
import * as Cooldown from "./policy/Cooldown/Cooldown.ts"
import * as ConcurrencyLimit from "./policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Deadline from "./policy/Deadline/Deadline.ts"
import * as Metrics from "./policy/Metrics/Metrics.ts"
import * as RateLimit from "./policy/RateLimit/RateLimit.ts"
import * as Retry from "./policy/Retry/Retry.ts"
import * as Timeout from "./policy/Timeout/Timeout.ts"
import * as AdmissionQueue from "./policy/AdmissionQueue/AdmissionQueue.ts"
import { Stats } from "./Stats.ts"

/** The limits of the default stack; `Infinity` switches one off. What is left out comes from the preset. */
export interface Options extends Given<typeof Table.stack> {}

/** The default stack, outermost first; each policy needs the gate of the line below. */
const stack = (settings: Values<typeof Table.stack>) =>
  Metrics.layer().pipe(
    Layer.provide(Deadline.layer({ deadline: settings.deadline })),
    Layer.provide(Retry.layer({ maxRetries: settings.maxRetries })),
    Layer.provide(Cooldown.layer({ capacity: settings.maxQueueSize })),
    Layer.provide(AdmissionQueue.layer({ capacity: settings.maxQueueSize, maxWait: settings.maxWait })),
    Layer.provide(
      CircuitBreaker.layer({
        maxFailures: settings.circuitBreaker.maxFailures,
        openDuration: settings.circuitBreaker.timeout,
        probeTimeout: settings.requestTimeout
      })
    ),
    Layer.provide(ConcurrencyLimit.layer({ permits: settings.maxConcurrentRequests })),
    Layer.provide(
      RateLimit.layer({
        perSecond: settings.requestsPerSecond,
        burst: settings.burst,
        tokensPerMinute: settings.tokensPerMinute,
        // What an endpoint says of one model is for Cooldown to keep.
        cooldown: (error, options) => (options[target] === undefined ? Failure.cooldownOf(error) : undefined)
      })
    ),
    Layer.provide(Timeout.layer({ timeout: settings.requestTimeout, idle: settings.streamIdleTimeout })),
    Layer.provide(Gate.layerNoop),
    Layer.provideMerge(Stats.layer)
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
  Layer.unwrap(
    decode(Table.stack, options).pipe(
      Effect.flatMap(({ preset }) => decode(withDefaults(Table.stack, Preset.presets[preset]), options)),
      Effect.map(stack)
    )
  )

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
