import { Duration } from "effect"
import type { Call, ResolvedOptions, Stage } from "../../Call.ts"
import type { Limit } from "../../engine/Dynamic.ts"
import type { Lane, Limits } from "../../Limits.ts"
import { DeadlineExceeded, QueueFull, type Reason, shuttingDown, startsTooLate } from "../../Rejection.ts"
import { ControlledDelay } from "./ControlledDelay.ts"
import { FairQueue, type Order, type Waiter } from "./FairQueue.ts"
import type { Surroundings } from "./QueuePolicy.ts"
import { type Running, WaitPrediction } from "./WaitPrediction.ts"

/** A call in the queue; once it has started, a running call. */
export interface Queued extends Stage, Waiter<Queued>, Running {
  previous: Queued | undefined
  next: Queued | undefined
  readonly call: Call
  /** Since when it has been the head. */
  headAt: number
  cost: number
  readonly drop: (reason: Reason, at: number) => void
}

interface Settings extends Omit<Order, "charge" | "isAnswering">, Surroundings {
  readonly capacity: Limit
  readonly prediction: boolean
  readonly whenFull: "refuse" | "dropOldest"
  readonly delayTarget: number
  readonly delayInterval: number
  readonly maxWait: number
  readonly maxCost: number
  readonly cost: (options: ResolvedOptions) => number
  readonly shareBy: "calls" | "cost"
}

const positive = (millis: number) => (millis > 0 ? Duration.millis(millis) : undefined)

/** Calls that wait, in one line, or in several where the policies beneath have different limits for different calls. */
export class Queue {
  readonly settings: Settings
  /** Calls that wait, in all lines. */
  size = 0
  /** What they cost together, if that is bounded. */
  cost = 0
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
    // An unused line may belong to a lane that is gone.
    for (const [each, line] of this.#lines) if (line.isUnused) this.#lines.delete(each)
    const line = new Line(this, limits)
    this.#lines.set(limits, line)
    return line
  }

  /** Which bound leaves no room for a call of so much cost, if one does. */
  full(cost: number): "calls" | "cost" | undefined {
    const { capacity, maxCost } = this.settings
    if (this.size >= Math.max(1, capacity.current)) return "calls"
    return this.size > 0 && this.cost + cost > maxCost ? "cost" : undefined
  }

  /** The call that gives way to another of the priority: the oldest of the least urgent, if it is not more urgent. */
  oldest(priority: number, at: number): Queued | undefined {
    let worst: { readonly call: Queued; readonly level: number } | undefined
    for (const { waiting } of this.#all) {
      const call = waiting.oldest(at)
      const level = call === undefined ? -1 : waiting.levelOf(call, at)
      if (call === undefined || level < priority || (worst !== undefined && level < worst.level)) continue
      if (worst === undefined || level > worst.level || call.arrivedAt < worst.call.arrivedAt) worst = { call, level }
    }
    return worst?.call
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
export class Line {
  readonly queue: Queue
  readonly waiting: FairQueue<Queued>
  readonly prediction: WaitPrediction
  readonly #limits: Lane
  /** `undefined` if no wait is too long for it. */
  readonly #delay: ControlledDelay | undefined

  constructor(queue: Queue, limits: Lane) {
    const { cost, delayInterval, delayTarget, shareBy } = queue.settings
    this.queue = queue
    this.#limits = limits
    this.prediction = new WaitPrediction(() => limits.permits?.() ?? Infinity)
    this.waiting = new FairQueue({
      ...queue.settings,
      charge: shareBy === "cost" ? cost : undefined,
      isAnswering: (at) => this.prediction.isAnswering(at)
    })
    this.#delay = delayTarget === Infinity ? undefined : new ControlledDelay(delayTarget, delayInterval)
  }

  get isUnused(): boolean {
    return this.waiting.size === 0 && this.prediction.running.size === 0
  }

  /** Lets a call wait; returns why it must not, if there is a reason. */
  enter(queued: Queued, at: number): Reason | undefined {
    const { draining, maxCost, whenFull } = this.queue.settings
    const { call } = queued
    if (draining.isClosed()) return shuttingDown
    if (maxCost < Infinity) queued.cost = Math.max(0, this.queue.settings.cost(call.options))
    const limit = this.queue.full(queued.cost)
    if (limit !== undefined && whenFull === "refuse") return this.full(limit, at)
    const late = this.#late(call, at)
    if (late > 0) return startsTooLate(late)
    const refusal = limit === undefined ? undefined : this.#makeRoom(queued, at)
    if (refusal !== undefined) return refusal
    this.waiting.add(queued, at)
    this.#changed(1, queued, at)
    return undefined
  }

  /** Drops the oldest calls until there is room; returns the refusal if there will be none. */
  #makeRoom({ call, cost }: Queued, at: number): Reason | undefined {
    const { queue } = this
    const { capacity, maxCost } = queue.settings
    for (let limit = queue.full(cost); limit !== undefined; limit = queue.full(cost)) {
      const hopeless = capacity.current === 0 || cost > maxCost
      const oldest = hopeless ? undefined : queue.oldest(call.options.priority, at)
      if (oldest === undefined) return this.full(limit, at)
      oldest.drop(this.full(limit, at), at)
    }
    return undefined
  }

  /** The refusal of a call that finds no place. A place is free when the head starts. */
  full(limit: "calls" | "cost", at: number): Reason {
    const { capacity, maxCost } = this.queue.settings
    const retryAfter = positive(this.untilHead(at))
    return limit === "calls"
      ? new QueueFull({ capacity: capacity.current, retryAfter })
      : new QueueFull({ capacity: maxCost, limit, retryAfter })
  }

  /** The refusal of the head that would start now, if calls have waited too long for too long. */
  delayed(queued: Queued, at: number): Reason | undefined {
    if (this.#delay === undefined) return undefined
    const waited = at - queued.arrivedAt
    return this.#delay.drops(waited, this.waiting.size === 1, at) ? this.waitedTooLong(waited, at) : undefined
  }

  waitedTooLong(millis: number, at: number): Reason {
    const elapsed = Duration.millis(millis)
    return new DeadlineExceeded({ limit: "wait", started: false, elapsed, retryAfter: positive(this.untilHead(at)) })
  }

  /** Notes that a call has left the line. */
  onLeft(queued: Queued, at: number): void {
    this.#changed(-1, queued, at)
  }

  close(): void {
    const running = this.prediction.running as Iterable<Queued>
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

  #changed(by: 1 | -1, { cost }: Queued, at: number): void {
    const { queue } = this
    queue.size += by
    // Sums of fractions drift.
    queue.cost = queue.size === 0 ? 0 : queue.cost + by * cost
    this.#limits.onWaiting?.(this.waiting.size)
    queue.report(at)
  }
}
