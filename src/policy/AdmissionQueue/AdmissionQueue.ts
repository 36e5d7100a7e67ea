import { Effect, Exit } from "effect"
import { type Call, type End, type ResolvedOptions, Stage, waits } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { decode, type OptionsOf } from "../../config/Options.ts"
import * as Table from "../../config/Table.ts"
import * as Dynamic from "../../engine/Dynamic.ts"
import { post, type Step } from "../../engine/Line.ts"
import { Timer } from "../../engine/TimerQueue.ts"
import { Gate } from "../../Gate.ts"
import type { Reason } from "../../Rejection.ts"
import type { Caller, Flow } from "./FairQueue.ts"
import { type Line, Queue, type Queued } from "./Lines.ts"
import * as QueuePolicy from "./QueuePolicy.ts"

const fields = {
  /**
   * Calls that may wait, a whole number from 0 to 1000000, or `Infinity`; follows a `SubscriptionRef`. With 0 a call
   * starts at once or is refused.
   */
  capacity: Dynamic.field(Table.limits.maxQueueSize),
  /** Longest wait before the start, 1 ms to a day. Default: `Infinity`. */
  maxWait: Field.duration({ infinite: true, default: Infinity }),
  /**
   * How long a call waits before it counts as one level more urgent, 1 ms to a day, or `Infinity` for never. Default:
   * 10 s.
   */
  priorityAging: Field.duration({ infinite: true, default: 10_000 }),
  /** Whether a call is refused on arrival if it is predicted to miss its deadline. Default: `true`. */
  prediction: Field.boolean({ default: true }),
  /** What gives way to a call that finds the queue full: the call itself, or the oldest of the least urgent. Default: `"refuse"`. */
  whenFull: Field.oneOf(["refuse", "dropOldest"], { default: "refuse" }),
  /** A caller whose oldest call has waited longer is served newest first, 1 ms to a day. Default: `Infinity`. */
  newestFirstAfter: Field.duration({ infinite: true, default: Infinity }),
  /** The same for a caller whose oldest call has waited for more than this share of its deadline, 0 to 1. Default: 1, for never. */
  newestFirstShare: Field.number(0, 1, { default: 1 }),
  /** The wait above which CoDel drops calls if it lasts for an interval, 1 ms to a day. Default: `Infinity`. */
  delayTarget: Field.duration({ infinite: true, default: Infinity }),
  /** The interval of CoDel, 1 ms to a day. Default: 1 s. */
  delayInterval: Field.duration({ default: 1000 }),
  /** What calls that wait may cost together, from 0; a call that finds the queue empty is let in. Default: `Infinity`. */
  maxCost: Field.number(0, 1e15, { default: Infinity, infinite: true }),
  /** What a call costs, from 0 for unknown. Default: its `tokens`. */
  cost: Field.func<(options: ResolvedOptions) => number>({ default: ({ tokens }) => tokens }),
  /** Whether callers share starts, or cost; a call of unknown cost counts as a usual one. Default: `"calls"`. */
  shareBy: Field.oneOf(["calls", "cost"], { default: "calls" }),
  /** The weight of a group of callers, above 0, by its name: `"acme"` for the caller `"acme/ada"`. Default: 1. */
  groupWeight: Field.func<(group: string) => number>({ default: () => 1 })
}

export interface Options extends OptionsOf<typeof fields> {}

/**
 * Lets calls wait, up to a number, and start in order: by priority with aging, fairly between callers, then as they
 * came.
 *
 * Only the head is in the policies beneath, where it waits for its permit. Fails with `QueueFull` above the capacity,
 * with `DeadlineExceeded` on arrival if the call is predicted to miss its deadline and after `maxWait`, and with
 * `ShuttingDown` while the gate drains. A call that finds the queue empty, or that was let in, is never refused for a
 * prediction.
 *
 * @example
 * const gate = AdmissionQueue.layer({ capacity: 50 }).pipe(
 *   Layer.provide(ConcurrencyLimit.layer({ permits: 3 })),
 *   Layer.provide(Gate.layerNoop)
 * )
 *
 * await Effect.runPromise(Effect.provide(Gate.pass({ caller: "ada", priority: 0 }, askModel), gate)) // => "an answer"
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* (beneath) {
      const settings = yield* decode(fields, options)
      return yield* QueuePolicy.make(
        settings.capacity,
        beneath,
        (surroundings) => new Queue({ ...settings, ...surroundings }),
        (call, queue) => new QueuedCall(call, queue.lineOf(call))
      )
    })
  )

/** A call in the queue; once it has started, a running call. */
class QueuedCall extends Stage implements Queued, Step {
  readonly call: Call
  readonly #line: Line
  previous: Queued | undefined = undefined
  next: Queued | undefined = undefined
  flow: Flow<Queued> | undefined = undefined
  charged: Caller<Queued> | undefined = undefined
  order = 0
  cost = 0
  arrivedAt = NaN
  /** Since when it has been the head, and whether it waited for that. */
  headAt = NaN
  #waited = false
  /** When its last attempt started; `undefined` while it waits in the queue. */
  startedAt: number | undefined = undefined
  running = 0
  /** Fires after `maxWait`. */
  #timer: Timer | undefined = undefined
  #dropped = false

  constructor(call: Call, line: Line) {
    super()
    this.call = call
    this.#line = line
  }

  override enter(at: number) {
    const line = this.#line
    const { capacity, maxWait, timers } = line.queue.settings
    const refusal = line.enter(this, at)
    if (refusal !== undefined) return refusal
    if (maxWait < Infinity) {
      this.#timer = new Timer((at) => this.#waitedTooLong(at))
      timers.set(this.#timer, at, maxWait)
    }
    // It must have started when its own step is over.
    if (capacity.current === 0) post(this)
    this.headAt = at
    this.#waited = line.waiting.head !== this
    return this.#waited ? waits : undefined
  }

  override start(at: number) {
    const { prediction, waiting } = this.#line
    // A Retry beneath repeats a call that has left the queue already.
    if (this.startedAt !== undefined) {
      prediction.onRestart(this, at)
      return undefined
    }
    const dropped = this.#line.delayed(this, at)
    if (dropped !== undefined) return dropped
    prediction.onStart(this, this.#headSince(at), this.#waited, at)
    this.#out(waiting.start(at), at, at)
    return undefined
  }

  override stop(at: number) {
    this.#line.prediction.onStop(this, at)
  }

  override leave(end: End, at: number) {
    if (this.startedAt !== undefined) this.#line.prediction.onEnd(at - this.startedAt, Exit.isSuccess(end), at)
    else if (!this.#dropped) this.#giveUp(at)
  }

  /** Gives its place to another call, and is refused. */
  drop(reason: Reason, at: number): void {
    this.#dropped = true
    this.call.cut(this, reason)
    this.#giveUp(at)
  }

  /** Leaves the queue without having started. */
  #giveUp(at: number): void {
    const { prediction, waiting } = this.#line
    prediction.served.add(0)
    const headAt = waiting.head === this ? this.#headSince(at) : at
    prediction.onStall(headAt, at)
    // The waiting time of a head that gives up is part of the next head's sample, so stalls count.
    this.#out(waiting.leave(this, at), headAt, at)
  }

  /** Without places to wait in, a call that has not started by now is refused. */
  step() {
    if (this.call.attempts === 0) this.call.cut(this, this.#line.full("calls", this.call.now()))
  }

  /** Since when it has been the head, not counting a cooldown, which says nothing about the spacing of starts. */
  #headSince(at: number): number {
    return Math.max(this.headAt, Math.min(at, this.#line.cooldownUntil))
  }

  /** Leaves the queue, and lets the next head into the policies beneath. */
  #out(next: Queued | undefined, headAt: number, at: number): void {
    if (this.#timer !== undefined) this.#line.queue.settings.timers.cancel(this.#timer)
    this.#line.onLeft(this, at)
    if (next === undefined) return
    next.headAt = headAt
    next.call.proceed(next)
  }

  #waitedTooLong(at: number): void {
    this.call.cut(this, this.#line.waitedTooLong(this.#line.queue.settings.maxWait, at))
  }
}
