import { Cause, type Duration, Exit } from "effect"
import type { Call, End } from "./Call.ts"
import * as Field from "./config/Field.ts"
import { clockResolution } from "./engine/Time.ts"
import * as Failure from "./Failure.ts"
import * as FailureKind from "./FailureKind.ts"
import * as RetryAfter from "./RetryAfter.ts"
import type { Event } from "./stats/Event.ts"

/** The options of a circuit breaker that say how it judges attempts and probes the model. */
export const fields = {
  /**
   * How long an attempt must have run, to the first chunk if it streams, to count as slow, and to count as failed when
   * its call's deadline ends it; 1 ms to a day, or `Infinity`. Default: 10 s.
   */
  slowCallDuration: Field.duration({ infinite: true, default: 10_000 }),
  /** How long a failure asks callers to wait; the circuit stays open at least as long, an hour at most. Default: `Failure.retryAfterOf`. */
  retryAfter: Field.func<(error: unknown) => Duration.Duration | undefined>({ default: Failure.retryAfterOf }),
  /** Judges an ended attempt that its caller did not interrupt. Default: `Failure.classify`. */
  classify: Field.func<(end: Exit.Exit<unknown, unknown>) => Failure.Verdict>({ default: Failure.classify }),
  /** Bound up to which the open time doubles each time the circuit opens again, 1 ms to a day. Default: it does not grow. */
  maxOpenDuration: Field.optional(Field.duration()),
  /** Attempts that probe the model when the open time is over, a whole number from 1 to 1000. Default: 1. */
  probes: Field.integer(1, 1000, { default: 1 }),
  /** Successful probes that close the circuit, a whole number from 1 to `probes`. Default: all of them. */
  probeSuccesses: Field.optional(Field.integer(1, 1000)),
  /** How long a probe may take before it counts as failed, 1 ms to a day, or `Infinity`. Default: 60 s. */
  probeTimeout: Field.duration({ infinite: true, default: 60_000 })
}

/** How a circuit breaker judges attempts. */
export interface Rules {
  readonly classify: (end: End) => Failure.Verdict
  /** Milliseconds that an attempt must have run to count as failed when its call's deadline ends it. */
  readonly slowCallDuration: number
  readonly retryAfter: (error: unknown) => Duration.Duration | undefined
  readonly record: (event: Extract<Event, { readonly _tag: "AttemptFailed" }>) => void
}

/** An attempt that is judged once it has ended. */
export interface Judged {
  readonly call: Call
  /** When it started, in milliseconds; `NaN` if it did not. */
  readonly startedAt: number
  /** Hears the verdict, and for how many milliseconds a failure asks callers to wait. */
  onVerdict(verdict: Failure.Verdict, retryAfter: number, at: number): void
}

/** Judges an attempt that has ended, and reports its failure. */
export const judge = (rules: Rules, attempt: Judged, end: End, at: number): void => {
  let verdict: Failure.Verdict = "ignored"
  let retryAfter = 0
  try {
    if (!Number.isNaN(attempt.startedAt)) {
      verdict = verdictOf(rules, attempt, end, at)
      report(rules, verdict, end)
    }
    if (verdict === "failure") retryAfter = RetryAfter.millisAskedBy(end, rules.retryAfter)
  } finally {
    // A function of the options that throws must not keep the slot of a probe.
    attempt.onVerdict(verdict, retryAfter, at)
  }
}

const verdictOf = (rules: Rules, { call, startedAt }: Judged, end: End, at: number): Failure.Verdict => {
  if (Exit.isSuccess(end) || !Cause.hasInterruptsOnly(end.cause)) return rules.classify(end)
  // A caller that leaves is no evidence about the model; a deadline is, if the model had long enough.
  const slow = at >= call.deadlineAt - clockResolution && at - startedAt >= rules.slowCallDuration
  return slow ? "failure" : "ignored"
}

const report = ({ record }: Rules, verdict: Failure.Verdict, end: End): void => {
  if (Exit.isSuccess(end) || verdict === "success") return
  const hasLeft = verdict === "ignored" && Cause.hasInterruptsOnly(end.cause)
  const kind = hasLeft ? undefined : FailureKind.of(end)
  if (kind !== undefined) record({ _tag: "AttemptFailed", kind })
}
