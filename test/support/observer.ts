import { Cause, Context, Effect, Exit, Option } from "effect"
import type { Outcome } from "../../src/domain/Event.ts"
import { Rejection } from "../../src/domain/Rejection.ts"
import type { Ask } from "../../src/domain/Ask.ts"
import type { Pass } from "../../src/Gate.ts"
import { now, type Now } from "../../src/internal/Time.ts"

type End = Exit.Exit<unknown, unknown>
/** The model's work for a call, at its first attempt, its second, ... */
export type Work = (attempt: number) => Effect.Effect<unknown, unknown>

/** What the caller and the model saw of one call. */
export interface Seen {
  readonly name: number
  readonly ask: Ask
  readonly arrivedAt: number
  readonly starts: Array<number>
  running: boolean
  /** How the model's last work ended, if nobody cut it. */
  answer: End | undefined
  left: boolean
  exit: End | undefined
  endedAt: number
  /** How many others waited when it found the queue full. */
  others: number
}

const Label = Context.Reference<number | undefined>("test/Label", { defaultValue: () => undefined })

/** Counts what callers and the model see of a gate, knowing nothing of its inside. */
export class Observer {
  readonly calls: Array<Seen> = []
  readonly log: Array<string> = []
  /** What no gate may do, as it happens. */
  readonly wrongs: Array<string> = []
  peak = 0
  #used = 0
  readonly #now: Now

  constructor(clock: Now) {
    this.#now = clock
  }

  static readonly make: Effect.Effect<Observer> = Effect.map(now, (clock) => new Observer(clock))

  get running(): ReadonlyArray<Seen> {
    return this.calls.filter(({ running }) => running)
  }

  get waiting(): ReadonlyArray<Seen> {
    return this.calls.filter(({ exit, starts }) => exit === undefined && starts.length === 0)
  }

  /** Every moment at which the model was asked. */
  get starts(): ReadonlyArray<number> {
    return this.calls.flatMap(({ starts }) => starts).sort((a, b) => a - b)
  }

  /** Passes a call, and watches it from both sides. */
  pass(pass: Pass, ask: Ask, work: Work): Effect.Effect<unknown, unknown> {
    return Effect.suspend(() => {
      const call: Seen = {
        name: this.calls.length,
        ask,
        arrivedAt: this.#now(),
        starts: [],
        running: false,
        answer: undefined,
        left: false,
        exit: undefined,
        endedAt: Infinity,
        others: 0
      }
      this.calls.push(call)
      return Effect.onExitPrimitive(pass(ask, this.#attempt(call, work)), (exit) => this.#settle(call, exit)).pipe(
        Effect.provideService(Label, call.name)
      )
    })
  }

  #attempt(call: Seen, work: Work) {
    let begun = false
    const begin = Effect.flatMap(Label, (label) => {
      begun = true
      if (label !== call.name) this.wrongs.push(`call ${call.name} ran in the context of ${label}`)
      if (call.running || call.exit !== undefined) this.wrongs.push(`call ${call.name} ran twice, or after its end`)
      call.running = true
      call.answer = undefined
      this.#note("starts", call)
      this.#used += call.ask.permits
      this.peak = Math.max(this.peak, this.#used)
      return work(call.starts.push(this.#now()))
    })
    return Effect.onExitPrimitive(begin, (exit) => {
      if (!begun) return undefined
      begun = false
      call.running = false
      this.#used -= call.ask.permits
      call.answer = exit
      this.#note("stops", call)
      return undefined
    })
  }

  #settle(call: Seen, exit: End): undefined {
    if (call.exit !== undefined) this.wrongs.push(`call ${call.name} ended twice`)
    if (call.running) this.wrongs.push(`call ${call.name} left its work behind`)
    call.exit = exit
    call.endedAt = this.#now()
    if (refusal(call)?._tag === "QueueFull") call.others = this.waiting.length
    this.#note(outcome(call) ?? "", call)
  }

  #note(what: string, { name }: Seen): void {
    this.log.push(`${this.#now()} ${name} ${what}`)
  }
}

/** The gate's refusal, if the call ended so. */
export const refusal = ({ exit }: Seen): Rejection["reason"] | undefined => {
  const error =
    exit !== undefined && Exit.isFailure(exit) ? Option.getOrUndefined(Cause.findErrorOption(exit.cause)) : undefined
  return error instanceof Rejection ? error.reason : undefined
}

/** How a call ended, by the words of the contract. */
export const outcome = (call: Seen): Outcome | undefined => {
  const { exit, starts } = call
  if (exit === undefined) return undefined
  if (Exit.isSuccess(exit)) return "succeeded"
  if (Cause.hasInterruptsOnly(exit.cause)) return "cancelled"
  const reason = refusal(call)
  if (reason !== undefined && starts.length === 0) return "rejected"
  return reason?._tag === "DeadlineExceeded" || reason?._tag === "ShuttingDown" ? "timedOut" : "failed"
}
