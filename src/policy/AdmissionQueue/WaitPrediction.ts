import { Fifo, type Linked } from "../../engine/Fifo.ts"
import { Ewma } from "./Ewma.ts"

/** A call that has started and whose work has not ended. */
export interface Running extends Linked<Running> {
  startedAt: number
  readonly permits: number
}

/** More permits than these are taken to come free evenly: looking at each call would cost more than it tells. */
const looksAtPermits = 64

/**
 * Predicts when a call in the queue would start, in milliseconds from now.
 *
 * With `p` permits, calls of the usual duration `S` (a moving mean), and `k` calls ahead: the permits come free after `|S - age|` for each
 * running call (one that is overdue is expected to take as long again) and at once for each free permit. In order, the
 * permit number `k mod p` serves the call after `floor(k / p)` others, so
 *
 *     start = free[k mod p] + floor(k / p) * S
 *
 * exact for calls of equal duration. Where something else spaces the starts, a rate limit above all, the call starts no sooner
 * than the head, and `k` of those spaces later. Spaces are learned only from heads that had their permits: what a permit was
 * waited for says nothing of the rate.
 */
export class WaitPrediction {
  /** How long calls take that end by themselves: for so long a permit is held. */
  readonly duration = new Ewma()
  /** How long an answer takes; a call that was cut short would have taken at least as long. */
  readonly answer = new Ewma()
  /** From one start to the next while calls wait and permits are free. */
  readonly spacing = new Ewma()
  /** The share of calls that start, of those that leave the queue: callers ahead may leave before their turn. */
  readonly served = new Ewma(1, 20)
  readonly #running = new Fifo<Running>()
  readonly #permits: () => number
  /** The permits of the calls that run. */
  #width = 0
  /** When the last permit came free that calls were waiting for. */
  #permitFreeAt = -Infinity
  #lastStart = -Infinity
  /** The longest that a head which gave up had waited since the last start: starts are spaced no closer at present. */
  #longestStall = 0

  constructor(permits: () => number) {
    this.#permits = permits
  }

  /** Notes that a call starts which has been the head since a moment, and whether it had to wait for that. */
  onStart(running: Running, headAt: number, waited: boolean, at: number): void {
    const headTime = at - Math.max(headAt, this.#permitFreeAt)
    const sinceLast = at - this.#lastStart
    const { mean } = this.spacing
    // A call that found the queue empty says nothing of the spacing under load, unless it had to wait for longer than that, or
    // for most of the time since the last start: an estimate that got too high lets few others wait, and must recover.
    if (waited || headTime > mean) this.spacing.add(headTime)
    else if (sinceLast < mean && 2 * headTime > sinceLast) this.spacing.add(sinceLast)
    this.#lastStart = at
    this.#longestStall = 0
    this.served.add(1)
    this.onRestart(running, at)
  }

  /** Notes that a call that had left the queue starts another attempt. */
  onRestart(running: Running, at: number): void {
    running.startedAt = at
    this.#running.add(running)
    this.#width += running.permits
  }

  /** Notes that the work of a call has ended. */
  onStop(running: Running, at: number): void {
    if (this.#width >= this.#permits()) this.#permitFreeAt = at
    this.#running.remove(running)
    this.#width -= running.permits
  }

  /** Learns from a call that ended, with its answer or without. */
  onEnd(duration: number, answered: boolean): void {
    if (answered) this.duration.add(duration)
    if (answered || duration > this.answer.mean) this.answer.add(duration)
  }

  /** Notes that the head gives up, which had waited since a moment. */
  onStall(headAt: number, at: number): void {
    this.#longestStall = Math.max(this.#longestStall, at - headAt)
  }

  /** How long until the head starts, which is the head since a moment; nothing does before a cooldown has ended. */
  head(headAt: number, cooldownUntil: number, at: number): number {
    const waited = Math.max(0, at - Math.max(headAt, cooldownUntil, this.#permitFreeAt))
    const permit = this.#permit(0, at)
    // A head that has waited longer than usual is expected to wait as long again.
    const spaced = permit > 0 ? 0 : Math.max(Math.abs(this.spacing.mean - waited), this.#longestStall - waited)
    return Math.max(spaced, permit, cooldownUntil - at, 0)
  }

  /** How long until a call starts that has so many ahead of it, of which the first starts after `head` milliseconds. */
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

  /** How many calls of the usual width run at once. */
  get #slots(): number {
    const { size } = this.#running
    return size === 0 ? this.#permits() : Math.max(1, Math.floor((this.#permits() * size) / this.#width))
  }

  /** How long until the permit is free for a call that has so many ahead of it. */
  #permit(ahead: number, at: number): number {
    const slots = this.#slots
    if (slots === Infinity) return 0
    const { mean } = this.duration
    const rounds = Math.floor(ahead / slots)
    if (slots > looksAtPermits) {
      const busy = this.#running.size + ahead - slots
      return busy < 0 ? 0 : (busy / slots) * mean
    }
    const free: Array<number> = []
    for (const { startedAt } of this.#running) free.push(Math.abs(mean - (at - startedAt)))
    while (free.length < slots) free.push(0)
    return free.sort((a, b) => a - b)[ahead % slots]! + rounds * mean
  }
}
