/** The time constant of a caller's demand, in milliseconds. */
const window = 60_000
/** So long after an answer a caller that makes one call at a time is taken to be in the middle of a job. */
const thinking = 10_000
/** A caller that asks for less than this part of its share is light. */
const light = 0.5
/** Callers that are remembered. */
const most = 2000

/** What is known of a caller. */
export interface Caller {
  weight: number
  /** The recent work it asked for, decayed. */
  demand: number
  at: number
  readonly since: number
  /** Calls that wait or run. */
  inFlight: number
  calls: number
  /** The share of its calls that came while another was in flight. */
  overlap: number
  answeredAt: number
}

/** Learns what callers ask for, and tells whose calls go first. */
export class Callers {
  readonly #callers = new Map<string, Caller>()
  #level = 0
  #levelAt = -Infinity

  /** Notes a call that came. */
  arrive(name: string, weight: number, work: number, at: number): Caller {
    const caller = this.#of(name, at)
    decay(caller, at)
    caller.weight = weight
    caller.demand += work
    caller.calls++
    caller.overlap += Math.max(0.1, 1 / caller.calls) * ((caller.inFlight > 0 ? 1 : 0) - caller.overlap)
    caller.inFlight++
    return caller
  }

  leave(caller: Caller, answered: boolean, at: number): void {
    caller.inFlight--
    if (answered) caller.answeredAt = at
  }

  /** Whether the caller makes one call at a time and was answered a moment ago: its job is under way. */
  isUnderWay(caller: Caller, arrivedAt: number): boolean {
    return caller.calls >= 2 && caller.overlap < 0.2 && arrivedAt - caller.answeredAt < thinking
  }

  /** Whether the caller asks for less than its share of so much throughput. */
  isLight(caller: Caller, throughput: number, at: number): boolean {
    if (at >= this.#levelAt + 1000) {
      this.#levelAt = at
      this.#level = this.#fairLevel(throughput, at)
    }
    return rate(caller, at) / caller.weight < light * this.#level
  }

  /** The share, by weight, from which on callers are cut so that all get the rest of what they ask for (max-min fairness). */
  #fairLevel(throughput: number, at: number): number {
    const callers: Array<Caller> = []
    let weights = 0
    for (const caller of this.#callers.values()) {
      decay(caller, at)
      if (caller.demand < 1e-3 && caller.inFlight === 0) continue
      callers.push(caller)
      weights += caller.weight
    }
    callers.sort((a, b) => rate(a, at) / a.weight - rate(b, at) / b.weight)
    let left = throughput
    for (const caller of callers) {
      const share = left / weights
      const asked = rate(caller, at)
      if (asked / caller.weight > share) return share
      left -= asked
      weights -= caller.weight
    }
    return Infinity
  }

  #of(name: string, at: number): Caller {
    const known = this.#callers.get(name)
    if (known !== undefined) return known
    if (this.#callers.size >= most) this.#forget()
    const caller = { weight: 1, demand: 0, at, since: at, inFlight: 0, calls: 0, overlap: 0, answeredAt: -Infinity }
    this.#callers.set(name, caller)
    return caller
  }

  #forget(): void {
    for (const [name, caller] of this.#callers) {
      if (caller.inFlight > 0) continue
      this.#callers.delete(name)
      if (this.#callers.size < most / 2) return
    }
  }
}

const decay = (caller: Caller, at: number): void => {
  // In steps: an exponential for each call would cost more than the rest.
  if (at - caller.at < window / 64) return
  caller.demand *= Math.exp(-(at - caller.at) / window)
  caller.at = at
}

/** The work that a caller asks for in a millisecond. */
const rate = (caller: Caller, at: number): number => {
  const filled = 1 - Math.exp(-Math.max(1000, at - caller.since) / window)
  return (caller.demand * Math.exp(-(at - caller.at) / window)) / (window * filled)
}
