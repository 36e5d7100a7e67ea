import { Data, Duration, Effect } from "effect"

/** A duration for people: never shorter than it is, without digits nobody needs. */
const rough = (duration: Duration.Duration): string => {
  const millis = Duration.toMillis(duration)
  const grain = millis < 1000 ? 1 : 100
  return Duration.format(Duration.millis(Math.ceil(millis / grain) * grain))
}

const seconds = (duration: Duration.Duration | undefined) =>
  duration === undefined ? "" : ` Try again in ${rough(duration)}.`

/** As many calls wait as may wait. */
export class QueueFull extends Data.TaggedClass("QueueFull")<{
  readonly capacity: number
  readonly retryAfter: Duration.Duration | undefined
}> {
  readonly code = "queue_full"
  get message(): string {
    return `The queue is full: ${this.capacity} calls wait already.${seconds(this.retryAfter)}`
  }
}

/** The circuit is open, because the model kept failing. */
export class CircuitOpen extends Data.TaggedClass("CircuitOpen")<{
  readonly retryAfter: Duration.Duration | undefined
}> {
  readonly code = "circuit_open"
  get message(): string {
    return `The circuit is open, because the model kept failing.${seconds(this.retryAfter)}`
  }
}

/** The call would wait for its rate limit longer than it may. */
export class RateLimited extends Data.TaggedClass("RateLimited")<{
  readonly retryAfter: Duration.Duration | undefined
}> {
  readonly code = "rate_limited"
  get message(): string {
    return `The rate limit is reached.${seconds(this.retryAfter)}`
  }
}

/** A limit in time passed, or is going to pass before the call could end. */
export class DeadlineExceeded extends Data.TaggedClass("DeadlineExceeded")<{
  /** Which limit: the whole call's deadline, the longest wait, the timeout of one attempt, or the longest silence in a stream, of its model or of its reader. */
  readonly limit: "call" | "wait" | "attempt" | "idle" | "reader"
  /** Whether the model had been asked already. */
  readonly started: boolean
  /** How long the call had waited or run when it was cut; zero if it was refused at once. */
  readonly elapsed: Duration.Duration
  readonly retryAfter: Duration.Duration | undefined
}> {
  get code(): "deadline_exceeded" | "upstream_timeout" | "upstream_idle_timeout" {
    if (this.limit === "idle" || this.limit === "reader") return "upstream_idle_timeout"
    return this.limit === "attempt" ? "upstream_timeout" : "deadline_exceeded"
  }
  get message(): string {
    const after = rough(this.elapsed)
    if (this.limit === "attempt") return `The model did not answer within ${after}.`
    if (this.limit === "idle") return `The model fell silent for ${after} in the middle of its answer.`
    if (this.limit === "reader") return `The reader took nothing of the answer for ${after}.`
    if (this.limit === "wait")
      return `The call waited ${after}, as long as it may, and did not start.${seconds(this.retryAfter)}`
    return this.started
      ? `The deadline passed ${after} after the call arrived; the model had not answered yet.`
      : `The call cannot start in time to meet its deadline.${seconds(this.retryAfter)}`
  }
}

/** The call asks for more than the limit will ever admit. */
export class NeverAdmissible extends Data.TaggedClass("NeverAdmissible")<{
  readonly limit: "permits" | "rate" | "tokens"
  readonly asked: number
  readonly capacity: number
}> {
  readonly code = "never_admissible"
  readonly retryAfter = undefined
  get message(): string {
    return `The call asks for ${this.asked} of a limit (${this.limit}) of ${this.capacity}, so it can never start. Ask for less or raise the limit.`
  }
}

/** The gate is closing and takes no new calls. */
export class ShuttingDown extends Data.TaggedClass("ShuttingDown")<{
  readonly retryAfter: Duration.Duration | undefined
}> {
  readonly code = "shutting_down"
  get message(): string {
    return `The gate is shutting down and takes no new calls.${seconds(this.retryAfter)}`
  }
}

export type Reason = QueueFull | CircuitOpen | RateLimited | DeadlineExceeded | NeverAdmissible | ShuttingDown

/** The gate's one error: the call was refused or cut short, and why. */
export class Rejection extends Data.TaggedError("Rejection")<{ readonly reason: Reason }> {
  // A refusal must be cheap, above all under overload, and where it was made is of no use to its
  // reader: the stack trace would be nine tenths of its cost.
  constructor(fields: { readonly reason: Reason }) {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(fields)
    Error.stackTraceLimit = stackTraceLimit
  }

  override get message(): string {
    return this.reason.message
  }
}

/** Fails with a rejection. */
export const refuse = (reason: Reason): Effect.Effect<never, Rejection> => Effect.fail(new Rejection({ reason }))
