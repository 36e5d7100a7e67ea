import { Cause, Context, Effect, Exit } from "effect"
import { type CallOptions, ResolvedOptions, type Pass } from "../Call.ts"
import { now, type Now } from "../engine/Time.ts"
import * as Failure from "../Failure.ts"
import { errorOf, type Reason, Rejection } from "../Rejection.ts"
import type { Outcome } from "../stats/Event.ts"
import { StreamProgress } from "../StreamProgress.ts"

/** An event. Times are milliseconds of the clock in the context of the log. */
export interface Entry {
  readonly at: number
  readonly who: string
  readonly what: string
}

/** Logs events in the order in which they happen. */
export class EventLog {
  readonly entries: Array<Entry> = []
  readonly #now: Now

  private constructor(clock: Now) {
    this.#now = clock
  }

  /** Makes an empty log on the clock in the context. */
  static readonly make: Effect.Effect<EventLog> = Effect.map(now, (clock) => new EventLog(clock))

  /** Adds an event at the present time. */
  note(who: string, what: string): void {
    this.entries.push({ at: this.#now(), who, what })
  }

  /** The events as text, one line per event: time, subject, event. */
  get lines(): ReadonlyArray<string> {
    const width = Math.max(0, ...this.entries.map(({ at }) => formatTime(at).length))
    return this.entries.map(({ at, what, who }) => `${formatTime(at).padStart(width)}  ${who} ${what}`)
  }
}

const formatTime = (at: number) => `${Number(at.toFixed(3))} ms`

type End = Exit.Exit<unknown, unknown>

/** The model's work for a call; attempts are counted from 1. */
export type Work = (attempt: number) => Effect.Effect<unknown, unknown>

/** A call as its caller and the model see it. Times are milliseconds. */
export interface ObservedCall {
  readonly name: string
  readonly options: ResolvedOptions
  readonly arrivedAt: number
  /** When each of its attempts started at the model. */
  readonly starts: Array<number>
  /** When each of its attempts ended at the model. */
  readonly stops: Array<number>
  /** Whether the model works for it. */
  running: boolean
  /** Whether the first chunk of a streamed response has come. */
  firstChunk: boolean
  /** How the last attempt ended at the model; `undefined` before that. */
  modelExit: End | undefined
  /** Whether its caller has cancelled, and whether an attempt had ended by then. */
  cancelled: boolean
  cancelledAfterAttempt: boolean
  /** How the call ended; `undefined` before that. */
  exit: End | undefined
  endedAt: number
  /** How many other calls waited when it was refused as `QueueFull`. */
  othersWaiting: number
}

export interface PassOptions {
  /** The progress of a streamed response. Default: the response is not streamed. */
  readonly progress?: StreamProgress | undefined
  /** Wraps the call, gate included. Default: nothing. */
  readonly around?: ((gated: Effect.Effect<unknown, unknown>) => Effect.Effect<unknown, unknown>) | undefined
}

const Label = Context.Reference<string | undefined>("headgate/testing/Label", { defaultValue: () => undefined })

/** Observes calls from both sides of a gate, the caller's and the model's, without knowledge of its inside. */
export class Observer {
  readonly calls: Array<ObservedCall> = []
  readonly log: EventLog
  /** Work at the model outside of the lifetime of its call. */
  readonly strayWork: Array<string> = []
  /** Changes to calls that no gate may make. */
  readonly alterations: Array<string> = []
  /** The most permits in use at once. */
  peak = 0
  #permitsInUse = 0
  readonly #now: Now
  readonly #name: string

  private constructor(clock: Now, log: EventLog, name: string) {
    this.#now = clock
    this.log = log
    this.#name = name
  }

  /** Makes an observer with an event log, on the clock in the context. */
  static readonly make: Effect.Effect<Observer> = Effect.flatMap(EventLog.make, (log) => Observer.on(log))

  /** Makes an observer that writes to a given log; its calls are called `${name} 1`, `${name} 2`, ... */
  static readonly on = (log: EventLog, name = "call"): Effect.Effect<Observer> =>
    Effect.map(now, (clock) => new Observer(clock, log, name))

  /** The calls at the model. */
  get running(): ReadonlyArray<ObservedCall> {
    return this.calls.filter(({ running }) => running)
  }

  /** The calls that have neither started nor ended. */
  get waiting(): ReadonlyArray<ObservedCall> {
    return this.calls.filter(({ exit, starts }) => exit === undefined && starts.length === 0)
  }

  /** Permits of the calls at the model. */
  get permitsInUse(): number {
    return this.#permitsInUse
  }

  /** What the gate did that no gate may do. */
  get violations(): ReadonlyArray<string> {
    return [...this.strayWork, ...this.alterations]
  }

  /** The start times of all attempts, in order. */
  get starts(): ReadonlyArray<number> {
    return this.calls.flatMap(({ starts }) => starts).sort((a, b) => a - b)
  }

  /** Passes a call through a gate and observes it from both sides. */
  pass(
    pass: Pass,
    given: CallOptions,
    work: Work,
    { around = (gated) => gated, progress }: PassOptions = {}
  ): Effect.Effect<unknown, unknown> {
    return Effect.suspend(() => {
      const options = ResolvedOptions.of(given)
      const call = this.#arrive(options)
      progress?.subscribe(() => {
        if (!call.firstChunk) this.log.note(call.name, "receives its first chunk")
        call.firstChunk = true
      })
      const gated = around(Effect.suspend(() => pass(options, this.#attempt(call, work))))
      return Effect.onExitPrimitive(gated, (exit) => this.#end(call, exit)).pipe(
        Effect.provideService(Label, call.name),
        progress === undefined ? (observed) => observed : Effect.provideService(StreamProgress.current, progress)
      )
    })
  }

  /** Notes that the caller of a call cancels. */
  markCancelled(call: ObservedCall): void {
    if (call.cancelled) return
    call.cancelled = true
    call.cancelledAfterAttempt = !call.running && call.modelExit !== undefined
    this.log.note(call.name, "is cancelled by its caller")
  }

  #arrive(options: ResolvedOptions): ObservedCall {
    const call: ObservedCall = {
      name: `${this.#name} ${this.calls.length + 1}`,
      options,
      arrivedAt: this.#now(),
      starts: [],
      stops: [],
      running: false,
      firstChunk: false,
      modelExit: undefined,
      cancelled: false,
      cancelledAfterAttempt: false,
      exit: undefined,
      endedAt: Infinity,
      othersWaiting: 0
    }
    this.calls.push(call)
    this.log.note(call.name, `arrives${describeOptions(options)}`)
    return call
  }

  #attempt(call: ObservedCall, work: Work) {
    let started = false
    const start = Effect.flatMap(Label, (label) => {
      started = true
      if (label !== call.name) this.alterations.push(`${call.name} ran in the context of ${label ?? "no call"}`)
      if (call.running) this.strayWork.push(`${call.name} ran twice at the same time`)
      if (call.exit !== undefined) this.strayWork.push(`${call.name} ran after its end`)
      if (call.firstChunk) this.alterations.push(`${call.name} was retried after its first chunk`)
      call.running = true
      call.modelExit = undefined
      this.#permitsInUse += call.options.permits
      this.peak = Math.max(this.peak, this.#permitsInUse)
      const attempt = call.starts.push(this.#now())
      this.log.note(call.name, attempt === 1 ? "starts" : `starts again (attempt ${attempt})`)
      return work(attempt)
    })
    return Effect.onExitPrimitive(start, (exit) => {
      if (!started) return undefined
      started = false
      call.running = false
      this.#permitsInUse -= call.options.permits
      call.modelExit = exit
      call.stops.push(this.#now())
      this.log.note(call.name, `stops at the model: ${describeEnd(exit)}`)
      return undefined
    })
  }

  #end(call: ObservedCall, exit: End): undefined {
    if (call.exit !== undefined) this.strayWork.push(`${call.name} ended twice`)
    if (call.running) this.strayWork.push(`${call.name} ended while the model still worked for it`)
    call.exit = exit
    call.endedAt = this.#now()
    const reason = rejection(call)
    if (reason?._tag === "QueueFull") call.othersWaiting = this.waiting.length + this.#refusedWith(call)
    this.log.note(call.name, reason === undefined ? `ends: ${describeEnd(exit)}` : `ends: refused as ${reason._tag}`)
  }

  /** Calls that were refused for another reason at the moment at which a call gave way: they may have waited until then. */
  #refusedWith({ endedAt }: ObservedCall): number {
    return this.calls.filter((call) => {
      const reason = call.endedAt === endedAt && call.starts.length === 0 ? rejection(call) : undefined
      return reason !== undefined && reason._tag !== "QueueFull"
    }).length
  }
}

const describeOptions = ({ caller, permits, priority, weight }: ResolvedOptions): string => {
  const fields = [
    ...(caller === "anonymous" ? [] : [`of ${caller}`]),
    ...(priority === 1 ? [] : [`priority ${priority}`]),
    ...(weight === 1 ? [] : [`weight ${weight}`]),
    ...(permits === 1 ? [] : [`${permits} permits`])
  ]
  return fields.length === 0 ? "" : ` (${fields.join(", ")})`
}

/** Whether the exit is an interruption only. */
export const isInterrupted = (exit: End | undefined): boolean =>
  exit !== undefined && Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)

const describeEnd = (exit: End): string => {
  if (Exit.isSuccess(exit)) return "succeeded"
  if (isInterrupted(exit)) return "interrupted"
  return Cause.hasDies(exit.cause) ? "defect" : "failed"
}

/** The reason for which the gate refused the call; `undefined` if it did not. */
export const rejection = ({ exit }: ObservedCall): Reason | undefined => {
  const error = exit !== undefined && errorOf(exit)
  return error instanceof Rejection ? error.reason : undefined
}

/** Whether the model rejected the request with a 4xx, which counts as an answer. */
const isDeclined = (exit: End): boolean =>
  Exit.isFailure(exit) && !Cause.hasDies(exit.cause) && Failure.declinedOf(errorOf(exit)) !== undefined

/** The outcome of a call in the terms of `Stats`; `undefined` before its end. */
export const outcome = (call: ObservedCall): Outcome | undefined => {
  const { exit, firstChunk, starts } = call
  if (exit === undefined) return undefined
  if (Exit.isSuccess(exit)) return "succeeded"
  if (isInterrupted(exit)) return "cancelled"
  const reason = rejection(call)
  if (reason !== undefined && starts.length === 0) return "rejected"
  if (starts.length > 0 && !firstChunk && isDeclined(exit)) return "succeeded"
  return reason?._tag === "DeadlineExceeded" || reason?._tag === "ShuttingDown" ? "timedOut" : "failed"
}
