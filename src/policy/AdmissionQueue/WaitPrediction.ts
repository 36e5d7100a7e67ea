import type { Call } from "../../Call.ts"
import { Fifo, type Linked } from "../../engine/Fifo.ts"
import { Ewma } from "./Ewma.ts"

/** A call that has started and whose work has not ended. */
export interface Running extends Linked<Running> {
  startedAt: number | undefined
  /** Its attempts that run: work that was given up may go on while the next attempt does. */
  running: number
  readonly call: Pick<Call, "options">
}

/** Above this many slots they are taken to come free evenly, since looking at each call would cost too much. */
const looksAtPermits = 64

/**
 * Predicts when a call in the queue would start, in milliseconds from now.
 *
 * With `p` permits, calls of the mean duration `S`, and `k` calls ahead: each running call frees its permit after `|S -
 * age|` (an overdue call is expected to take as long again), a free permit is free at once. In ascending order, permit
 * number `k mod p` serves the call after `floor(k / p)` others:
 *
 *     start = free[k mod p] + floor(k / p) * S
 *
 * This is exact for calls of equal duration. If something else spaces the starts, above all a rate limit, the call
 * starts no sooner than `k` spaces after the head. Spaces are learned only while a permit is free: the wait for a
 * permit says nothing about the rate. The whole formula is in docs/policies/admission-queue.md.
 */
export class WaitPrediction {
  /** Durations of calls that succeed: for so long a permit is held. */
  readonly duration = new Ewma()
  /** Times until an answer; a call that was cut short would have taken at least as long. */
  readonly answer = new Ewma()
  /** Times from one start to the next while calls wait and permits are free. */
  readonly spacing = new Ewma()
  /** The share of calls that start, of those that leave the queue: callers ahead may leave before their turn. */
  readonly served = new Ewma(1, 20)
  /** The calls that have started and whose work has not ended, in the order of their starts. */
  readonly running = new Fifo<Running>()
  readonly #permits: () => number
  /** The permits of the calls that run. */
  #width = 0
  /** When a permit last came free while all were taken. */
  #permitFreeAt = -Infinity
  #lastStart = -Infinity
  /** When a call was last answered; `-Infinity` if none has been. */
  #answeredAt = -Infinity
  /** The longest wait of a head that gave up since the last start: at present starts are spaced no closer. */
  #longestStall = 0

  constructor(permits: () => number) {
    this.#permits = permits
  }

  /**
   * Notes the start of a call that has been the head since `headAt`; `waited` tells whether it waited to become the
   * head.
   */
  onStart(call: Running, headAt: number, waited: boolean, at: number): void {
    const headTime = at - Math.max(headAt, this.#permitFreeAt)
    const sinceLast = at - this.#lastStart
    const { mean } = this.spacing
    // A call that found the queue empty says nothing about the spacing under load, unless it waited longer than that,
    // or for most of the time since the last start: an estimate that is too high lets few others wait, and must
    // recover.
    if (waited || headTime > mean) this.spacing.add(headTime)
    else if (sinceLast < mean && 2 * headTime > sinceLast) this.spacing.add(sinceLast)
    this.#lastStart = at
    this.#longestStall = 0
    this.served.add(1)
    this.onRestart(call, at)
  }

  /** Notes the start of another attempt of a call that has left the queue. */
  onRestart(call: Running, at: number): void {
    call.startedAt = at
    if (call.running++ > 0) return
    this.running.add(call)
    this.#width += call.call.options.permits
  }

  /** Notes that the work of a call has ended. */
  onStop(call: Running, at: number): void {
    if (--call.running > 0) return
    if (this.#width >= this.#permits()) this.#permitFreeAt = at
    this.running.remove(call)
    this.#width -= call.call.options.permits
  }

  /** Learns from a call that ended, answered or not. */
  onEnd(duration: number, answered: boolean, at: number): void {
    if (answered) {
      this.#answeredAt = at
      this.duration.add(duration)
    }
    if (answered || duration > this.answer.mean) this.answer.add(duration)
  }

  /** Whether the model answers: it has been silent, while calls run, for no longer than an answer takes. */
  isAnswering(at: number): boolean {
    const silentSince = Math.max(this.#answeredAt, this.running.first?.startedAt ?? at)
    return at - silentSince <= this.duration.mean
  }

  /** Notes that a call gives up that had been the head since `headAt`. */
  onStall(headAt: number, at: number): void {
    this.#longestStall = Math.max(this.#longestStall, at - headAt)
  }

  /**
   * Time until the head starts, which has been the head since `headAt`; nothing starts before the cooldown has ended.
   */
  head(headAt: number, cooldownUntil: number, at: number): number {
    const waited = Math.max(0, at - Math.max(headAt, cooldownUntil, this.#permitFreeAt))
    const permit = this.#permit(0, at)
    // A head that has waited longer than usual is expected to wait as long again.
    const spaced = permit > 0 ? 0 : Math.max(Math.abs(this.spacing.mean - waited), this.#longestStall - waited)
    return Math.max(spaced, permit, cooldownUntil - at, 0)
  }

  /** Time until a call starts that has so many ahead of it, the first of which starts after `head` milliseconds. */
  start(ahead: number, head: number, at: number): number {
    return Math.max(head + ahead * this.spacing.mean, this.#permit(ahead, at))
  }

  /**
   * By how much a call will miss its deadline that has so many ahead of it: not positive if it may well be in time.
   *
   * A refusal is sure of itself: it takes the spread of durations and spaces, and calls ahead that may leave, in the call's
   * favour. A queue of calls of unequal duration refuses less than one of equal ones, and never serves less for it.
   */
  late(ahead: number, head: number, deadlineAt: number, at: number): number {
    const { answer, duration, spacing } = this
    const slots = this.#slots
    ahead = Math.round(ahead * this.served.mean)
    const spread = answer.spread(1) + duration.spread(ahead / (slots * slots)) + spacing.spread(ahead)
    return at + Math.max(0, this.start(ahead, head, at) + answer.mean - spread) - deadlineAt
  }

  /** Whether a call with at most so many ahead is in time by far: true for nearly every call, and cheap to find out. */
  isInTime(ahead: number, cooldownUntil: number, deadlineAt: number, at: number): boolean {
    const { mean } = this.duration
    const slots = this.#slots
    const oldest = this.running.first?.startedAt ?? at
    // No permit takes longer to come free than a new call is expected to run, or as long again as the oldest has.
    const permit = slots === Infinity ? 0 : Math.max(mean, at - oldest) + (ahead / slots) * mean
    const head = Math.max(this.spacing.mean, this.#longestStall, at - this.#lastStart, cooldownUntil - at, 0)
    return at + head + permit + ahead * this.spacing.mean + this.answer.mean <= deadlineAt
  }

  /** How many calls of the mean width of those that run can run at once. */
  get #slots(): number {
    const { size } = this.running
    return size === 0 ? this.#permits() : Math.max(1, Math.floor((this.#permits() * size) / this.#width))
  }

  /** Time until the permit is free for a call that has so many ahead of it. */
  #permit(ahead: number, at: number): number {
    const slots = this.#slots
    if (slots === Infinity) return 0
    const { mean } = this.duration
    const rounds = Math.floor(ahead / slots)
    if (slots > looksAtPermits) {
      const busy = this.running.size + ahead - slots
      return busy < 0 ? 0 : (busy / slots) * mean
    }
    // The first permit needs no order of all; each refusal asks for it.
    if (ahead === 0) {
      let first = this.running.size < slots ? 0 : Infinity
      for (let call = this.running.first; call !== undefined; call = call.next) {
        first = Math.min(first, Math.abs(mean - (at - call.startedAt!)))
      }
      return first
    }
    const free = new Float64Array(Math.max(slots, this.running.size))
    let index = 0
    for (let call = this.running.first; call !== undefined; call = call.next) {
      free[index++] = Math.abs(mean - (at - call.startedAt!))
    }
    return free.sort()[ahead % slots]! + rounds * mean
  }
}
