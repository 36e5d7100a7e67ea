export * as Advice from "./domain/Advice.ts"
export { Ask } from "./domain/Ask.ts"
export { InvalidOptions } from "./domain/InvalidOptions.ts"
export {
  CircuitOpen,
  DeadlineExceeded,
  NeverAdmissible,
  QueueFull,
  RateLimited,
  Rejection,
  ShuttingDown
} from "./domain/Rejection.ts"
export { History } from "./domain/History.ts"
export { Snapshot } from "./domain/Snapshot.ts"
export * as Failure from "./domain/Failure.ts"
export * as Preset from "./domain/Preset.ts"
export { Gate, type Held, type Opened, type Pass } from "./Gate.ts"
export * as Extract from "./agent/Extract.ts"
export { Drain, Draining } from "./Drain.ts"
export * as Headgate from "./Headgate.ts"
export { Progress } from "./Progress.ts"
export { Stats } from "./Stats.ts"
export * as Breaker from "./policy/Breaker.ts"
export * as Concurrency from "./policy/Concurrency.ts"
export * as Deadline from "./policy/Deadline.ts"
export * as Observe from "./policy/Observe.ts"
export * as RateLimit from "./policy/RateLimit.ts"
export * as Retry from "./policy/Retry.ts"
export * as Timeout from "./policy/Timeout.ts"
export * as WaitingRoom from "./policy/WaitingRoom.ts"
export { type CallOptions, createProvider, type Options as ProviderOptions, Provider } from "./Provider.ts"
export { RejectionError } from "./domain/RejectionError.ts"
export { Memory } from "./agent/Memory.ts"
export type { Entry } from "./agent/memory/Entry.ts"
export { NotStored } from "./agent/memory/NotStored.ts"
export { Recollection } from "./agent/memory/Recollection.ts"
export { Tokenizer, TokenizerMissing } from "./provider/Tokenizer.ts"
