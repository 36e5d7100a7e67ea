import { Cause, Exit, Option } from "effect"
import type { Outcome } from "./Event.ts"
import { type Reason, Rejection } from "./Rejection.ts"

/** Says how a call ended, and why if the gate refused it: `started` tells whether any attempt reached the model. */
export const outcomeOf = (
  exit: Exit.Exit<unknown, unknown>,
  started: boolean
): { readonly outcome: Outcome; readonly reason: Reason["_tag"] | undefined } => {
  if (Exit.isSuccess(exit)) return succeeded
  if (Cause.hasInterruptsOnly(exit.cause)) return cancelled
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  if (!(error instanceof Rejection)) return failed
  if (!started) return { outcome: "rejected", reason: error.reason._tag }
  // A started call that the gate's closing cuts was cut by a limit in time as well.
  return error.reason._tag === "DeadlineExceeded" || error.reason._tag === "ShuttingDown" ? timedOut : failed
}

const succeeded = { outcome: "succeeded", reason: undefined } as const
const cancelled = { outcome: "cancelled", reason: undefined } as const
const failed = { outcome: "failed", reason: undefined } as const
const timedOut = { outcome: "timedOut", reason: undefined } as const
