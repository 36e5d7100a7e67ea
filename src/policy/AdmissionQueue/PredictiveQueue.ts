import { Duration, Effect, Exit } from "effect"
import { type End, waits } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { decode, type OptionsOf, type Values } from "../../config/Options.ts"
import * as Table from "../../config/Table.ts"
import * as Dynamic from "../../engine/Dynamic.ts"
import { Fifo } from "../../engine/Fifo.ts"
import { Heap } from "../../engine/Heap.ts"
import { change, post } from "../../engine/Line.ts"
import { Timer } from "../../engine/TimerQueue.ts"
import { type Forecast, unknowing } from "../../Forecast.ts"
import { Gate } from "../../Gate.ts"
import { DeadlineExceeded, QueueFull, type Reason, shuttingDown } from "../../Rejection.ts"
import { Aging } from "./Aging.ts"
import { Callers } from "./Callers.ts"
import { Demand } from "./Demand.ts"
import { Ewma } from "./Ewma.ts"
import {
  byArrival,
  byUsualCost,
  isRecall,
  isUntouched,
  type Order,
  PredictedCall,
  recalled,
  shortestFirst
} from "./PredictedCall.ts"
import * as QueuePolicy from "./QueuePolicy.ts"
import { allInTime, byLatestStart, CostAhead } from "./Schedule.ts"

const fields = {
  /** Calls that may wait, a whole number from 0; 0 starts a call at once or refuses it. Follows a `SubscriptionRef`. */
  capacity: Dynamic.field(Table.limits.maxQueueSize),
  /** Longest wait for the start, 1 ms to a day, or `Infinity`. Default: `Infinity`. */
  maxWait: Field.duration({ infinite: true, default: Infinity }),
  /** How long a call waits for each step up in priority, 1 ms to a day; `Infinity` switches aging off. Default: 10 s. */
  priorityAging: Field.duration({ infinite: true, default: 10_000 }),
  /** Whether a call is refused if it is predicted to miss its deadline. Default: `true`. */
  prediction: Field.boolean({ default: true }),
  /** Whether a call that the model refused (429, 503, no connection) waits again until its deadline. Default: `false`. */
  putBack: Field.boolean({ default: false })
}

export interface Options extends OptionsOf<typeof fields> {}

/**
 * Lets calls wait in a bounded queue, in the order in which as many as possible end in time.
 *
 * A variant of `AdmissionQueue`: urgent calls first; then those whose job is under way, those of light callers, the
 * others; among equals, whatever order lets most of them meet their deadlines (Moore and Hodgson, 1968), by the work that
 * the policy beneath predicts. Without a forecast beneath it is first come, first served.
 *
 * @example
 * const gate = PredictiveQueue.layer({ capacity: 50 }).pipe(
 *   Layer.provide(AdaptiveConcurrency.layer()),
 *   Layer.provide(Gate.layerNoop)
 * )
 *
 * await Effect.runPromise(Effect.provide(Gate.pass({ deadline: "20 seconds" }, askModel), gate)) // => "an answer"
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* (beneath) {
      const settings = yield* decode(fields, options)
      return yield* QueuePolicy.make(
        settings.capacity,
        beneath,
        (surroundings) => new PredictiveQueue({ ...settings, ...surroundings }),
        (call, queue) => new PredictedCall(call, queue)
      )
    })
  )

interface Settings extends Values<typeof fields>, QueuePolicy.Surroundings {}

/** While no call can end in time at the present speed, one a second finds out whether that is still so. */
const probeEvery = 1000
/** How much more than its usual throughput the model is allowed before a call is refused. */
const hope = 1.25
/** A call starts only if it would end in time even if it took this much longer than predicted. */
const margin = 1.2
/** The time constant of the demand that a refusal is judged by, in milliseconds. */
const demandWindow = 60_000
/** All that wait are judged anew after so many milliseconds for each: it takes about a hundredth of that. */
const reviewEvery = 0.02

const positive = (millis: number) => (millis > 0 && millis < Infinity ? Duration.millis(millis) : undefined)

class PredictiveQueue {
  readonly #settings: Settings
  readonly #forecast: Forecast
  /** All calls that came and have not left. */
  readonly #inside = new Fifo<PredictedCall>()
  #order: Order = byArrival
  /** Those that wait; if the shortest go first, those that can start in time. */
  #waiting = this.#heap()
  /** Those that cannot. */
  #late = this.#heap()
  size = 0
  #running = 0
  #head: PredictedCall | undefined
  #lastStart = -Infinity
  #reviewedAt = -Infinity
  /** Whether those that wait are judged because another came. */
  #refuses = false
  readonly #ahead = new CostAhead<PredictedCall>(byUsualCost)
  readonly #aging: Aging
  readonly #callers = new Callers()
  readonly #demand = new Demand(demandWindow)
  /** Times from one start to the next while calls wait. */
  readonly #spacing = new Ewma()
  readonly #probe = new Timer(() => change(() => this.#next(this.#settings.timers.now())))

  constructor(settings: Settings) {
    this.#settings = settings
    this.#aging = new Aging(settings.priorityAging)
    this.#forecast = settings.beneath.forecast ?? unknowing
  }

  get capacity(): number {
    return this.#settings.capacity.current
  }

  enter(queued: PredictedCall, at: number): Reason | typeof waits | undefined {
    const { options } = queued.call
    if (this.#settings.draining.isClosed()) return shuttingDown
    if (this.size >= Math.max(1, this.capacity)) return this.full(at)
    queued.arrivedAt = at
    queued.work = this.#forecast.work(options)
    const cost = this.#forecast.cost(queued.work, options, at, "usual")
    queued.placedCost = cost
    this.#demand.add(cost, at)
    queued.caller = this.#callers.arrive(options.caller, options.weight, cost, at)
    queued.underWay = this.#callers.isUnderWay(queued.caller, at)
    const found = this.size
    const reason = found === 0 ? undefined : this.#judge(queued, at)
    if (reason !== undefined) {
      this.#callers.leave(queued.caller, false, at)
      return reason
    }
    this.#inside.add(queued)
    this.size++
    this.#report(at)
    this.#setTimer(queued, at)
    // It must have started when its own step is over.
    if (this.capacity === 0) post(queued)
    if (found === 0) {
      this.#head = queued
      queued.state = "head"
      return undefined
    }
    this.#add(queued)
    queued.entering = true
    this.#next(at)
    queued.entering = false
    return queued.state === "head" ? undefined : waits
  }

  start(queued: PredictedCall, at: number): void {
    this.#running++
    if (queued.state !== "head") return
    queued.state = "started"
    if (queued.arrivedAt <= this.#lastStart) this.#spacing.add(at - this.#lastStart)
    this.#lastStart = at
    this.#out(queued, at)
    this.#next(at)
  }

  stop(at: number): void {
    this.#running--
    this.#next(at)
  }

  leave(queued: PredictedCall, end: End, at: number): typeof waits | undefined {
    const { state } = queued
    const again =
      (isRecall(end) || (state === "started" && this.#settings.putBack && isUntouched(end))) &&
      at < queued.call.deadlineAt
    queued.recalled = false
    if (again && !this.#settings.draining.isDraining()) {
      if (state === "head") this.#head = undefined
      else this.size++
      queued.state = "waiting"
      this.#ahead.remove(queued)
      this.#place(queued, at)
      this.#add(queued)
      this.#next(at)
      return waits
    }
    if (state === "waiting" || state === "head") this.#out(queued, at)
    queued.state = "out"
    this.#inside.remove(queued)
    const answered = Exit.isSuccess(end)
    if (answered) this.#demand.serve(queued.placedCost, at)
    this.#callers.leave(queued.caller!, answered, at)
    this.#next(at)
    return undefined
  }

  close(): void {
    for (const queued of this.#inside) queued.call.cut(queued, shuttingDown)
  }

  full(at: number): Reason {
    return new QueueFull({ capacity: this.capacity, retryAfter: positive(this.#untilHead(at)) })
  }

  gauges(at: number) {
    let oldest = at
    let work = 0
    for (const queued of this.#inside) {
      if (queued.state !== "waiting" && queued.state !== "head") continue
      oldest = Math.min(oldest, queued.arrivedAt)
      work += this.#forecast.cost(queued.work, queued.call.options, at, "present")
    }
    return { maxSize: this.capacity, oldestWaitMs: at - oldest, predictedWaitMs: work }
  }

  #heap(): Heap<PredictedCall> {
    return new Heap<PredictedCall>((a, b) => this.#order(a, b) < 0)
  }

  #add(queued: PredictedCall): void {
    queued.isLate = false
    this.#waiting.add(queued)
    this.#ahead.add(queued)
  }

  /** Takes a call out of those that wait. */
  #remove(queued: PredictedCall): void {
    if (queued.isLate) this.#late.remove(queued)
    else this.#waiting.remove(queued)
    queued.isLate = false
  }

  /** A call that waited, or was the head, leaves the queue. */
  #out(queued: PredictedCall, at: number): void {
    if (queued === this.#head) this.#head = undefined
    else this.#remove(queued)
    if (--this.size > 0) this.#ahead.remove(queued)
    // Nothing of those that are gone is kept.
    else this.#ahead.reset([])
    if (queued.timer !== undefined) this.#settings.timers.cancel(queued.timer)
    this.#report(at)
  }

  /** Chooses the next head, perhaps in place of the present one. */
  #next(at: number): void {
    const { timers } = this.#settings
    timers.cancel(this.#probe)
    if (this.size === (this.#head === undefined ? 0 : 1)) return
    if (at >= this.#reviewedAt + reviewEvery * this.size) this.#review(at)
    const best = this.#best(at)
    const head = this.#head
    if (best === undefined) {
      const due = this.#lastStart + probeEvery - at
      if (head === undefined) timers.set(this.#probe, at, Math.max(1, Math.min(probeEvery, due)))
      return
    }
    if (head !== undefined) {
      const stays = this.#isLate(head, at) === this.#isLate(best, at) ? this.#order(head, best) <= 0 : best.isLate
      // It comes back through `leave`, which chooses again.
      if (stays || head.recalled) return
      head.recalled = true
      return head.call.cut(head, recalled)
    }
    this.#remove(best)
    this.#head = best
    best.state = "head"
    if (!best.entering) best.call.proceed(best)
  }

  /** The call that starts next of those that wait; `undefined` if none should. */
  #best(at: number): PredictedCall | undefined {
    for (let first = this.#waiting.first; first !== undefined; first = this.#waiting.first) {
      if (!this.#isLate(first, at)) return first
      this.#waiting.remove(first)
      first.isLate = true
      this.#late.add(first)
    }
    const { first } = this.#late
    if (first === undefined || this.#running < 2 || at >= this.#lastStart + probeEvery) return first
    // A call that the policies beneath refuse has nothing to wait for.
    return this.#settings.beneath.refusal?.(first.call.options, at) === undefined ? undefined : first
  }

  /** Whether a call starts only to find out whether the model is still too slow for it. */
  #isLate(queued: PredictedCall, at: number): boolean {
    return this.#order === shortestFirst && at > queued.latestStart
  }

  /** Judges all that wait by the present forecast: refuses those that must be, and finds the order of the others. */
  #review(at: number): void {
    this.#reviewedAt = at
    const jobs = Array.from(this.#inside).filter(({ state }) => state === "waiting" || state === "head")
    this.#aging.clear()
    for (const { arrivedAt, call } of jobs) this.#aging.note(call.options.priority, at - arrivedAt)
    for (const job of jobs) this.#assess(job, at)
    jobs.sort(byUsualCost)
    let ahead = 0
    const kept: Array<PredictedCall> = []
    for (const job of jobs) {
      const reason = job === this.#head || !this.#refuses ? undefined : this.#lateness(job, ahead, at)
      if (reason === undefined) {
        ahead += job.placedCost
        kept.push(job)
        continue
      }
      this.#out(job, at)
      job.state = "refused"
      job.call.cut(job, reason)
    }
    this.#ahead.reset(kept)
    if (kept[0]?.cost === 0) this.#order = byArrival
    else this.#order = allInTime(kept.slice(), this.#forecast.backlog(at), at) ? byLatestStart : shortestFirst
    this.#waiting = this.#heap()
    this.#late = this.#heap()
    for (const job of kept) {
      if (job === this.#head) continue
      job.isLate = false
      this.#waiting.add(job)
    }
  }

  /** Judges a call that comes while others wait. */
  #judge(queued: PredictedCall, at: number): Reason | undefined {
    this.#refuses = true
    if (at >= this.#reviewedAt + reviewEvery * this.size) this.#review(at)
    this.#refuses = false
    const head = this.#head
    // A call that found the queue empty has no place yet.
    if (head?.place === 0) {
      this.#place(head, at)
      this.#ahead.add(head)
    }
    return this.#lateness(queued, this.#place(queued, at), at)
  }

  /** Finds a call's place among the others, and returns the cost of those that go before it. */
  #place(queued: PredictedCall, at: number): number {
    this.#assess(queued, at)
    return this.#ahead.ahead(queued)
  }

  /** Why a call cannot end in time even at the usual speed, if so much goes before it. */
  #lateness(job: PredictedCall, ahead: number, at: number): Reason | undefined {
    if (!this.#settings.prediction || job.placedCost === 0 || job.call.deadlineAt === Infinity) return undefined
    const free = job.class < 2 ? hope : this.#demand.free(job.placedCost, hope, at)
    const slack = job.latestUsualStart - at
    if (slack >= 0 && (ahead === 0 || (free > 0 && ahead / free <= slack))) return undefined
    // After so long those ahead of it are done, as far as they must be for it to be let in.
    const retryAfter = positive(Math.max(ahead - Math.max(0, slack * free), this.#untilHead(at)))
    const elapsed = Duration.millis(at - job.arrivedAt)
    return new DeadlineExceeded({ limit: "call", started: false, elapsed, retryAfter })
  }

  /** Predicts what a call needs, and how urgent it is. */
  #assess(job: PredictedCall, at: number): void {
    const forecast = this.#forecast
    const { deadlineAt, options } = job.call
    job.class = job.underWay ? 0 : this.#callers.isLight(job.caller!, 1, at) ? 1 : 2
    job.tier = 4 * this.#aging.level(options.priority, at - job.arrivedAt, job.class < 2) + job.class
    job.cost = forecast.cost(job.work, options, at, "present")
    job.placedCost = forecast.cost(job.work, options, at, "usual")
    // A call that may go before others is not given up for a mean: replies are shorter than theirs more often than longer.
    const work = job.class < 2 ? (job.shortWork ??= forecast.shortWork(options)) : job.work
    job.latestStart = deadlineAt - margin * forecast.duration(work, at)
    job.latestUsualStart = deadlineAt - forecast.usualDuration(work)
  }

  /** Milliseconds until the head is expected to start. */
  #untilHead(at: number): number {
    const cooldown = (this.#settings.beneath.cooldownUntil?.() ?? -Infinity) - at
    if (this.#head === undefined) return cooldown
    const since = Math.max(this.#lastStart, this.#head.arrivedAt)
    // A head that has waited longer than usual is expected to wait as long again.
    return Math.max(cooldown, Math.abs(this.#spacing.mean - (at - since)))
  }

  #setTimer(queued: PredictedCall, at: number): void {
    const { maxWait, timers } = this.#settings
    if (maxWait === Infinity) return
    queued.timer = new Timer(() => this.#waitedTooLong(queued))
    timers.set(queued.timer, at, maxWait)
  }

  #waitedTooLong(queued: PredictedCall): void {
    const elapsed = Duration.millis(this.#settings.maxWait)
    const retryAfter = positive(this.#untilHead(queued.call.now()))
    queued.call.cut(queued, new DeadlineExceeded({ limit: "wait", started: false, elapsed, retryAfter }))
  }

  #report(at: number): void {
    this.#settings.record({ _tag: "Waiting", size: this.size, capacity: this.capacity, at })
  }
}
