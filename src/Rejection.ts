import { Cause, Data, Duration, Exit, Option, Predicate } from "effect"
import { counted } from "./config/Plural.ts"

/** A duration for people: rounded up to 1 ms below a second, else to 100 ms. */
const rough = (duration: Duration.Duration): string => {
  const millis = Duration.toMillis(duration)
  const clockResolution = millis < 1000 ? 1 : 100
  return Duration.format(Duration.millis(Math.ceil(millis / clockResolution) * clockResolution))
}

const seconds = (duration: Duration.Duration | undefined) =>
  duration === undefined ? "" : ` Try again in ${rough(duration)}.`

/** The queue is full: `capacity` calls wait already, or calls of so much cost. */
export class QueueFull extends Data.TaggedClass("QueueFull")<{
  readonly capacity: number
  /** What the capacity is of. Default: calls. */
  readonly limit?: "calls" | "cost" | undefined
  readonly retryAfter: Duration.Duration | undefined
}> {
  readonly code = "queue_full"
  get message(): string {
    return `The queue is full: ${this.full}.${seconds(this.retryAfter)}`
  }
  private get full(): string {
    if (this.limit === "cost") return `calls may wait for a cost of ${this.capacity}`
    if (this.capacity === 0) return "no call may wait"
    return `${counted(this.capacity, "call waits", "calls wait")} already`
  }
}

const openedBy = {
  "slow calls": "the model kept answering slowly",
  isolated: "the program keeps it open"
} as const

/** The circuit is open: the model keeps failing or is too slow, or the program keeps it open. */
export class CircuitOpen extends Data.TaggedClass("CircuitOpen")<{
  readonly retryAfter: Duration.Duration | undefined
  /** Set if failures are not what opened it. */
  readonly cause?: keyof typeof openedBy | undefined
}> {
  readonly code = "circuit_open"
  get message(): string {
    const why = this.cause === undefined ? "the model kept failing" : openedBy[this.cause]
    return `The circuit is open, because ${why}.${seconds(this.retryAfter)}`
  }
}

const rateLimits = {
  rate: "The rate limit is reached",
  token: "The limit of tokens is reached",
  store: "The store of the shared limits does not answer"
} as const

/** The call would wait longer for the rate limit than it may. */
export class RateLimited extends Data.TaggedClass("RateLimited")<{
  readonly retryAfter: Duration.Duration | undefined
  /** What the call would have waited for: starts, tokens, or the store that replicas share. Default: `rate`. */
  readonly waitsFor?: keyof typeof rateLimits
}> {
  readonly code = "rate_limited"
  get message(): string {
    return `${rateLimits[this.waitsFor ?? "rate"]}.${seconds(this.retryAfter)}`
  }
}

/** A time limit passed, or will pass before the call can end. */
export class DeadlineExceeded extends Data.TaggedClass("DeadlineExceeded")<{
  /**
   * The deadline of the `call`, the longest `wait`, the timeout of an `attempt`, or the longest silence in a stream: of
   * the model (`idle`) or of the `reader`.
   */
  readonly limit: "call" | "wait" | "attempt" | "idle" | "reader"
  /** Whether the model had been called. */
  readonly started: boolean
  /** How long the call had waited or run when it was cut; zero if it was refused at once. */
  readonly elapsed: Duration.Duration
  readonly retryAfter: Duration.Duration | undefined
  /** What the call would have waited for too long (`Policy.waitsFor`), where one limit is known to hold it up. */
  readonly waitsFor?: string
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

/** The refusal of a call that could start no sooner than so many milliseconds after its deadline. */
export const startsTooLate = (millis: number, waitsFor?: string): DeadlineExceeded =>
  new DeadlineExceeded({
    limit: "call",
    started: false,
    elapsed: Duration.zero,
    retryAfter: Duration.millis(millis),
    ...(waitsFor !== undefined && { waitsFor })
  })

/** The call asks for more than the limit will ever admit. */
export class NeverAdmissible extends Data.TaggedClass("NeverAdmissible")<{
  readonly limit: "permits" | "rate" | "tokens" | "model"
  readonly asked: number
  readonly capacity: number
}> {
  readonly code = "never_admissible"
  readonly retryAfter = undefined
  get message(): string {
    if (this.limit === "model") return "No endpoint serves the model that the call asks for."
    return `The call asks for ${this.asked} of a limit (${this.limit}) of ${this.capacity}, so it can never start. Ask for less or raise the limit.`
  }
}

/** The gate is closing and admits no new calls. */
export class ShuttingDown extends Data.TaggedClass("ShuttingDown")<{
  readonly retryAfter: Duration.Duration | undefined
}> {
  readonly code = "shutting_down"
  get message(): string {
    return `The gate is shutting down and takes no new calls.${seconds(this.retryAfter)}`
  }
}

/** The refusal of a gate that closes and does not know when another one opens. */
export const shuttingDown = new ShuttingDown({ retryAfter: undefined })

export type Reason = QueueFull | CircuitOpen | RateLimited | DeadlineExceeded | NeverAdmissible | ShuttingDown

/**
 * Derives a class of errors that skips the constructor of `Error`, which is nine tenths of the cost of a refusal.
 *
 * Refusals must be cheap, above all under overload. Instances are errors to `instanceof` and have a name and a message.
 * Their `stack` is one line: where a refusal was made says nothing to its reader.
 */
const withoutStack = <Args extends ReadonlyArray<unknown>, A extends Error>(
  base: new (...args: Args) => A
): new (...args: Args) => A => {
  const Light = function () {} as unknown as new (...args: Args) => A
  Light.prototype = Object.create(base.prototype, {
    stack: {
      get(this: A) {
        return `${this.name}: ${this.message}`
      }
    }
  })
  return Light
}

const TaggedRejection: new (fields: { readonly reason: Reason }) => Cause.YieldableError & { readonly reason: Reason } =
  withoutStack(Data.TaggedError("Rejection")<{ readonly reason: Reason }>)

/**
 * The gate's only error: the call was refused or cut short, and `reason` says why.
 *
 * @example
 * const reason = new QueueFull({ capacity: 50, retryAfter: Duration.seconds(3) })
 * const busy = Effect.fail(new Rejection({ reason })).pipe(
 *   Effect.catchReason("Rejection", "QueueFull", ({ capacity, message }) => Effect.succeed(`${capacity}: ${message}`))
 * )
 *
 * Effect.runSync(busy) // => "50: The queue is full: 50 calls wait already. Try again in 3s."
 */
export class Rejection extends TaggedRejection {
  readonly _tag = "Rejection"
  override readonly reason: Reason

  constructor({ reason }: { readonly reason: Reason }) {
    super({ reason })
    this.reason = reason
  }

  override get message(): string {
    return this.reason.message
  }
}

/** How a call ends that is refused: with a `Rejection`, or with a defect if a hook gave something else for a reason. */
export const refusal = (reason: Reason): Exit.Exit<never, Rejection> =>
  Predicate.hasProperty(reason, "code")
    ? Exit.fail(new Rejection({ reason }))
    : Exit.die(new TypeError(`A hook of a policy refused a call with ${String(reason)}, which is no reason`))

/** The error that a call, or an attempt, failed with; `undefined` if it ended in another way. */
export const errorOf = (end: Exit.Exit<unknown, unknown>): unknown =>
  Exit.isFailure(end) ? Option.getOrUndefined(Cause.findErrorOption(end.cause)) : undefined

const workFailures = new WeakSet<Rejection>()

/** Notes how the work of a call ended: if it failed with a refusal, that is an inner call's. */
export const noteWorkFailure = (end: Exit.Exit<unknown, unknown>): void => {
  const error = errorOf(end)
  if (error instanceof Rejection) workFailures.add(error)
}

/** Whether the refusal is an inner call's, with which the work failed. */
export const isWorkFailure = (rejection: Rejection): boolean => workFailures.has(rejection)

/** A refusal of the gate for programs without Effect: the call was refused or cut short. */
export class RejectionError extends withoutStack(Error) {
  /** For example `queue_full`, `circuit_open` or `deadline_exceeded`. */
  readonly code: Reason["code"]
  /** Milliseconds until a retry makes sense; `undefined` if that is not known. */
  readonly retryAfterMs: number | undefined
  /** The reason with its values; `_tag` tells reasons apart. */
  readonly reason: Reason

  constructor(reason: Reason) {
    super()
    this.code = reason.code
    this.retryAfterMs = reason.retryAfter === undefined ? undefined : Math.ceil(Duration.toMillis(reason.retryAfter))
    this.reason = reason
  }

  override get name(): string {
    return "RejectionError"
  }

  override get message(): string {
    return this.reason.message
  }
}
