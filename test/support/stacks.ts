import { Layer } from "effect"
import type { InvalidOptions } from "../../src/config/InvalidOptions.ts"
import { Gate } from "../../src/Gate.ts"
import * as AdaptiveConcurrency from "../../src/policy/AdaptiveConcurrency/AdaptiveConcurrency.ts"
import * as CircuitBreaker from "../../src/policy/CircuitBreaker/CircuitBreaker.ts"
import * as ConcurrencyLimit from "../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Deadline from "../../src/policy/Deadline/Deadline.ts"
import * as Coalesce from "../../src/policy/Coalesce/Coalesce.ts"
import * as Hedge from "../../src/policy/Hedge/Hedge.ts"
import * as Metrics from "../../src/policy/Metrics/Metrics.ts"
import * as PredictiveQueue from "../../src/policy/AdmissionQueue/PredictiveQueue.ts"
import * as RateLimit from "../../src/policy/RateLimit/RateLimit.ts"
import * as Retry from "../../src/policy/Retry/Retry.ts"
import * as TokenBudget from "../../src/policy/TokenBudget/TokenBudget.ts"
import * as Router from "../../src/policy/Router/Router.ts"
import * as Timeout from "../../src/policy/Timeout/Timeout.ts"
import * as AdmissionQueue from "../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import * as Headgate from "../../src/Headgate.ts"
import { Stats } from "../../src/Stats.ts"
import type { CheckOptions } from "../../src/testing.ts"

export type Policy = Layer.Layer<Gate, InvalidOptions, Gate>

/** A stack of policies, the outermost first. */
export const pile = (policies: ReadonlyArray<Policy>): Layer.Layer<Gate | Stats, InvalidOptions> =>
  policies
    .reduceRight<Layer.Layer<Gate, InvalidOptions>>((gate, policy) => Layer.provide(policy, gate), Gate.layerNoop)
    .pipe(Layer.provideMerge(Stats.layer))

const queue = () => AdmissionQueue.layer({ capacity: 2, priorityAging: "2 seconds" })
const breaker = () => CircuitBreaker.layer({ maxFailures: 2, openDuration: "2 seconds", probeTimeout: "3 seconds" })
const rates = () =>
  CircuitBreaker.layer({
    maxFailures: 3,
    within: "1 second",
    failureRate: 0.5,
    slowCallRate: 0.5,
    slowCallDuration: "1 second",
    minimumCalls: 4,
    window: "2 seconds",
    openDuration: "500 millis",
    maxOpenDuration: "2 seconds",
    jitter: 0.2,
    probes: 3,
    probeSuccesses: 2,
    probeTimeout: "3 seconds"
  })
/** Calls that are all different. */
let made = 0
const oneKey = { key: () => "one", maxKeys: 1, keyIdleTime: "200 millis" } as const
const predictive = () => PredictiveQueue.layer({ capacity: 2 })
const adaptive = () => AdaptiveConcurrency.layer({ maximum: 3, minimum: 3, probeAfter: Infinity })
const circuit: CheckOptions = { openDuration: "2 seconds", probeTimeout: "3 seconds" }

const oneOf = (name: string, ...policies: ReadonlyArray<Policy>): Router.Endpoint => ({
  name,
  policies: policies.reduceRight((gate, policy) => Layer.provide(policy, gate))
})
/** The router of one endpoint, which keeps what its policies promise. */
const routed = (...policies: ReadonlyArray<Policy>) => Router.layer({ endpoints: [oneOf("east", ...policies)] })

const counted = (name: string, guarantees: CheckOptions, ...policies: ReadonlyArray<Policy>) => ({
  name,
  layer: pile([Metrics.layer(), ...policies]),
  guarantees
})

/** Each policy alone, and above the policies it is made for. */
export const policies = [
  counted("Metrics", {}),
  counted("Deadline", { deadline: 1500 }, Deadline.layer({ deadline: 1500 })),
  counted("Retry", { retries: 2 }, Retry.layer({ maxRetries: 2 })),
  counted("AdmissionQueue", { capacity: 2 }, queue()),
  counted(
    "AdmissionQueue with every option of overload, on ConcurrencyLimit",
    { capacity: 2, permits: 3 },
    AdmissionQueue.layer({
      capacity: 2,
      whenFull: "dropOldest",
      newestFirstAfter: "500 millis",
      delayTarget: "300 millis",
      delayInterval: "1 second",
      shareBy: "cost"
    }),
    ConcurrencyLimit.layer({ permits: 3 })
  ),
  counted("CircuitBreaker", circuit, breaker()),
  counted("CircuitBreaker by every rule", circuit, rates()),
  counted("ConcurrencyLimit", { permits: 3 }, ConcurrencyLimit.layer({ permits: 3 })),
  counted(
    "CircuitBreaker, ConcurrencyLimit and RateLimit of a key",
    { ...circuit, permits: 3, perSecond: 5, burst: 2 },
    CircuitBreaker.layer({ maxFailures: 2, openDuration: "2 seconds", probeTimeout: "3 seconds", ...oneKey }),
    ConcurrencyLimit.layer({ permits: 3, ...oneKey }),
    RateLimit.layer({ perSecond: 5, burst: 2, ...oneKey })
  ),
  counted("Hedge, with no call that takes so long", {}, Hedge.layer({ delay: "1 day", budgetRatio: 1 })),
  counted("Coalesce, with no equal calls", {}, Coalesce.layer({ key: () => String(made++) })),
  counted(
    "Coalesce and Hedge on ConcurrencyLimit",
    { permits: 3 },
    Coalesce.layer({ key: () => String(made++) }),
    Hedge.layer({ delay: "1 day", budgetRatio: 1 }),
    ConcurrencyLimit.layer({ permits: 3 })
  ),
  counted("RateLimit", { perSecond: 5, burst: 2 }, RateLimit.layer({ perSecond: 5, burst: 2 })),
  counted("Timeout", { attemptTimeout: 1500 }, Timeout.layer({ timeout: 1500 })),
  counted("AdaptiveConcurrency", { permits: 3 }, adaptive()),
  counted("TokenBudget", {}, TokenBudget.layer({ tokensPerMinute: 3000, tokensInFlight: 800 })),
  counted("AdmissionQueue by prediction", { capacity: 2 }, predictive()),
  counted("AdmissionQueue by prediction on AdaptiveConcurrency", { capacity: 2, permits: 3 }, predictive(), adaptive()),
  counted(
    "AdmissionQueue by prediction on AdaptiveConcurrency and TokenBudget",
    { capacity: 2, permits: 3, tokensPerMinute: 3000 },
    predictive(),
    adaptive(),
    TokenBudget.layer({ tokensPerMinute: 3000 })
  ),
  counted(
    "AdmissionQueue by prediction, of capacity 0, on AdaptiveConcurrency",
    { capacity: 0, permits: 3 },
    PredictiveQueue.layer({ capacity: 0 }),
    adaptive()
  ),
  counted(
    "RateLimit of tokens",
    { perSecond: 20, burst: 3, tokensPerMinute: 3000 },
    RateLimit.layer({ perSecond: 20, burst: 3, tokensPerMinute: 3000 })
  ),
  counted(
    "AdmissionQueue on ConcurrencyLimit",
    { capacity: 2, permits: 3 },
    queue(),
    ConcurrencyLimit.layer({ permits: 3 })
  ),
  counted(
    "AdmissionQueue of capacity 0 on both limits",
    { capacity: 0, permits: 3, perSecond: 5, burst: 2 },
    AdmissionQueue.layer({ capacity: 0 }),
    ConcurrencyLimit.layer({ permits: 3 }),
    RateLimit.layer({ perSecond: 5, burst: 2 })
  ),
  counted(
    "AdmissionQueue with maxWait on RateLimit",
    { capacity: 2, perSecond: 2 },
    AdmissionQueue.layer({ capacity: 2, maxWait: "30 seconds" }),
    RateLimit.layer({ perSecond: 2 })
  ),
  counted(
    "Router of two endpoints",
    { retries: 1 },
    Router.layer({
      endpoints: [oneOf("east", Timeout.layer({ timeout: 1500 })), oneOf("west", Timeout.layer({ timeout: 1500 }))]
    })
  ),
  counted("Router on ConcurrencyLimit", { permits: 3 }, routed(ConcurrencyLimit.layer({ permits: 3 }))),
  counted(
    "AdmissionQueue on Router, on CircuitBreaker and both limits",
    { ...circuit, capacity: 2, permits: 3, perSecond: 5, burst: 2 },
    queue(),
    routed(breaker(), ConcurrencyLimit.layer({ permits: 3 }), RateLimit.layer({ perSecond: 5, burst: 2 }))
  ),
  counted(
    "AdmissionQueue of capacity 0 on Router, on ConcurrencyLimit",
    { capacity: 0, permits: 3 },
    AdmissionQueue.layer({ capacity: 0 }),
    routed(ConcurrencyLimit.layer({ permits: 3 }))
  ),
  counted(
    "CircuitBreaker on ConcurrencyLimit",
    { ...circuit, permits: 3 },
    breaker(),
    ConcurrencyLimit.layer({ permits: 3 })
  )
]

/** The guarantees of the default stack with its settings. */
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
