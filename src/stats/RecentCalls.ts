import { Duration, Schema, Struct } from "effect"
import type { Waited } from "../Call.ts"
import type { Now } from "../engine/Time.ts"
import type { Reason } from "../Rejection.ts"
import type { Ended, Outcome, Trace } from "./Event.ts"
import { counted } from "../config/Plural.ts"

const Millis = Schema.Finite
const Text = Schema.NullOr(Schema.String)

/** How one call went, without anything of its content. */
export const CallReport = Schema.Struct({
  time: Millis.annotate({ description: "When it arrived, in milliseconds since 1970." }),
  caller: Schema.String,
  purpose: Text,
  model: Text,
  outcome: Schema.Literals(["succeeded", "failed", "rejected", "cancelled", "timedOut"]),
  code: Text.annotate({
    description: "The code of the gate's refusal; `null` if it neither refused nor cut the call."
  }),
  attempts: Schema.Natural.annotate({ description: "Attempts that reached the model." }),
  totalMs: Millis.annotate({ description: "From arrival to end." }),
  waitMs: Millis.annotate({ description: "From arrival to the first start; to the end if the call never started." }),
  stages: Schema.Record(Schema.String, Millis).annotate({
    description:
      "Milliseconds by stage: `queue`, `permit`, `rate`, `token`, `cooldown`, `backoff`, `model`; absent where the call spent none."
  }),
  limit: Text.annotate({
    description:
      "The limit that made the call wait longest, or that refused it. For a wait in the queue: what the calls before it waited for, or `queue` if that is not known."
  }),
  remedy: Text.annotate({ description: "What would have admitted the call, or let it start sooner." })
}).annotate({ identifier: "CallReport" })
export type CallReport = typeof CallReport.Type

export const RecentCalls = Schema.Struct({
  calls: Schema.Array(CallReport).annotate({ description: "The last 100 calls that ended, the newest first." })
}).annotate({ identifier: "RecentCalls" })
export type RecentCalls = typeof RecentCalls.Type

const capacity = 100

/** A call that ended, until another takes its place. */
class Traced {
  at = NaN
  caller = ""
  outcome: Outcome = "succeeded"
  latency: number | undefined = undefined
  purpose: string | undefined = undefined
  model: string | undefined = undefined
  arrivedAt = NaN
  startedAt: number | undefined = undefined
  attempts = 0
  waited: Waited | undefined = undefined
  waitedFirst: Waited | undefined = undefined
  refusal: Reason | undefined = undefined

  set({ caller, latency, outcome }: Ended, trace: Trace, at: number): void {
    this.at = at
    this.caller = caller
    this.outcome = outcome
    this.latency = latency
    this.purpose = trace.purpose
    this.model = trace.model
    this.arrivedAt = trace.arrivedAt
    this.startedAt = trace.startedAt
    this.attempts = trace.attempts
    this.waited = trace.waited
    this.waitedFirst = trace.waitedFirst
    this.refusal = trace.refusal
  }
}

/** The last calls that ended. What it tells of them is worked out only when someone asks. */
export class RecentCallsStore {
  // Records that are used again, not the events: if literals of one place live long in a quiet gate, V8 makes all that
  // come later in the old generation, where they hold what they refer to.
  readonly #ring: Array<Traced> = []
  #next = 0

  add(event: Ended, at: number): void {
    if (event.trace === undefined) return
    const record = (this.#ring[this.#next] ??= new Traced())
    record.set(event, event.trace, at)
    this.#next = (this.#next + 1) % capacity
  }

  /** `now` and `wallTime` read one clock, from an arbitrary moment and from 1970. */
  read(now: Now, wallTime: Now): RecentCalls {
    const [oldest, newest] = [this.#ring.slice(this.#next), this.#ring.slice(0, this.#next)]
    const shift = wallTime() - now()
    const report = (call: Traced) => reportOf(call, limitOf(call, this.#ring), shift)
    return { calls: [...oldest, ...newest].toReversed().map(report) }
  }
}

const longest = (waited: Waited): string | undefined =>
  Object.entries(waited).reduce((most, [stage, millis]) => (millis > most.millis ? { stage, millis } : most), {
    stage: undefined as string | undefined,
    millis: 0
  }).stage

const sum = (left: Waited, right: Waited | undefined): Waited => {
  const result = { ...left }
  for (const [stage, millis] of Object.entries(right ?? {})) result[stage] = (result[stage] ?? 0) + millis
  return result
}

/** Why the call waited: in the queue, that is what the calls waited for which started meanwhile. */
const limitOf = (call: Traced, all: ReadonlyArray<Traced>): string | undefined => {
  const { arrivedAt, at, refusal, startedAt = at, waited = {} } = call
  if (refusal?._tag === "RateLimited") return refusal.waitsFor ?? "rate"
  if (refusal !== undefined && refusal._tag in refusedBy) return refusedBy[refusal._tag as keyof typeof refusedBy]
  if (refusal?._tag === "NeverAdmissible") return refusal.limit.replace(/s$/, "")
  if (refusal?._tag === "DeadlineExceeded" && call.startedAt !== undefined) return "deadline"
  if (refusal?._tag === "DeadlineExceeded" && refusal.waitsFor !== undefined) return refusal.waitsFor
  const waitedInQueue = longest(waited) === "queue" || (refusal !== undefined && call.startedAt === undefined)
  if (!waitedInQueue) return longest(waited)
  // A call that was refused may have waited behind one that started later.
  const last = refusal === undefined ? startedAt : Infinity
  const isBefore = (each: Traced) =>
    each.startedAt !== undefined && each.startedAt >= arrivedAt && each.startedAt <= last && each.arrivedAt <= at
  const heads = all.filter(isBefore).reduce((total, { waitedFirst }) => sum(total, waitedFirst), waited)
  return longest(Struct.omit(heads, ["queue"])) ?? (refusal === undefined ? "queue" : "deadline")
}

const refusedBy = { QueueFull: "queue", CircuitOpen: "circuit", ShuttingDown: "shutdown" } as const

const total = (waited: Waited | undefined): number =>
  Object.values(waited ?? {}).reduce((sum, millis) => sum + millis, 0)

const reportOf = (call: Traced, limit: string | undefined, shift: number) => {
  const { arrivedAt, at, attempts, caller, latency, model, outcome, purpose, refusal, startedAt, waited } = call
  const atModel = latency === undefined ? 0 : latency - (total(waited) - total(call.waitedFirst))
  const stages = Object.entries({ ...waited, model: atModel }).filter(([, millis]) => Math.round(millis) > 0)
  return {
    time: Math.round(arrivedAt + shift),
    caller,
    purpose: purpose ?? null,
    model: model ?? null,
    outcome,
    code: refusal?.code ?? null,
    attempts,
    totalMs: Math.round(at - arrivedAt),
    waitMs: Math.round((startedAt ?? at) - arrivedAt),
    stages: Object.fromEntries(stages.map(([stage, millis]) => [stage, Math.round(millis)])),
    limit: limit ?? null,
    remedy: remedyOf(refusal, limit) ?? null
  } satisfies CallReport
}

const after = (duration: Duration.Duration | undefined): string =>
  duration === undefined ? "" : `, ${Duration.format(Duration.millis(Math.ceil(Duration.toMillis(duration))))} later`

const remedies: Readonly<Record<string, string>> = {
  permit: "more calls at once (permits), or shorter replies",
  rate: "a higher rate of starts",
  token: "more tokens a minute, or fewer tokens a call",
  cooldown: "no 429 of the model: the gate waits until its retry-after",
  backoff: "a first attempt that succeeds: the retries waited",
  queue: "shorter waits of the calls before it"
}

/** What would have admitted the call, or let it start sooner. */
const remedyOf = (refusal: Reason | undefined, limit: string | undefined): string | undefined => {
  switch (refusal?._tag) {
    case undefined:
      return limit === undefined ? undefined : remedies[limit]
    case "QueueFull":
      return `a queue of more than ${counted(refusal.capacity, "place")}, or an arrival${after(refusal.retryAfter) || " when one is free"}`
    case "CircuitOpen":
      return `a model that answers: the circuit lets a probe through${after(refusal.retryAfter)}`
    case "RateLimited":
      return `an arrival${after(refusal.retryAfter) || " later"}, or a longer wait allowed`
    case "NeverAdmissible":
      return `a call that asks for ${refusal.capacity} (${refusal.limit}) at most, or a limit of at least ${refusal.asked}`
    case "ShuttingDown":
      return "another gate: this one closes"
    case "DeadlineExceeded": {
      const more = refusal.limit === "call" ? "deadline" : refusal.limit === "wait" ? "wait" : "timeout"
      const sooner = limit === undefined ? undefined : remedies[limit]
      return `a longer ${more}${sooner === undefined || refusal.started ? "" : `, or ${sooner}`}`
    }
  }
}
