/**
 * Decides which calls are dropped because calls wait too long, by CoDel (Nichols and Jacobson, 2012; RFC 8289).
 *
 * A wait above the target is no harm in a burst. Only if each start for a whole interval has waited for longer, the call that
 * would start is dropped; the next ones in ever shorter times, the interval divided by the root of their number, until
 * a call has waited for less. The last call in line is never dropped.
 */
export class ControlledDelay {
  readonly #target: number
  readonly #interval: number
  /** When the waits will have been above the target for an interval; `undefined` while they are not. */
  #dueAt: number | undefined = undefined
  #dropping = false
  #nextDropAt = -Infinity
  #count = 0
  #lastCount = 0

  /** Times are milliseconds; a target of `Infinity` drops nothing. */
  constructor(target: number, interval: number) {
    this.#target = target
    this.#interval = interval
  }

  /** Whether a call is dropped that has waited so long and would start now. */
  drops(waited: number, isLast: boolean, at: number): boolean {
    if (waited < this.#target || isLast) {
      this.#dueAt = undefined
      this.#dropping = false
      return false
    }
    this.#dueAt ??= at + this.#interval
    if (at < this.#dueAt || (this.#dropping && at < this.#nextDropAt)) return false
    this.#next(at)
    return true
  }

  #next(at: number): void {
    if (this.#dropping) this.#count++
    else {
      this.#dropping = true
      // If it dropped a moment ago, it goes on at about the pace that kept waits short then.
      const before = this.#count - this.#lastCount
      this.#count = before > 1 && at - this.#nextDropAt < 16 * this.#interval ? before : 1
      this.#lastCount = this.#count
      this.#nextDropAt = at
    }
    this.#nextDropAt += this.#interval / Math.sqrt(this.#count)
  }
}
