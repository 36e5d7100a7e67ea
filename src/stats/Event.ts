import { Cause, Exit } from "effect"
import type { Waited } from "../Call.ts"
import * as Failure from "../Failure.ts"
import { errorOf, isWorkFailure, type Reason, Rejection } from "../Rejection.ts"

/** How a call ended; each call ends exactly once. */
export type Outcome = "succeeded" | "failed" | "rejected" | "cancelled" | "timedOut"

export type CircuitState = "closed" | "open" | "half-open"

/** Why a circuit opened: `probe` for probes that failed, `isolated` for a program that keeps it open. */
export type CircuitCause = "failures" | "failure rate" | "slow calls" | "probe" | "isolated"

/**
 * What policies and adapters report. Times are milliseconds.
 *
 * `at` is the time of the event on the gate's clock. Default: the clock is read.
 */
export type Event =
  /** A call arrived at the gate. */
  | { readonly _tag: "Arrived"; readonly caller: string; readonly at?: number }
  /** An attempt started at the model; `wait` is the time since arrival, on the first attempt only. */
  | { readonly _tag: "Started"; readonly wait: number | undefined; readonly at?: number }
  /** An attempt ended at the model. */
  | { readonly _tag: "Stopped"; readonly at?: number }
  /** The first chunk of a streamed answer arrived, `after` its call's first start. */
  | { readonly _tag: "FirstChunk"; readonly after: number }
  /** A call left the gate. */
  | Ended
  /** The model rejected a request with this HTTP status (4xx). */
  | { readonly _tag: "Declined"; readonly status: number; readonly endpoint?: string | undefined }
  /** The queue's size has changed. */
  | { readonly _tag: "Waiting"; readonly size: number; readonly capacity: number; readonly at?: number }
  /**
   * The circuit's state or its count of failures has changed. `cause` is set if it is open, `openFor` too unless it is
   * isolated. `key` is set for the circuit of one key; the circuit of the stats is that of all calls.
   */
  | {
      readonly _tag: "Circuit"
      readonly state: CircuitState
      readonly failures: number
      /** The endpoint whose circuit it is, where there are several; without one it is that of them all. */
      readonly endpoint?: string
      readonly cause?: CircuitCause | undefined
      readonly openFor?: number | undefined
      readonly key?: string | undefined
      readonly at?: number
    }
  /** An attempt failed; `kind` is a word for how. */
  | { readonly _tag: "AttemptFailed"; readonly kind: string; readonly endpoint?: string }
  /** A call used these tokens. `saved` counts prompt tokens that its caller did without. Default: 0. */
  | { readonly _tag: "Tokens"; readonly prompt: number; readonly completion: number; readonly saved?: number }
  /** A permit was released although its work had not ended within the grace time. */
  | { readonly _tag: "Zombie" }

/** How a call went. `latency` runs from its first start, if it started; `reason` is set if it was rejected. */
export interface Ended {
  readonly _tag: "Ended"
  readonly caller: string
  readonly outcome: Outcome
  readonly reason: Reason["_tag"] | undefined
  readonly latency: number | undefined
  /** A word for how it failed or ran out of time (`FailureKind`), if it started. */
  readonly failure?: string | undefined
  /** Whether the deadline that ended it after its start was set by its caller. Default: `false`. */
  readonly byCaller?: boolean
  readonly at?: number
  /** What explains the call; an event without it stands in the counts only. */
  readonly trace?: Trace | undefined
}

/** What explains how long a call took, or why it was refused. */
export interface Trace {
  readonly purpose: string | undefined
  readonly model: string | undefined
  readonly arrivedAt: number
  /** `undefined` if it never started. */
  readonly startedAt: number | undefined
  readonly attempts: number
  /** Milliseconds that it waited, by what for. */
  readonly waited: Waited | undefined
  /** The same before its first start. */
  readonly waitedFirst: Waited | undefined
  /** Set if the gate refused or cut the call. */
  readonly refusal: Reason | undefined
}

/** The current values of a policy, read for each snapshot; `Infinity` is a limit that is off. */
export interface Gauges {
  readonly maxSize?: number
  readonly oldestWaitMs?: number
  readonly predictedWaitMs?: number
  readonly maxConcurrent?: number
  readonly perSecond?: number
  readonly maxFailures?: number
  /** Milliseconds until the circuit breaker admits a probe; `undefined` while it is closed. */
  readonly circuitRetryAfterMs?: number | undefined
}

/** How a call ended, with the details that events need. */
export interface Ending {
  readonly outcome: Outcome
  /** Set if the gate rejected the call before any attempt. */
  readonly reason: Reason["_tag"] | undefined
  /** The status of a 4xx answer that counts as success; set if it came as an error. */
  readonly declined?: number
  /** Set if the gate refused or cut the call. */
  readonly refusal?: Reason
}

/**
 * Classifies the exit of a call.
 *
 * `started` tells whether any attempt reached the model, `streaming` whether the first chunk had arrived. 4xx other
 * than 408 and 429 counts as success, as a response or as an error: the model answered. A truncated response does not.
 * An abort by the program itself is its caller's leaving.
 */
export const outcomeOf = (exit: Exit.Exit<unknown, unknown>, started: boolean, streaming = false): Ending => {
  if (Exit.isSuccess(exit)) return succeeded
  if (Cause.hasInterruptsOnly(exit.cause)) return cancelled
  const error = errorOf(exit)
  if (!(error instanceof Rejection)) {
    if (Failure.isAbort(error)) return cancelled
    const declined = started && !streaming && !Cause.hasDies(exit.cause) ? Failure.declinedOf(error) : undefined
    return declined === undefined ? failed : { ...succeeded, declined }
  }
  if (!started) return { outcome: "rejected", reason: error.reason._tag, refusal: error.reason }
  // An inner call's refusal is a failure of the work that started.
  if (isWorkFailure(error)) return failed
  // A started call that shutdown interrupts has run into a time limit as well: that of the shutdown.
  const cut = error.reason._tag === "DeadlineExceeded" || error.reason._tag === "ShuttingDown"
  return { ...(cut ? timedOut : failed), refusal: error.reason }
}

const succeeded = { outcome: "succeeded", reason: undefined } as const
const cancelled = { outcome: "cancelled", reason: undefined } as const
const failed = { outcome: "failed", reason: undefined } as const
const timedOut = { outcome: "timedOut", reason: undefined } as const
