import type { Duration } from "effect"
import * as Preset from "./Preset.ts"
import * as Range from "./Range.ts"

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

/** The names of the options of the default stack. */
export const names: Range.Names<Options> = {
  preset: true,
  maxConcurrentRequests: true,
  requestsPerSecond: true,
  burst: true,
  maxQueueSize: true,
  maxWait: true,
  circuitBreaker: true,
  requestTimeout: true,
  streamIdleTimeout: true,
  deadline: true,
  maxRetries: true,
  tokensPerMinute: true
}

const breakerNames: Range.Names<NonNullable<Options["circuitBreaker"]>> = { maxFailures: true, timeout: true }

/** What the default stack is built with; times are milliseconds. */
export type Limits = ReturnType<typeof check>

/** Every option with its value, so that what is wrong is reported under the name its user knows, all at once. */
export const check = (checker: Range.Checker, given: Options) => {
  const usual = Preset.presets[checker.oneOf("preset", given.preset, Preset.names, "default")]
  const { circuitBreaker = {} } = given
  const breaker = checker.options(circuitBreaker, breakerNames, "circuitBreaker")
  const { maxFailures, timeout } = usual.circuitBreaker
  return {
    permits: checker.number(
      "maxConcurrentRequests",
      given.maxConcurrentRequests,
      Range.permits,
      usual.maxConcurrentRequests
    ),
    perSecond: checker.number("requestsPerSecond", given.requestsPerSecond, Range.perSecond, usual.requestsPerSecond),
    burst: checker.number("burst", given.burst, Range.burst, 1),
    capacity: checker.number("maxQueueSize", given.maxQueueSize, Range.capacity, usual.maxQueueSize),
    maxWait: checker.duration("maxWait", given.maxWait, Range.millis, Infinity),
    maxFailures: checker.number("circuitBreaker.maxFailures", breaker.maxFailures, Range.failures, maxFailures),
    openFor: checker.duration("circuitBreaker.timeout", breaker.timeout, Range.finiteMillis, timeout),
    requestTimeout: checker.duration("requestTimeout", given.requestTimeout, Range.millis, usual.requestTimeout),
    streamIdleTimeout: checker.duration(
      "streamIdleTimeout",
      given.streamIdleTimeout,
      Range.millis,
      usual.streamIdleTimeout
    ),
    deadline: checker.duration("deadline", given.deadline, Range.millis, usual.deadline),
    maxRetries: checker.number("maxRetries", given.maxRetries, Range.retries, usual.maxRetries),
    tokensPerMinute: checker.number(
      "tokensPerMinute",
      given.tokensPerMinute,
      Range.tokensPerMinute,
      usual.tokensPerMinute
    )
  }
}
