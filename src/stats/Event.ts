import type { Failure, Purpose } from "./Purpose.ts"
import type { Reason } from "../Rejection.ts"

/** How a call ended; each call ends exactly once. */
export type Outcome = "succeeded" | "failed" | "rejected" | "cancelled" | "timedOut"

export type CircuitState = "closed" | "open" | "half-open"

/**
 * What the policies report of a call and of themselves. Times are milliseconds.
 *
 * `at` is the moment on the gate's clock, from a reporter that has just read it; without it the clock is read again.
 */
export type Event =
  /** A call came to the gate. */
  | { readonly _tag: "Arrived"; readonly caller: string; readonly at?: number }
  /** An attempt reached the model; `wait` is the time since arrival, on the first attempt only. */
  | { readonly _tag: "Started"; readonly wait: number | undefined; readonly at?: number }
  /** An attempt left the model. */
  | { readonly _tag: "Stopped" }
  /** The first part of a streamed answer arrived, so long after its start. */
  | { readonly _tag: "FirstChunk"; readonly after: number }
  /** A call left the gate; `latency` runs from its first start, if it started; `reason` says why it was rejected. */
  | {
      readonly _tag: "Ended"
      readonly caller: string
      readonly outcome: Outcome
      readonly reason: Reason["_tag"] | undefined
      readonly latency: number | undefined
      readonly at?: number
    }
  /** The model answered a call with this HTTP status, which finds fault with the request. */
  | { readonly _tag: "Declined"; readonly status: number }
  /** So many calls wait now. */
  | { readonly _tag: "Waiting"; readonly size: number; readonly capacity: number; readonly at?: number }
  /** The breaker counts so many failures in a row and is in this state, for so long if it is open. */
  | {
      readonly _tag: "Circuit"
      readonly state: CircuitState
      readonly failures: number
      readonly openFor?: number
      readonly at?: number
    }
  /** The model failed an attempt; `kind` is a word for how. */
  | { readonly _tag: "AttemptFailed"; readonly kind: string }
  /** A call used so many tokens, and so many fewer than it would have. */
  | { readonly _tag: "Tokens"; readonly prompt: number; readonly completion: number; readonly saved: number }
  /** A permit was given back although the work behind it had not ended within its grace time. */
  | { readonly _tag: "Zombie" }
  /** A job of many calls was given out. */
  | { readonly _tag: "JobCreated" }
  /** A job ended: completed, or failed, and why. */
  | { readonly _tag: "JobEnded"; readonly completed: boolean; readonly failure?: Failure }
  /** A call for a job was answered, and took so many tokens. */
  | { readonly _tag: "JobCall"; readonly purpose: Purpose; readonly tokens: number }
  /** A plan was used again, and no call made for it. */
  | { readonly _tag: "PlanReused" }
  /** A reflection was left out, because of the load or of their number. */
  | { readonly _tag: "ReflectionSkipped" }

/** What a policy tells of itself when a snapshot is made; `Infinity` is a limit that is off. */
export interface Gauges {
  readonly maxSize?: number
  readonly oldestWaitMs?: number
  readonly predictedWaitMs?: number
  readonly maxConcurrent?: number
  readonly perSecond?: number
  readonly maxFailures?: number
  /** Milliseconds until the breaker lets a probe through; `undefined` while it is closed. */
  readonly circuitRetryAfterMs?: number | undefined
}
