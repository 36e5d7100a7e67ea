import { type Config, Effect, Layer } from "effect"
import type { InvalidOptions } from "./domain/InvalidOptions.ts"
import * as Range from "./domain/Range.ts"
import { Gate } from "./Gate.ts"
import * as StackOptions from "./internal/settings/StackOptions.ts"
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

export type { Options } from "./internal/settings/StackOptions.ts"

/** The default stack, outermost first; each policy needs the gate of the line below. */
const stack = (settings: StackOptions.Limits) =>
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
export const make = (options: StackOptions.Options = {}): Layer.Layer<Gate | Stats, InvalidOptions> =>
  Layer.unwrap(
    Effect.suspend(() => {
      const checker = new Range.Checker()
      const limits = StackOptions.check(checker, checker.options(options, StackOptions.names))
      return Effect.map(checker.done, () => stack(limits))
    })
  )

/** The default stack from the environment: see `Settings` for the variables. */
export const layer: Layer.Layer<Gate | Stats, Config.ConfigError> = Layer.unwrap(
  // What the settings let through is no wrong option: a refusal here would be a defect of headgate.
  Effect.map(Settings.limits, (limits) => Layer.orDie(make(limits)))
)
