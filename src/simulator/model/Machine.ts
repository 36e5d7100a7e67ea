import type { ModelError } from "../../ai/ModelError.ts"
import { type Condition, conditionAt } from "./Incident.ts"
import type { Settings } from "./Options.ts"
import * as Failures from "./Failures.ts"
import { Quota } from "./Quota.ts"

/** Items in the order of a number each; equal ones in the order they came. */
export class EventQueue<A> {
  // Latest first, so that the next one is taken off the end. A sorted array is enough: inserting moves memory, but compares little.
  readonly #items: Array<{ readonly at: number; readonly item: A }> = []
  readonly #places = new Map<A, number>()

  get first(): A | undefined {
    return this.#items.at(-1)?.item
  }

  /** Puts an item at a number, instead of where it was. */
  put(item: A, at: number): void {
    this.remove(item)
    this.#items.splice(this.#search(at), 0, { at, item })
    this.#places.set(item, at)
  }

  remove(item: A): void {
    const at = this.#places.get(item)
    if (at === undefined) return
    this.#places.delete(item)
    let index = this.#search(at)
    while (this.#items[index]?.item !== item) index++
    this.#items.splice(index, 1)
  }

  // The first index whose number is not above `at`.
  #search(at: number): number {
    let low = 0
    let high = this.#items.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#items[middle]!.at > at) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The work of one reply, measured in milliseconds of a model that does nothing else. */
export interface Work {
  /** Until the first token. */
  readonly first: number
  /** From each token to the next. */
  readonly step: number
  readonly tokens: number
  /** Tokens of the prompt, which a provider's limit counts as well. Default: 0. */
  readonly prompt?: number | undefined
  /** What comes in place of a token; the rest never comes. */
  readonly failure: ModelError | undefined
  /** The token that the failure takes the place of. Default: 1. */
  readonly failsAt?: number | undefined
  /** Whether the reply never comes. */
  readonly hangs: boolean
}

/** One request inside the model. */
export class Job {
  readonly work: Work
  state: "waiting" | "running" | "hung" | "over" = "waiting"
  error: ModelError | undefined
  /** The progress of the model at which this job began. */
  startProgress = 0
  #out = 0
  #spent = 0
  #awaited: { readonly tokens: number; readonly wake: () => void } | undefined

  constructor(work: Work) {
    this.work = work
  }

  /** The progress of the model at which so many tokens are out. */
  due(tokens: number): number {
    return this.startProgress + this.work.first + (Math.max(1, tokens) - 1) * this.work.step
  }

  /** The progress of the model at which the job ends. */
  get end(): number {
    return this.due(this.work.failure === undefined ? this.work.tokens : (this.work.failsAt ?? 1))
  }

  /** The tokens that are out at this progress of the model. */
  out(progress: number): number {
    if (this.state !== "running") return this.#out
    const { failsAt = 1, failure, first, step, tokens } = this.work
    const since = progress - this.startProgress - first
    if (since < 0) return 0
    return Math.min(failure === undefined ? tokens : failsAt - 1, step === 0 ? Infinity : 1 + Math.floor(since / step))
  }

  /** The work done on this job, in milliseconds of a model that does nothing else. */
  spent(progress: number): number {
    return this.state === "running" ? Math.min(progress, this.end) - this.startProgress : this.#spent
  }

  /** Lets no more tokens out. */
  halt(state: "hung" | "over", progress: number): void {
    this.#spent = this.spent(progress)
    this.#out = this.out(progress)
    this.state = state
  }

  /** The progress of the model at which something happens to this job: an awaited token, or its end. */
  get next(): number {
    return this.#awaited === undefined ? this.end : Math.min(this.end, this.due(this.#awaited.tokens))
  }

  /** Has `wake` called once so many tokens are out or the job is over; takes the place of an earlier one. */
  watch(tokens: number, wake: () => void): void {
    this.#awaited = { tokens, wake }
  }

  /** Calls the watchers whose moment has come at this progress of the model. */
  reach(progress: number): void {
    const awaited = this.#awaited
    if (awaited === undefined || !this.#has(awaited.tokens, progress)) return
    this.#awaited = undefined
    awaited.wake()
  }

  #has(tokens: number, progress: number): boolean {
    if (this.state === "running") return this.due(tokens) <= progress
    return this.state === "over" || tokens <= this.#out
  }
}

/** What a model counts of itself. Always `arrived = answered + failed + refused + left + running + waiting`. */
export interface Gauges {
  /** Requests that hold a slot. */
  readonly running: number
  /** Those of them that will never answer. */
  readonly hung: number
  /** Requests that wait for a slot. */
  readonly waiting: number
  /** The most slots that were ever held at once. */
  readonly peak: number
  readonly arrived: number
  readonly answered: number
  readonly failed: number
  /** Requests turned away with a 429. */
  readonly refused: number
  /** Requests whose caller left before the answer. */
  readonly left: number
}

// The clock counts whole nanoseconds: what is due within ten of them is due now.
const slack = 1e-5

/**
 * A batching server as a sequence of events.
 *
 * All running replies advance at one pace, so a single number, the progress, times them all: a job's moments are fixed
 * points of it from the start, and a change of pace moves none of them.
 */
export class Machine {
  readonly #settings: Settings
  readonly #origin: number
  readonly #running = new Set<Job>()
  readonly #waiting = new Set<Job>()
  readonly #events = new EventQueue<Job>()
  readonly #quota: Quota
  readonly #counts = { hung: 0, peak: 0, arrived: 0, answered: 0, failed: 0, refused: 0, left: 0 }
  #condition: Condition
  #stopped = false
  #time = 0
  #progress = 0
  #pace = 0

  constructor(settings: Settings, now: number) {
    this.#settings = settings
    this.#origin = now
    this.#condition = conditionAt(settings.incidents, 0)
    this.#quota = new Quota(settings.incidents)
  }

  /** The moment of the next event, `Infinity` when none is coming. */
  get due(): number {
    return this.#running.size + this.#waiting.size === 0 ? Infinity : this.#origin + this.#next
  }

  get gauges(): Gauges {
    return { ...this.#counts, running: this.#running.size, waiting: this.#waiting.size }
  }

  /** Lets everything happen that is due by now, each at its own moment however late it is noticed. */
  advance(now: number): void {
    const time = now - this.#origin
    for (let at = this.#next; at <= time + slack; at = this.#next) {
      this.#progressTo(at)
      if (at >= this.#condition.until) this.#changeCondition(at)
      // Rounding must not leave a job just short of its moment for ever.
      else this.#progress = Math.max(this.#progress, this.#events.first!.next)
      this.#reachAll()
      this.#fill()
    }
    this.#progressTo(time)
  }

  /** Takes a request in, or says why not. */
  enter(work: Work, now: number): Job | ModelError {
    this.advance(now)
    this.#counts.arrived++
    if (this.#condition.down || this.#condition.refusing || this.#stopped) {
      this.#counts.failed++
      return Failures.unavailable()
    }
    const wait = this.#quota.admit((work.prompt ?? 0) + work.tokens, now - this.#origin)
    if (wait > 0) {
      this.#counts.refused++
      return Failures.rateLimited(wait)
    }
    if (this.#running.size >= this.#settings.slots && this.#waiting.size >= this.#settings.queue) {
      this.#counts.refused++
      return Failures.overloaded(this.#freeAfter)
    }
    const job = new Job(work)
    this.#waiting.add(job)
    this.#fill()
    this.advance(now)
    return job
  }

  /** Has `wake` called once so many tokens are out or the job is over; that may be at once. */
  watch(job: Job, tokens: number, wake: () => void, now: number): void {
    this.advance(now)
    job.watch(tokens, wake)
    if (job.state === "running") this.#events.put(job, job.next)
    job.reach(this.#progress + slack)
  }

  /** The tokens of a job that are out by now. */
  out(job: Job, now: number): number {
    this.advance(now)
    return job.out(this.#progress + slack)
  }

  /** The work done on a job by now, in milliseconds of a model that does nothing else. */
  spent(job: Job, now: number): number {
    this.advance(now)
    return job.spent(this.#progress)
  }

  /** Lets a request go, answered or not; its slot is free at once. */
  leave(job: Job, now: number): void {
    this.advance(now)
    if (job.state === "over") return
    this.#counts.left++
    this.#remove(job)
    this.#fill()
    this.advance(now)
  }

  /** Breaks off every request and takes no more. */
  stop(): void {
    this.#stopped = true
    this.#breakOff()
    this.#fill()
  }

  get #next(): number {
    const job = this.#events.first
    const reached = job === undefined || this.#pace === 0 ? Infinity : (job.next - this.#progress) / this.#pace
    return Math.min(this.#condition.until, this.#time + Math.max(0, reached))
  }

  get #freeAfter(): number {
    let least = Infinity
    for (const job of this.#running) if (job.state === "running") least = Math.min(least, job.end)
    return this.#pace === 0 ? Infinity : (least - this.#progress) / this.#pace
  }

  #progressTo(time: number): void {
    if (time <= this.#time) return
    this.#progress += (time - this.#time) * this.#pace
    this.#time = time
  }

  #changeCondition(time: number): void {
    this.#condition = conditionAt(this.#settings.incidents, time)
    if (this.#condition.down) this.#breakOff()
    else if (this.#condition.hanging) for (const job of this.#running) this.#hang(job)
  }

  #reachAll(): void {
    for (let job = this.#events.first; job !== undefined; job = this.#events.first) {
      if (job.next > this.#progress + slack) return
      this.#reach(job)
    }
  }

  #reach(job: Job): void {
    if (job.end <= this.#progress + slack) {
      if (job.work.failure === undefined) this.#counts.answered++
      else this.#counts.failed++
      job.error = job.work.failure
      this.#remove(job)
    }
    job.reach(this.#progress + slack)
    if (job.state === "running") this.#events.put(job, job.next)
  }

  #breakOff(): void {
    for (const job of [...this.#running, ...this.#waiting]) {
      this.#counts.failed++
      job.error = Failures.unavailable()
      this.#remove(job)
      job.reach(this.#progress)
    }
  }

  #remove(job: Job): void {
    if (job.state === "hung") this.#counts.hung--
    this.#waiting.delete(job)
    this.#running.delete(job)
    this.#events.remove(job)
    job.halt("over", this.#progress + slack)
  }

  #hang(job: Job): void {
    if (job.state === "hung") return
    job.halt("hung", this.#progress + slack)
    this.#counts.hung++
    this.#events.remove(job)
  }

  #start(job: Job): void {
    this.#waiting.delete(job)
    this.#running.add(job)
    this.#counts.peak = Math.max(this.#counts.peak, this.#running.size)
    if (job.work.hangs || this.#condition.hanging) return this.#hang(job)
    job.state = "running"
    job.startProgress = this.#progress
    this.#events.put(job, job.next)
  }

  // Hands free slots to those that wait, in order, and sets the pace for as many as run now.
  #fill(): void {
    for (const job of this.#waiting) {
      if (this.#running.size >= this.#settings.slots) break
      this.#start(job)
    }
    const active = this.#running.size - this.#counts.hung
    this.#pace = active === 0 ? 0 : this.#condition.speed / (1 + this.#settings.slowdown * (active - 1))
  }
}
