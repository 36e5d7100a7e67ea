import { Cause, Context, Effect, Exit, Option } from "effect"
import { type CallOptions, ResolvedOptions } from "../Call.ts"
import type { Outcome } from "../stats/Event.ts"
import * as Failure from "../Failure.ts"
import { type Reason, Rejection } from "../Rejection.ts"
import type { Pass } from "../Gate.ts"
import { now, type Now } from "../engine/Time.ts"
import { StreamProgress } from "../StreamProgress.ts"
import { EventLog } from "./EventLog.ts"

type End = Exit.Exit<unknown, unknown>

/** The model's work for a call, at its first attempt, its second, ... */
export type Work = (attempt: number) => Effect.Effect<unknown, unknown>

/** What the caller and the model saw of one call. Times are milliseconds. */
export interface Seen {
  readonly name: string
  readonly options: ResolvedOptions
  readonly arrivedAt: number
  /** When each of its attempts came to the model. */
  readonly starts: Array<number>
  /** When each of them ended there. */
  readonly stops: Array<number>
  /** Whether the model is at work for it. */
  running: boolean
  /** Whether a first part of a streamed answer has come. */
  begun: boolean
  /** How the model's last work ended. */
  answer: End | undefined
  /** Whether its caller has left. */
  left: boolean
  exit: End | undefined
  endedAt: number
  /** How many others waited when it found the queue full. */
  others: number
}

export interface Watch {
  /** The progress of an answer that is streamed. */
  readonly progress?: StreamProgress | undefined
  /** Wraps what the gate makes of the call. */
  readonly around?: ((gated: Effect.Effect<unknown, unknown>) => Effect.Effect<unknown, unknown>) | undefined
}

const Label = Context.Reference<string | undefined>("headgate/testing/Label", { defaultValue: () => undefined })

/** Counts what callers and the model see of a gate, knowing nothing of its inside. */
export class Observer {
  readonly calls: Array<Seen> = []
  readonly log: EventLog
  /** Work at the model for which no caller waits any more, or not at the time. */
  readonly astray: Array<string> = []
  /** What was done to calls that no gate may do to them. */
  readonly altered: Array<string> = []
  /** The most permits that were in use at once. */
  peak = 0
  #used = 0
  readonly #now: Now
  readonly #name: string

  private constructor(clock: Now, log: EventLog, name: string) {
    this.#now = clock
    this.log = log
    this.#name = name
  }

  /** Makes an observer on the clock in the context, that notes what it sees. */
  static readonly make: Effect.Effect<Observer> = Effect.flatMap(EventLog.make, (log) => Observer.on(log))

  /** Makes one that notes what it sees in a log of others, and calls its calls by a name and a number. */
  static readonly on = (log: EventLog, name = "call"): Effect.Effect<Observer> =>
    Effect.map(now, (clock) => new Observer(clock, log, name))

  /** Calls at the model now. */
  get running(): ReadonlyArray<Seen> {
    return this.calls.filter(({ running }) => running)
  }

  /** Calls that have come and neither started nor ended. */
  get waiting(): ReadonlyArray<Seen> {
    return this.calls.filter(({ exit, starts }) => exit === undefined && starts.length === 0)
  }

  /** Permits in use now, as the calls at the model asked for them. */
  get used(): number {
    return this.#used
  }

  /** What no gate may do, as it was seen. */
  get wrongs(): ReadonlyArray<string> {
    return [...this.astray, ...this.altered]
  }

  /** Every moment at which the model was asked. */
  get starts(): ReadonlyArray<number> {
    return this.calls.flatMap(({ starts }) => starts).sort((a, b) => a - b)
  }

  /** Passes a call through a gate, and watches it from both sides. */
  pass(
    pass: Pass,
    given: CallOptions,
    work: Work,
    { around = (gated) => gated, progress }: Watch = {}
  ): Effect.Effect<unknown, unknown> {
    return Effect.suspend(() => {
      const options = ResolvedOptions.of(given)
      const call: Seen = {
        name: `${this.#name} ${this.calls.length + 1}`,
        options,
        arrivedAt: this.#now(),
        starts: [],
        stops: [],
        running: false,
        begun: false,
        answer: undefined,
        left: false,
        exit: undefined,
        endedAt: Infinity,
        others: 0
      }
      this.calls.push(call)
      this.log.note(call.name, `arrives${said(options)}`)
      progress?.subscribe(() => {
        if (!call.begun) this.log.note(call.name, "has a first part")
        call.begun = true
      })
      const gated = around(Effect.suspend(() => pass(options, this.#attempt(call, work))))
      return Effect.onExitPrimitive(gated, (exit) => this.#settle(call, exit)).pipe(
        Effect.provideService(Label, call.name),
        progress === undefined ? (watched) => watched : Effect.provideService(StreamProgress.current, progress)
      )
    })
  }

  /** Notes that a call's caller leaves now. */
  leaves(call: Seen): void {
    if (call.left) return
    call.left = true
    this.log.note(call.name, "is interrupted: its caller leaves")
  }

  #attempt(call: Seen, work: Work) {
    let begun = false
    const begin = Effect.flatMap(Label, (label) => {
      begun = true
      if (label !== call.name) this.altered.push(`${call.name} ran in the context of ${label ?? "nobody"}`)
      if (call.running) this.astray.push(`${call.name} ran twice at the same time`)
      if (call.exit !== undefined) this.astray.push(`${call.name} ran after its end`)
      if (call.begun) this.altered.push(`${call.name} was made again after a first part of its answer had come`)
      call.running = true
      call.answer = undefined
      this.#used += call.options.permits
      this.peak = Math.max(this.peak, this.#used)
      const attempt = call.starts.push(this.#now())
      this.log.note(call.name, attempt === 1 ? "starts" : `starts again (attempt ${attempt})`)
      return work(attempt)
    })
    return Effect.onExitPrimitive(begin, (exit) => {
      if (!begun) return undefined
      begun = false
      call.running = false
      this.#used -= call.options.permits
      call.answer = exit
      call.stops.push(this.#now())
      this.log.note(call.name, `stops at the model: ${ending(exit)}`)
      return undefined
    })
  }

  #settle(call: Seen, exit: End): undefined {
    if (call.exit !== undefined) this.astray.push(`${call.name} ended twice`)
    if (call.running) this.astray.push(`${call.name} ended while the model still worked for it`)
    call.exit = exit
    call.endedAt = this.#now()
    const reason = refusal(call)
    if (reason?._tag === "QueueFull") call.others = this.waiting.length
    this.log.note(call.name, reason === undefined ? `ends: ${ending(exit)}` : `ends: refused as ${reason._tag}`)
  }
}

const said = ({ caller, permits, priority, weight }: ResolvedOptions): string => {
  const fields = [
    ...(caller === "anonymous" ? [] : [`of ${caller}`]),
    ...(priority === 1 ? [] : [`priority ${priority}`]),
    ...(weight === 1 ? [] : [`weight ${weight}`]),
    ...(permits === 1 ? [] : [`${permits} permits`])
  ]
  return fields.length === 0 ? "" : ` (${fields.join(", ")})`
}

/** Whether the exit is an interruption and nothing else. */
export const isInterrupted = (exit: End | undefined): boolean =>
  exit !== undefined && Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)

const ending = (exit: End): string => {
  if (Exit.isSuccess(exit)) return "succeeded"
  if (isInterrupted(exit)) return "interrupted"
  return Cause.hasDies(exit.cause) ? "defect" : "failed"
}

/** The gate's refusal, if the call ended so. */
export const refusal = ({ exit }: Seen): Reason | undefined => {
  const error =
    exit !== undefined && Exit.isFailure(exit) ? Option.getOrUndefined(Cause.findErrorOption(exit.cause)) : undefined
  return error instanceof Rejection ? error.reason : undefined
}

/** Whether the model answered that something is wrong with the request. */
const declined = (exit: End): boolean =>
  Exit.isFailure(exit) &&
  !Cause.hasDies(exit.cause) &&
  Failure.declinedOf(Option.getOrUndefined(Cause.findErrorOption(exit.cause))) !== undefined

/** How a call ended, in the words of `Stats` and by what was seen from outside; `undefined` while it has not. */
export const outcome = (call: Seen): Outcome | undefined => {
  const { begun, exit, starts } = call
  if (exit === undefined) return undefined
  if (Exit.isSuccess(exit)) return "succeeded"
  if (isInterrupted(exit)) return "cancelled"
  const reason = refusal(call)
  if (reason !== undefined && starts.length === 0) return "rejected"
  if (starts.length > 0 && !begun && declined(exit)) return "succeeded"
  return reason?._tag === "DeadlineExceeded" || reason?._tag === "ShuttingDown" ? "timedOut" : "failed"
}
