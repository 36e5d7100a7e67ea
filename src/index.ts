export * as Advice from "./advice/Advice.ts"
export {
  type Call,
  type CallOptions,
  type End,
  type Pass,
  type Policy,
  type ResolvedOptions,
  Stage,
  waits
} from "./Call.ts"
export { InvalidOptions } from "./config/InvalidOptions.ts"
export {
  CircuitOpen,
  DeadlineExceeded,
  NeverAdmissible,
  QueueFull,
  RateLimited,
  type Reason,
  Rejection,
  ShuttingDown
} from "./Rejection.ts"
export { History } from "./stats/History.ts"
export { Snapshot } from "./stats/Snapshot.ts"
export * as Failure from "./Failure.ts"
export * as Preset from "./config/Preset.ts"
export { Gate } from "./Gate.ts"
export type { Limits as GateLimits } from "./Limits.ts"
export type { HeldResponse, StreamedResponse } from "./engine/StreamHandoff.ts"
export { Drain, Draining } from "./Drain.ts"
export * as Headgate from "./Headgate.ts"
export { StreamProgress } from "./StreamProgress.ts"
export { type Metric, type Section, type SectionStats, Stats } from "./Stats.ts"
export type { Event as StatsEvent, Gauges } from "./stats/Event.ts"
export type { Target } from "./stats/Health.ts"
export type { Recent } from "./stats/Recent.ts"
export type { Distributions } from "./stats/Recorder.ts"
export * as AdaptiveConcurrency from "./policy/AdaptiveConcurrency/AdaptiveConcurrency.ts"
export type { Forecast } from "./Forecast.ts"
export { type ProviderLimit, type ProviderLimits, providerLimitsOf } from "./ProviderLimits.ts"
export { type TokenUsage, usageOf } from "./TokenUsage.ts"
export * as CircuitBreaker from "./policy/CircuitBreaker/CircuitBreaker.ts"
export * as Coalesce from "./policy/Coalesce/Coalesce.ts"
export * as ConcurrencyLimit from "./policy/ConcurrencyLimit/ConcurrencyLimit.ts"
export * as Cooldown from "./policy/Cooldown/Cooldown.ts"
export * as Deadline from "./policy/Deadline/Deadline.ts"
export * as Hedge from "./policy/Hedge/Hedge.ts"
export * as Metrics from "./policy/Metrics/Metrics.ts"
export * as RateLimit from "./policy/RateLimit/RateLimit.ts"
export * as Retry from "./policy/Retry/Retry.ts"
export * as Router from "./policy/Router/Router.ts"
export * as TokenBudget from "./policy/TokenBudget/TokenBudget.ts"
export * as Timeout from "./policy/Timeout/Timeout.ts"
export * as AdmissionQueue from "./policy/AdmissionQueue/AdmissionQueue.ts"
export * as PredictiveQueue from "./policy/AdmissionQueue/PredictiveQueue.ts"
export * as SharedCircuitBreaker from "./shared/SharedCircuitBreaker.ts"
export * as SharedConcurrencyLimit from "./shared/SharedConcurrencyLimit.ts"
export * as SharedRateLimit from "./shared/SharedRateLimit.ts"
export { SharedStore } from "./shared/SharedStore.ts"
export { createProvider, type Options as ProviderOptions, Provider, type RunOptions } from "./Provider.ts"
export { RejectionError } from "./Rejection.ts"
