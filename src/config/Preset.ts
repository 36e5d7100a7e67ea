import { Struct } from "effect"

/** The limits of a gate. Times are milliseconds; `Infinity` is a limit that is off. */
export interface Limits {
  /** Calls the model serves at the same time. */
  readonly maxConcurrentRequests: number
  /** Calls started per second. */
  readonly requestsPerSecond: number
  /** Calls that may wait; with 0 a call starts at once or is refused. */
  readonly maxQueueSize: number
  readonly circuitBreaker: {
    /** Consecutive failed attempts that open the circuit. */
    readonly maxFailures: number
    /** How long the circuit stays open before a probe. */
    readonly timeout: number
  }
  /** The longest an attempt may take until the first byte of a stream or the whole reply. */
  readonly requestTimeout: number
  /** The longest silence inside a stream. */
  readonly streamIdleTimeout: number
  /** The longest a whole call may take, waiting and retries included, when its caller names no deadline. */
  readonly deadline: number
  /** Retries of failures that may pass. */
  readonly maxRetries: number
  /** Prompt and completion tokens reserved per minute. */
  readonly tokensPerMinute: number
}

/** The limits among settings of more kinds. */
export const limitsOf = (settings: Limits): Limits =>
  Struct.pick(settings, [
    "maxConcurrentRequests",
    "requestsPerSecond",
    "maxQueueSize",
    "circuitBreaker",
    "requestTimeout",
    "streamIdleTimeout",
    "deadline",
    "maxRetries",
    "tokensPerMinute"
  ])

/** The names of the presets. */
export const names = ["default", "heavy", "light", "unstable"] as const

/** A set of limits that suit a situation. */
export type Preset = (typeof names)[number]

const standard: Limits = {
  maxConcurrentRequests: 3,
  requestsPerSecond: 2,
  maxQueueSize: 50,
  circuitBreaker: { maxFailures: 5, timeout: 30_000 },
  requestTimeout: 60_000,
  streamIdleTimeout: 60_000,
  deadline: 120_000,
  maxRetries: 2,
  tokensPerMinute: Infinity
}

/** The limits of each preset; what a preset does not name is as in `default`. */
export const presets: Readonly<Record<Preset, Limits>> = {
  default: standard,
  /** A high job rate: fewer calls at once and a shorter queue. */
  heavy: {
    ...standard,
    maxConcurrentRequests: 2,
    requestsPerSecond: 1,
    maxQueueSize: 30,
    circuitBreaker: { maxFailures: 3, timeout: 30_000 }
  },
  /** A low job rate: room for bursts, and patience with failures. */
  light: {
    ...standard,
    maxConcurrentRequests: 5,
    requestsPerSecond: 3,
    maxQueueSize: 100,
    circuitBreaker: { maxFailures: 8, timeout: 30_000 }
  },
  /** Frequent timeouts: one call at a time, and a circuit that opens soon and stays open long. */
  unstable: {
    ...standard,
    maxConcurrentRequests: 1,
    requestsPerSecond: 0.5,
    circuitBreaker: { maxFailures: 2, timeout: 60_000 }
  }
}
