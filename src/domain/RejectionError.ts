import { Duration } from "effect"
import type { Reason } from "./Rejection.ts"

/** A refusal of the gate, for programs without Effect: the call did not start, or was cut short. */
export class RejectionError extends Error {
  override readonly name = "RejectionError"
  /** Such as `queue_full`, `circuit_open` or `deadline_exceeded`. */
  readonly code: Reason["code"]
  /** Milliseconds after which it makes sense to come back; `undefined` where that cannot be told. */
  readonly retryAfterMs: number | undefined
  /** What refused the call, and with which figures; its `_tag` tells the reasons apart. */
  readonly reason: Reason

  // As for `Rejection`: a stack trace would be most of its cost, and tell its reader nothing.
  constructor(reason: Reason) {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(reason.message)
    Error.stackTraceLimit = stackTraceLimit
    this.code = reason.code
    this.retryAfterMs = reason.retryAfter === undefined ? undefined : Math.ceil(Duration.toMillis(reason.retryAfter))
    this.reason = reason
  }
}
