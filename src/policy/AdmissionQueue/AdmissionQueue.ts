import { Duration, Effect, Exit } from "effect"
import { type Call, type End, Stage, waitingFor, waits } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { decode, type OptionsOf, type Values } from "../../config/Options.ts"
import * as Table from "../../config/Table.ts"
import { Draining } from "../../Drain.ts"
import * as Dynamic from "../../engine/Dynamic.ts"
import { change, post, type Step } from "../../engine/Line.ts"
import { Timer, TimerQueue } from "../../engine/TimerQueue.ts"
import { Gate, type Lane, type Limits } from "../../Gate.ts"
import { DeadlineExceeded, QueueFull, type Reason, shuttingDown } from "../../Rejection.ts"
import { Stats } from "../../Stats.ts"
import { FairQueue, type Flow, type Waiter } from "./FairQueue.ts"
import { type Running, WaitPrediction } from "./WaitPrediction.ts"

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
  prediction: Field.boolean({ default: true })
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
      const draining = yield* Draining
      const { record, watch } = yield* Stats.recorder
      const queue = new Queue({ ...settings, beneath, draining, record, timers: yield* TimerQueue.make })
      watch(() => queue.gauges(queue.settings.timers.now()))
      yield* settings.capacity.follow()
      if (draining.possible) yield* draining.onEnd(() => change(() => queue.close()))
      return {
        policy: waitingFor("queue", (call) => new QueuedCall(call, queue.lineOf(call))),
        readyAt: (options, at) => (queue.size === 0 ? (beneath.readyAt?.(options, at) ?? at) : Infinity)
      }
    })
  )

interface Settings extends Values<typeof fields> {
  readonly beneath: Limits
  readonly draining: Draining
  readonly record: Stats["Service"]["record"]
  readonly timers: TimerQueue
}

const positive = (millis: number) => (millis > 0 ? Duration.millis(millis) : undefined)

/** Calls that wait, in one line, or in several where the policies beneath have different limits for different calls. */
class Queue {
  readonly settings: Settings
  /** Calls that wait, in all lines. */
  size = 0
  readonly #usual: Line
  readonly #lines = new Map<Limits, Line>()

  constructor(settings: Settings) {
    this.settings = settings
    this.#usual = new Line(this, settings.beneath)
  }

  lineOf({ options }: Call): Line {
    const { lane } = this.settings.beneath
    if (lane === undefined) return this.#usual
    const limits = lane(options)
    const known = this.#lines.get(limits)
    if (known !== undefined) return known
    // A line that nobody uses may be that of a lane that is gone.
    for (const [each, line] of this.#lines) if (line.isUnused) this.#lines.delete(each)
    const line = new Line(this, limits)
    this.#lines.set(limits, line)
    return line
  }

  close(): void {
    for (const line of this.#all) line.close()
  }

  gauges(at: number) {
    const all = this.#all
    const oldest = Math.min(...all.map(({ waiting }) => waiting.oldestArrival ?? at))
    return {
      maxSize: this.settings.capacity.current,
      oldestWaitMs: at - oldest,
      predictedWaitMs: Math.max(...all.map((line) => line.predictedWait(at)))
    }
  }

  report(at: number): void {
    const { capacity, record } = this.settings
    record({ _tag: "Waiting", size: this.size, capacity: capacity.current, at })
  }

  get #all(): ReadonlyArray<Line> {
    return [this.#usual, ...this.#lines.values()]
  }
}

/** A line of calls: lets one at a time, its head, into the policies beneath, until it starts or gives up. */
class Line {
  readonly queue: Queue
  readonly waiting: FairQueue<QueuedCall>
  readonly prediction: WaitPrediction
  readonly #limits: Lane

  constructor(queue: Queue, limits: Lane) {
    this.queue = queue
    this.#limits = limits
    this.waiting = new FairQueue(queue.settings.priorityAging)
    this.prediction = new WaitPrediction(() => limits.permits?.() ?? Infinity)
  }

  get isUnused(): boolean {
    return this.waiting.size === 0 && this.prediction.running.size === 0
  }

  /** Why a call that arrives now must not wait, if there is a reason. */
  refusal(call: Call, at: number): Reason | undefined {
    const { capacity, draining } = this.queue.settings
    if (draining.isDraining()) return shuttingDown
    if (this.queue.size >= Math.max(1, capacity.current)) return this.full(at)
    const retryAfter = positive(this.#late(call, at))
    if (retryAfter === undefined) return undefined
    return new DeadlineExceeded({ limit: "call", started: false, elapsed: Duration.zero, retryAfter })
  }

  /** The refusal of a call that finds no place. A place is free when the head starts. */
  full(at: number): Reason {
    return new QueueFull({ capacity: this.queue.settings.capacity.current, retryAfter: positive(this.untilHead(at)) })
  }

  add(call: QueuedCall, at: number): void {
    this.waiting.add(call, at)
    this.#changed(1, at)
  }

  /** Notes that a call has left the line. */
  onLeft(at: number): void {
    this.#changed(-1, at)
  }

  close(): void {
    const running = this.prediction.running as Iterable<QueuedCall>
    for (const queued of [...this.waiting, ...running]) queued.call.cut(queued, shuttingDown)
  }

  predictedWait(at: number): number {
    return this.prediction.start(this.waiting.size, this.untilHead(at), at)
  }

  get cooldownUntil(): number {
    return this.#limits.cooldownUntil?.() ?? -Infinity
  }

  /** Milliseconds until the head starts; if the line is empty, until a call that arrives now does. */
  untilHead(at: number): number {
    const { head } = this.waiting
    if (head === undefined) return Math.max(0, this.cooldownUntil - at)
    return this.prediction.head(head.headAt, this.cooldownUntil, at)
  }

  /**
   * By how many milliseconds a call that arrives now is predicted to miss its deadline; 0 if it is not refused for
   * that.
   */
  #late({ deadlineAt, options }: Call, at: number): number {
    const { prediction, waiting } = this
    // An estimate that refused an idle gate could never be corrected.
    if (!this.queue.settings.prediction || deadlineAt === Infinity || waiting.head === undefined) return 0
    if (prediction.isInTime(waiting.size, this.cooldownUntil, deadlineAt, at)) return 0
    return prediction.late(waiting.ahead(options, at), this.untilHead(at), deadlineAt, at)
  }

  #changed(by: 1 | -1, at: number): void {
    this.queue.size += by
    this.#limits.onWaiting?.(this.waiting.size)
    this.queue.report(at)
  }
}

/** A call in the queue; once it has started, a running call. */
class QueuedCall extends Stage implements Waiter<QueuedCall>, Running, Step {
  readonly call: Call
  readonly #line: Line
  previous: QueuedCall | undefined = undefined
  next: QueuedCall | undefined = undefined
  flow: Flow<QueuedCall> | undefined = undefined
  virtualStart = NaN
  order = 0
  arrivedAt = NaN
  /** Since when it has been the head, and whether it waited for that. */
  headAt = NaN
  #waited = false
  /** When its last attempt started; `undefined` while it waits in the queue. */
  startedAt: number | undefined = undefined
  /** Fires after `maxWait`. */
  #timer: Timer | undefined = undefined

  constructor(call: Call, line: Line) {
    super()
    this.call = call
    this.#line = line
  }

  override enter(at: number) {
    const line = this.#line
    const { capacity, maxWait, timers } = line.queue.settings
    const refusal = line.refusal(this.call, at)
    if (refusal !== undefined) return refusal
    line.add(this, at)
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
    if (this.startedAt !== undefined) prediction.onRestart(this, at)
    else {
      prediction.onStart(this, this.#headSince(at), this.#waited, at)
      this.#out(waiting.start(at), at, at)
    }
    return undefined
  }

  override stop(at: number) {
    this.#line.prediction.onStop(this, at)
  }

  override leave(end: End, at: number) {
    const { prediction, waiting } = this.#line
    if (this.startedAt !== undefined) {
      prediction.onEnd(at - this.startedAt, Exit.isSuccess(end))
      return undefined
    }
    prediction.served.add(0)
    const headAt = waiting.head === this ? this.#headSince(at) : at
    prediction.onStall(headAt, at)
    // The waiting time of a head that gives up is part of the next head's sample, so stalls count.
    this.#out(waiting.leave(this, at), headAt, at)
    return undefined
  }

  /** Without places to wait in, a call that has not started by now is refused. */
  step() {
    if (this.call.attempts === 0) this.call.cut(this, this.#line.full(this.call.now()))
  }

  /** Since when it has been the head, not counting a cooldown, which says nothing about the spacing of starts. */
  #headSince(at: number): number {
    return Math.max(this.headAt, Math.min(at, this.#line.cooldownUntil))
  }

  /** Leaves the queue, and lets the next head into the policies beneath. */
  #out(next: QueuedCall | undefined, headAt: number, at: number): void {
    if (this.#timer !== undefined) this.#line.queue.settings.timers.cancel(this.#timer)
    this.#line.onLeft(at)
    if (next === undefined) return
    next.headAt = headAt
    next.call.proceed(next)
  }

  #waitedTooLong(at: number): void {
    const elapsed = Duration.millis(this.#line.queue.settings.maxWait)
    const retryAfter = positive(this.#line.untilHead(at))
    this.call.cut(this, new DeadlineExceeded({ limit: "wait", started: false, elapsed, retryAfter }))
  }
}
