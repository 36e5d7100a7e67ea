import { Duration, Effect, Exit } from "effect"
import { type Call, type End, Stage, waits } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { decode, type For } from "../../config/Options.ts"
import * as Table from "../../config/Table.ts"
import { Draining } from "../../Drain.ts"
import * as Dynamic from "../../engine/Dynamic.ts"
import { change, post, type Step } from "../../engine/Line.ts"
import { now } from "../../engine/Time.ts"
import { Timer, TimerQueue } from "../../engine/TimerQueue.ts"
import type { Forecast } from "../../Forecast.ts"
import { Gate } from "../../Gate.ts"
import { DeadlineExceeded, QueueFull, type Reason, ShuttingDown } from "../../Rejection.ts"
import { Stats } from "../../Stats.ts"
import { FairQueue, type Flow, type Waiter } from "./FairQueue.ts"
import { PredictedCall, PredictiveQueue } from "./PredictiveQueue.ts"
import { type Running, WaitPrediction } from "./WaitPrediction.ts"

export interface Options {
  /**
   * Calls that may wait, a whole number from 0 to 1000000, or `Infinity`; follows a `SubscriptionRef`. With 0 a call
   * starts at once or is refused.
   */
  readonly capacity: Dynamic.Dynamic
  /** Longest wait before the start, 1 ms to a day. Default: `Infinity`. */
  readonly maxWait?: Duration.Input | undefined
  /**
   * How long a call waits before it counts as one level more urgent, 1 ms to a day, or `Infinity` for never. Default:
   * 10 s.
   */
  readonly priorityAging?: Duration.Input | undefined
  /** Whether a call is refused on arrival if it is predicted to miss its deadline. Default: `true`. */
  readonly prediction?: boolean | undefined
  /**
   * Which call starts next. `fair`: by priority, then fairly between callers, then as they came. `predicted`: by
   * priority, then so that as many as possible end in time. Default: `fair`.
   */
  readonly order?: "fair" | "predicted" | undefined
}

const fields = {
  capacity: Dynamic.field(Field.required(Table.limits.maxQueueSize)),
  maxWait: Field.duration({ infinite: true, default: Infinity }),
  priorityAging: Field.duration({ infinite: true, default: 10_000 }),
  prediction: Field.boolean({ default: true }),
  order: Field.oneOf(["fair", "predicted"], { default: "fair", example: "predicted" })
} satisfies For<Options>

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
      const { capacity, maxWait, order, prediction: predicts, priorityAging: step } = yield* decode(fields, options)
      const clock = yield* now
      const draining = yield* Draining
      const { record, watch } = yield* Stats.recorder
      const timers = yield* TimerQueue.make
      const { cooldownUntil = () => -Infinity, permits = () => Infinity } = beneath
      if (order === "predicted") {
        const { forecast = unknowing } = beneath
        const queue = new PredictiveQueue(capacity.current, {
          maxWait,
          priorityAging: step,
          forecast,
          draining,
          timers,
          record
        })
        watch(() => queue.gauges(clock()))
        yield* capacity.follow((value) => void (queue.capacity = value))
        if (draining.possible) yield* draining.onEnd(() => change(() => queue.close()))
        return (call: Call) => new PredictedCall(call, queue)
      }
      const queue = new Queue(capacity.current, step, {
        maxWait,
        predicts,
        cooldownUntil,
        permits,
        draining,
        timers,
        record
      })
      watch(() => queue.gauges(clock()))
      yield* capacity.follow((value) => void (queue.capacity = value))
      if (draining.possible) yield* draining.onEnd(() => change(() => queue.close()))
      return (call: Call) => new QueuedCall(call, queue)
    })
  )

/** The forecast where no policy beneath has one: nothing is known. */
const unknowing: Forecast = {
  work: () => 0,
  duration: () => 0,
  usualDuration: () => 0,
  cost: () => 0,
  backlog: () => 0
}

interface Settings {
  readonly maxWait: number
  readonly predicts: boolean
  readonly cooldownUntil: () => number
  readonly permits: () => number
  readonly draining: Draining
  readonly timers: TimerQueue
  readonly record: Stats["Service"]["record"]
}

const shuttingDown = new ShuttingDown({ retryAfter: undefined })

const positive = (millis: number) => (millis > 0 ? Duration.millis(millis) : undefined)

/** The queue: lets one call at a time, its head, into the policies beneath, until it starts or gives up. */
class Queue {
  capacity: number
  readonly #settings: Settings
  readonly #waiting: FairQueue<QueuedCall>
  readonly #prediction: WaitPrediction

  constructor(capacity: number, step: number, settings: Settings) {
    this.capacity = capacity
    this.#settings = settings
    this.#waiting = new FairQueue(step)
    this.#prediction = new WaitPrediction(settings.permits)
  }

  enter(queued: QueuedCall, at: number): Reason | typeof waits | undefined {
    const { draining, maxWait, timers } = this.#settings
    const waiting = this.#waiting
    if (draining.isDraining()) return shuttingDown
    if (waiting.size >= Math.max(1, this.capacity)) return this.full(at)
    const late = this.#late(queued.call, at)
    if (late > 0) {
      const retryAfter = Duration.millis(late)
      return new DeadlineExceeded({ limit: "call", started: false, elapsed: Duration.zero, retryAfter })
    }
    waiting.add(queued, at)
    this.#report(at)
    if (maxWait < Infinity) {
      queued.timer = new Timer(() => this.#waitedTooLong(queued))
      timers.set(queued.timer, at, maxWait)
    }
    // It must have started when its own step is over.
    if (this.capacity === 0) post(queued)
    queued.headAt = at
    queued.waited = waiting.head !== queued
    return queued.waited ? waits : undefined
  }

  start(queued: QueuedCall, at: number): void {
    // A Retry beneath repeats a call that has left the queue already.
    if (!queued.out) {
      this.#prediction.onStart(queued, this.#headAt(queued, at), queued.waited, at)
      this.#out(queued, this.#waiting.start(at), at, at)
    } else {
      this.#prediction.onRestart(queued, at)
    }
  }

  stop(queued: QueuedCall, at: number): void {
    this.#prediction.onStop(queued, at)
  }

  leave(queued: QueuedCall, succeeded: boolean, at: number): void {
    if (queued.out) {
      this.#prediction.onEnd(at - queued.startedAt, succeeded)
      return
    }
    this.#prediction.served.add(0)
    const isHead = this.#waiting.head === queued
    const headAt = isHead ? this.#headAt(queued, at) : at
    if (isHead) this.#prediction.onStall(headAt, at)
    // The waiting time of a head that gives up is part of the next head's sample, so stalls count.
    this.#out(queued, this.#waiting.leave(queued, at), headAt, at)
  }

  close(): void {
    for (const queued of this.#waiting) queued.call.cut(queued, shuttingDown)
    for (const running of this.#prediction.running) {
      const queued = running as QueuedCall
      queued.call.cut(queued, shuttingDown)
    }
  }

  /** The refusal of a call that finds no place. A place is free when the head starts. */
  full(at: number): Reason {
    return new QueueFull({ capacity: this.capacity, retryAfter: positive(this.#head(at)) })
  }

  gauges(at: number) {
    const { oldestArrival, size } = this.#waiting
    return {
      maxSize: this.capacity,
      oldestWaitMs: oldestArrival === undefined ? 0 : at - oldestArrival,
      predictedWaitMs: this.#prediction.start(size, this.#head(at), at)
    }
  }

  #out(queued: QueuedCall, next: QueuedCall | undefined, headAt: number, at: number): void {
    queued.out = true
    if (queued.timer !== undefined) this.#settings.timers.cancel(queued.timer)
    this.#report(at)
    if (next === undefined) return
    next.headAt = headAt
    next.call.proceed(next)
  }

  #waitedTooLong(queued: QueuedCall): void {
    const elapsed = Duration.millis(this.#settings.maxWait)
    const retryAfter = positive(this.#head(queued.call.now()))
    queued.call.cut(queued, new DeadlineExceeded({ limit: "wait", started: false, elapsed, retryAfter }))
  }

  /** Milliseconds until the head starts; if the queue is empty, until a call that arrives now does. */
  #head(at: number): number {
    const cooldownUntil = this.#settings.cooldownUntil()
    const { head } = this.#waiting
    if (head === undefined) return Math.max(0, cooldownUntil - at)
    return this.#prediction.head(head.headAt, cooldownUntil, at)
  }

  /**
   * By how many milliseconds a call that arrives now is predicted to miss its deadline; 0 if it is not refused for
   * that.
   */
  #late({ deadlineAt, options }: Call, at: number): number {
    // An estimate that refused an idle gate could never be corrected.
    if (!this.#settings.predicts || deadlineAt === Infinity || this.#waiting.head === undefined) return 0
    if (this.#prediction.isInTime(this.#waiting.size, this.#settings.cooldownUntil(), deadlineAt, at)) return 0
    return this.#prediction.late(this.#waiting.ahead(options, at), this.#head(at), deadlineAt, at)
  }

  /** Since when a call has been the head, not counting a cooldown, which says nothing about the spacing of starts. */
  #headAt({ headAt }: QueuedCall, at: number): number {
    return Math.max(headAt, Math.min(at, this.#settings.cooldownUntil()))
  }

  #report(at: number): void {
    this.#settings.record({ _tag: "Waiting", size: this.#waiting.size, capacity: this.capacity, at })
  }
}

/** A call in the queue; once it is out, a running call. */
class QueuedCall extends Stage implements Waiter<QueuedCall>, Running, Step {
  readonly call: Call
  readonly #queue: Queue
  previous: QueuedCall | undefined = undefined
  next: QueuedCall | undefined = undefined
  flow: Flow<QueuedCall> | undefined = undefined
  virtualStart = NaN
  order = 0
  arrivedAt = NaN
  /** Since when it has been the head, and whether it waited for that. */
  headAt = NaN
  waited = false
  /** Whether it has left the queue. */
  out = false
  startedAt = NaN
  /** Fires after `maxWait`. */
  timer: Timer | undefined = undefined

  constructor(call: Call, queue: Queue) {
    super()
    this.call = call
    this.#queue = queue
  }

  get options() {
    return this.call.options
  }

  get permits() {
    return this.call.options.permits
  }

  override enter(at: number) {
    return this.#queue.enter(this, at)
  }

  override start(at: number) {
    this.#queue.start(this, at)
    return undefined
  }

  override stop(at: number) {
    this.#queue.stop(this, at)
  }

  override leave(end: End, at: number) {
    this.#queue.leave(this, Exit.isSuccess(end), at)
    return undefined
  }

  /** Without places to wait in, a call that has not started by now is refused. */
  step() {
    if (!this.call.over && this.call.attempts === 0) this.call.cut(this, this.#queue.full(this.call.now()))
  }
}
