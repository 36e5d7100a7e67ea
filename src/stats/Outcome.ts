import { Cause, Exit, Option } from "effect"
import type { Outcome } from "./Event.ts"
import * as Failure from "../Failure.ts"
import { type Reason, Rejection } from "../Rejection.ts"

export interface Ending {
  readonly outcome: Outcome
  /** Why the gate refused the call, if it did. */
  readonly reason: Reason["_tag"] | undefined
  /** The status of an answer that came as an error. */
  readonly declined?: number
}

/**
 * Says how a call ended, and why if the gate refused it.
 *
 * `started` tells whether any attempt reached the model, `begun` whether a part of its answer had come. A reply of 4xx is an
 * answer, but for 408 and 429, whether it comes back as a reply or as an error; one that breaks off is none.
 */
export const outcomeOf = (exit: Exit.Exit<unknown, unknown>, started: boolean, begun = false): Ending => {
  if (Exit.isSuccess(exit)) return succeeded
  if (Cause.hasInterruptsOnly(exit.cause)) return cancelled
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  if (!(error instanceof Rejection)) {
    const declined = started && !begun && !Cause.hasDies(exit.cause) ? Failure.declinedOf(error) : undefined
    return declined === undefined ? failed : { ...succeeded, declined }
  }
  if (!started) return { outcome: "rejected", reason: error.reason._tag }
  // A started call that the gate's closing cuts was cut by a limit in time as well.
  return error.reason._tag === "DeadlineExceeded" || error.reason._tag === "ShuttingDown" ? timedOut : failed
}

const succeeded = { outcome: "succeeded", reason: undefined } as const
const cancelled = { outcome: "cancelled", reason: undefined } as const
const failed = { outcome: "failed", reason: undefined } as const
const timedOut = { outcome: "timedOut", reason: undefined } as const
