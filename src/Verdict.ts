import { Cause, Duration, Exit, Option } from "effect"
import type { End } from "./Call.ts"
import { clockResolution } from "./engine/Time.ts"
import * as Failure from "./Failure.ts"

/** How a circuit breaker judges attempts. */
export interface Rules {
  readonly classify: (end: End) => Failure.Verdict
  /** Milliseconds that an attempt must have run to count as failed when its call's deadline ends it. */
  readonly slowCallDuration: number
  readonly retryAfter: (error: unknown) => Duration.Duration | undefined
}

/** An upstream's mistake must not keep the circuit open for ever. */
const longestRetryAfter = 3_600_000

/** Judges an attempt that has ended; times are milliseconds. */
export const of = (
  { classify, slowCallDuration }: Rules,
  end: End,
  deadlineAt: number,
  startedAt: number,
  at: number
): Failure.Verdict => {
  if (Exit.isSuccess(end) || !Cause.hasInterruptsOnly(end.cause)) return classify(end)
  // A caller that leaves is no evidence about the model; a deadline is, if the model had long enough.
  const slow = at >= deadlineAt - clockResolution && at - startedAt >= slowCallDuration
  return slow ? "failure" : "ignored"
}

/** Milliseconds for which a failure asks callers to wait, an hour at most. */
export const retryAfter = (rules: Rules, end: End): number => {
  const error = Exit.isFailure(end) ? Option.getOrUndefined(Cause.findErrorOption(end.cause)) : undefined
  const asked = error === undefined ? undefined : rules.retryAfter(error)
  return Math.min(Duration.toMillis(asked ?? Duration.zero), longestRetryAfter)
}
