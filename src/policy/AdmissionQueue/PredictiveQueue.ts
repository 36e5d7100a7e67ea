import { Cause, Duration, Effect, Exit, Option } from "effect"
import { type Call, type End, Stage, waitingFor, waits } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { decode, type OptionsOf, type Values } from "../../config/Options.ts"
import * as Table from "../../config/Table.ts"
import { Draining } from "../../Drain.ts"
import * as Dynamic from "../../engine/Dynamic.ts"
import { change, post, type Step } from "../../engine/Line.ts"
import { Timer, TimerQueue } from "../../engine/TimerQueue.ts"
import * as Failure from "../../Failure.ts"
import type { Forecast } from "../../Forecast.ts"
import { Gate, type Limits } from "../../Gate.ts"
import { DeadlineExceeded, QueueFull, type Reason, ShuttingDown } from "../../Rejection.ts"
import { Stats } from "../../Stats.ts"
import { type Caller, Callers } from "./Callers.ts"
import { Demand } from "./Demand.ts"
import { fit, type Job } from "./Schedule.ts"

const fields = {
  /** Calls that may wait, a whole number from 0; 0 starts a call at once or refuses it. Follows a `SubscriptionRef`. */
  capacity: Dynamic.field(Table.limits.maxQueueSize),
  /** Longest wait for the start, 1 ms to a day, or `Infinity`. Default: `Infinity`. */
  maxWait: Field.duration({ infinite: true, default: Infinity }),
  /**
   * How long a call waits for each step up in priority, 1 ms to a day; `Infinity` switches priority aging off. Default:
   * 10 s.
   */
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
      const draining = yield* Draining
      const { record, watch } = yield* Stats.recorder
      const timers = yield* TimerQueue.make
      const queue = new PredictiveQueue({ ...settings, beneath, draining, record, timers })
      watch(() => queue.gauges(timers.now()))
      yield* settings.capacity.follow()
      if (draining.possible) yield* draining.onEnd(() => change(() => queue.close()))
      return waitingFor("queue", (call) => new PredictedCall(call, queue))
    })
  )

interface Settings extends Values<typeof fields> {
  readonly beneath: Limits
  readonly draining: Draining
  readonly timers: TimerQueue
  readonly record: Stats["Service"]["record"]
}

const shuttingDown = new ShuttingDown({ retryAfter: undefined })
/** Takes the head back into the queue; its caller never sees it. */
const recalled = new ShuttingDown({ retryAfter: undefined })

/** While no call can end in time at the present speed, one a second finds out whether that is still so. */
const probeEvery = 1000
/** How much more than its usual throughput the model is allowed before a call is refused. */
const hope = 1.25
/** A call starts only if it would end in time even if it took this much longer than predicted. */
const margin = 1.2
/** The time constant of the demand that a refusal is judged by, in milliseconds. */
const demandWindow = 60_000
/** The calls that wait are judged anew when one comes, and this often, in milliseconds. */
const judgeEvery = 250

/** The forecast where no policy beneath has one: nothing is known. */
const unknowing: Forecast = {
  work: () => 0,
  duration: () => 0,
  usualDuration: () => 0,
  cost: () => 0,
  backlog: () => 0
}

class PredictiveQueue {
  readonly #settings: Settings
  readonly #forecast: Forecast
  readonly #waiting = new Set<PredictedCall>()
  readonly #running = new Set<PredictedCall>()
  #head: PredictedCall | undefined
  #lastStart = -Infinity
  #looksAt = -Infinity
  readonly #callers = new Callers()
  readonly #demand = new Demand(demandWindow)
  readonly #probe = new Timer(() => change(() => this.#next(this.#settings.timers.now())))

  constructor(settings: Settings) {
    this.#settings = settings
    this.#forecast = settings.beneath.forecast ?? unknowing
  }

  get capacity(): number {
    return this.#settings.capacity.current
  }

  get size(): number {
    return this.#waiting.size + (this.#head === undefined ? 0 : 1)
  }

  enter(queued: PredictedCall, at: number): Reason | typeof waits | undefined {
    const { draining, maxWait, timers } = this.#settings
    const forecast = this.#forecast
    if (draining.isDraining()) return shuttingDown
    if (this.size >= Math.max(1, this.capacity)) return this.full(at)
    queued.arrivedAt = at
    // It must have started when its own step is over.
    if (this.capacity === 0) post(queued)
    queued.work = forecast.work(queued.call.options)
    const cost = forecast.cost(queued.work, queued.call.options, at, "usual")
    this.#demand.add(queued.work, cost, at)
    const { caller, weight } = queued.call.options
    queued.caller = this.#callers.arrive(caller, weight, cost, at)
    queued.underWay = this.#callers.isUnderWay(queued.caller, at)
    if (this.#head === undefined && this.#waiting.size === 0) {
      this.#head = queued
      queued.state = "head"
      this.#report(at)
      return undefined
    }
    this.#waiting.add(queued)
    this.#looksAt = -Infinity
    this.#report(at)
    if (maxWait < Infinity) {
      queued.timer = new Timer(() => this.#waitedTooLong(queued))
      timers.set(queued.timer, at, maxWait)
    }
    queued.entering = true
    this.#refuse(at)
    this.#next(at)
    queued.entering = false
    return queued.state === "head" ? undefined : waits
  }

  start(queued: PredictedCall, at: number): void {
    this.#running.add(queued)
    if (queued.state !== "head") return
    queued.state = "started"
    this.#head = undefined
    this.#lastStart = at
    if (queued.timer !== undefined) this.#settings.timers.cancel(queued.timer)
    this.#report(at)
    this.#next(at)
  }

  stop(queued: PredictedCall, at: number): void {
    this.#running.delete(queued)
    if (this.#waiting.size > 0) this.#next(at)
  }

  leave(queued: PredictedCall, end: End, at: number): typeof waits | undefined {
    const { state } = queued
    const again =
      (isRecall(end) || (state === "started" && this.#settings.putBack && isUntouched(end))) &&
      at < queued.call.deadlineAt
    queued.recalled = false
    if (state === "head") this.#head = undefined
    if (again && !this.#settings.draining.isDraining()) {
      queued.state = "waiting"
      this.#waiting.add(queued)
      this.#next(at)
      return waits
    }
    queued.state = "out"
    if (queued.caller !== undefined) this.#callers.leave(queued.caller, Exit.isSuccess(end), at)
    if (queued.timer !== undefined) this.#settings.timers.cancel(queued.timer)
    this.#waiting.delete(queued)
    if (state !== "started") this.#report(at)
    this.#next(at)
    return undefined
  }

  close(): void {
    if (this.#head !== undefined) this.#head.call.cut(this.#head, shuttingDown)
    for (const queued of this.#waiting) queued.call.cut(queued, shuttingDown)
    for (const queued of this.#running) queued.call.cut(queued, shuttingDown)
  }

  full(_at: number): Reason {
    return new QueueFull({ capacity: this.capacity, retryAfter: undefined })
  }

  gauges(at: number) {
    let oldest = this.#head?.arrivedAt ?? at
    let work = 0
    for (const job of this.#jobs(at, "present")) {
      oldest = Math.min(oldest, job.arrivedAt)
      work += job.cost
    }
    return { maxSize: this.capacity, oldestWaitMs: at - oldest, predictedWaitMs: work }
  }

  /** Chooses the next head, perhaps in place of the present one. */
  #next(at: number): void {
    const { timers } = this.#settings
    timers.cancel(this.#probe)
    if (this.#waiting.size === 0) return
    const best = this.#choose(at)
    if (best === undefined) {
      if (this.#head === undefined)
        timers.set(this.#probe, at, Math.max(1, Math.min(probeEvery, this.#lastStart + probeEvery - at)))
      return
    }
    if (this.#head === best) return
    if (this.#head !== undefined) {
      // It comes back through `leave`, which chooses again.
      if (!this.#head.recalled) {
        this.#head.recalled = true
        this.#head.call.cut(this.#head, recalled)
      }
      return
    }
    this.#waiting.delete(best)
    this.#head = best
    best.state = "head"
    if (!best.entering) best.call.proceed(best)
  }

  /** The call that starts next, the present head included; `undefined` if none should. */
  #choose(at: number): PredictedCall | undefined {
    const jobs = this.#jobs(at, "present")
    if (jobs[0]!.cost === 0) return first(jobs, (a, b) => a.tier - b.tier || a.arrivedAt - b.arrivedAt)
    const all = fit(jobs, this.#forecast.backlog(at), at)
    if (all) return first(jobs, (a, b) => a.tier - b.tier || a.latestStart - b.latestStart)
    const shortest = (a: PredictedCall, b: PredictedCall) =>
      a.tier - b.tier || a.cost - b.cost || a.work - b.work || a.arrivedAt - b.arrivedAt
    const chosen = first(
      jobs.filter((job) => at <= job.latestStart),
      shortest
    )
    if (chosen !== undefined) return chosen
    const due = this.#running.size < 2 || at >= this.#lastStart + probeEvery
    return due ? first(jobs, shortest) : undefined
  }

  /** Refuses the calls that cannot end in time even at the usual speed. */
  #refuse(at: number): void {
    if (!this.#settings.prediction || at < this.#looksAt) return
    this.#looksAt = at + judgeEvery
    const jobs = this.#jobs(at, "usual")
    jobs.sort((a, b) => a.tier - b.tier || a.cost - b.cost || a.work - b.work || a.arrivedAt - b.arrivedAt)
    let ahead = 0
    for (const job of jobs) {
      if (job.cost === 0) return
      const free = job.class < 2 ? hope : hope - this.#demand.below(job.work, at)
      const late = at > job.latestStart || (ahead > 0 && (free <= 0 || ahead / free > job.latestStart - at))
      if (!late || job === this.#head) {
        ahead += job.cost
        continue
      }
      const reason = new DeadlineExceeded({
        limit: "call",
        started: false,
        elapsed: Duration.millis(at - job.arrivedAt),
        retryAfter: undefined
      })
      job.call.cut(job, reason)
    }
  }

  #jobs(at: number, speed: "present" | "usual"): Array<PredictedCall> {
    const { priorityAging } = this.#settings
    const forecast = this.#forecast
    const jobs = [...this.#waiting]
    if (this.#head !== undefined) jobs.push(this.#head)
    for (const job of jobs) {
      const { deadlineAt, options } = job.call
      const aged = priorityAging === Infinity ? 0 : Math.floor((at - job.arrivedAt) / priorityAging)
      const light = this.#callers.isLight(job.caller!, 1, at)
      job.class = job.underWay ? 0 : light ? 1 : 2
      job.tier = 4 * Math.max(0, options.priority - aged) + job.class
      const duration = speed === "usual" ? forecast.usualDuration(job.work) : margin * forecast.duration(job.work, at)
      job.cost = forecast.cost(job.work, options, at, speed)
      job.latestStart = deadlineAt - duration
    }
    return jobs
  }

  #waitedTooLong(queued: PredictedCall): void {
    const elapsed = Duration.millis(this.#settings.maxWait)
    queued.call.cut(queued, new DeadlineExceeded({ limit: "wait", started: false, elapsed, retryAfter: undefined }))
  }

  #report(at: number): void {
    this.#settings.record({ _tag: "Waiting", size: this.size, capacity: this.capacity, at })
  }
}

const first = (jobs: ReadonlyArray<PredictedCall>, order: (a: PredictedCall, b: PredictedCall) => number) => {
  let best = jobs[0]
  for (const job of jobs) if (order(job, best!) < 0) best = job
  return best
}

/** Whether a call ended because its place was taken back; work that ended before that has its own end. */
const isRecall = (end: End): boolean =>
  Exit.isFailure(end) &&
  Failure.rejectionOf(Option.getOrUndefined(Cause.findErrorOption(end.cause)))?.reason === recalled

/** Whether an attempt failed before the model had begun with it. */
const isUntouched = (end: End): boolean => {
  if (Exit.isSuccess(end)) return false
  const error = Option.getOrUndefined(Cause.findErrorOption(end.cause))
  if (error === undefined || Failure.rejectionOf(error) !== undefined) return false
  const status = Failure.statusOf(error)
  return status === 429 || status === 503 || Failure.isUnreached(end)
}

/** A call in the queue; once it is out, a running call. */
class PredictedCall extends Stage implements Job, Step {
  readonly call: Call
  readonly #queue: PredictiveQueue
  state: "waiting" | "head" | "started" | "out" = "waiting"
  /** Whether the head is on its way back into the queue. */
  recalled = false
  /** Whether it is on its way in at this moment, so that it need not be told to proceed. */
  entering = false
  timer: Timer | undefined = undefined
  caller: Caller | undefined = undefined
  underWay = false
  class = 2
  arrivedAt = NaN
  tier = 0
  work = 0
  cost = 0
  latestStart = 0
  fits = true

  constructor(call: Call, queue: PredictiveQueue) {
    super()
    this.call = call
    this.#queue = queue
  }

  override enter(at: number) {
    return this.#queue.enter(this, at)
  }

  override start(at: number) {
    // Its place was taken back while it was about to start.
    if (this.recalled) return recalled
    this.#queue.start(this, at)
    return undefined
  }

  override stop(at: number) {
    this.#queue.stop(this, at)
  }

  override leave(end: End, at: number) {
    return this.#queue.leave(this, end, at)
  }

  /** Without places to wait in, a call that has not started by now is refused. */
  step() {
    if (this.call.end === undefined && this.call.attempts === 0) this.call.cut(this, this.#queue.full(this.call.now()))
  }
}
