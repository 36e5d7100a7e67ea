/** Bins of concurrency for each doubling. */
const binsPerOctave = 4
/** The weight of a new sample in its bin, once the bin has ten. */
const binGain = 0.1
/** A bin with so many samples is believed. */
const settled = 5
/** The weight of a new sample of the present pace. */
const paceGain = 0.3
/** A model that is slower than usual by more than this teaches nothing of what is usual. */
const incident = 1.5
/** So many samples are learned from, whatever they say. */
const beginning = 20

/** Calls that ran at about the same concurrency: sums over their completion tokens, prompt tokens and times. */
interface Bin {
  samples: number
  concurrency: number
  /** Means of the products of completion (`c`), prompt (`p`) and time (`t`). */
  cc: number
  cp: number
  pp: number
  tc: number
  tp: number
  /** The time per token, in milliseconds. */
  time: number
}

/** A call at the model, as its speed is measured. */
export interface Measured {
  /** The service that a call which ran all along would have had when it started. */
  serviceAtStart: number
  /** The time-integral of the concurrency when it started. */
  areaAtStart: number
  startedAt: number
}

/**
 * Learns how the time per token grows with the concurrency, and how fast the model is at present.
 *
 * The usual time per token at a concurrency `n` is `a + b n`, fitted to means by concurrency: one step of a batching
 * model is a constant cost and one for each sequence. The present pace is a factor on it, learned fast; while it says
 * that the model is slower than usual, nothing usual is learned, so an incident does not become the baseline.
 */
export class ModelSpeed {
  readonly #bins: Array<Bin> = []
  readonly #byIndex: Array<Bin | undefined> = []
  #fixed = 0
  #perCall = 0
  #range = 1
  #promptCost = 0
  /** How many times slower than usual the model is at present. */
  pace = 1
  samples = 0
  #running = 0
  #at = 0
  /** The service that a call gets which runs all along, in milliseconds of an idle model. */
  #service = 0
  #area = 0

  /** Notes that so many calls run from now on. */
  advance(running: number, at: number): void {
    const elapsed = at - this.#at
    if (this.#running > 0) {
      this.#service += elapsed / this.#shape(this.#running)
      this.#area += elapsed * this.#running
    }
    this.#at = at
    this.#running = running
  }

  begin(call: Measured, at: number): void {
    call.serviceAtStart = this.#service
    call.areaAtStart = this.#area
    call.startedAt = at
  }

  /** The work of a reply: its tokens, and those of the prompt for the part of one that they take. */
  work(prompt: number, completion: number): number {
    return completion + prompt * this.promptCost
  }

  /** The part of a completion token that a prompt token takes. */
  get promptCost(): number {
    return this.#promptCost
  }

  /** The usual time per token at a concurrency, in milliseconds; 0 while nothing is known. */
  timePerToken(concurrency: number): number {
    return this.#fixed + this.#perCall * concurrency
  }

  /** By how much the time per token grows with each call that runs, as a part of the time of an idle model. */
  get slope(): number {
    return this.#fixed > 0 ? this.#perCall / this.#fixed : Infinity
  }

  /** The highest over the lowest concurrency that was measured. */
  get range(): number {
    return this.#range
  }

  /** How long the call has had service, in milliseconds of an idle model. */
  service(call: Measured, at: number): number {
    const running = this.#running > 0 ? (at - this.#at) / this.#shape(this.#running) : 0
    return this.#service + running - call.serviceAtStart
  }

  /** How far a call is: service it has had over what its work takes at the usual speed. */
  progress(call: Measured, work: number, at: number): number {
    const needed = work * this.timePerToken(1)
    return needed > 0 ? this.service(call, at) / needed : 0
  }

  /** Learns from a call that was answered. */
  learn(call: Measured, prompt: number, completion: number, at: number): void {
    const took = at - call.startedAt
    if (took <= 0 || completion <= 0) return
    const concurrency = Math.max(1, (this.#area - call.areaAtStart) / took)
    const index = Math.round(binsPerOctave * Math.log2(concurrency))
    const bin = this.#byIndex[index]
    const known = bin !== undefined && bin.samples >= settled
    const usual = known ? bin.time : this.timePerToken(concurrency)
    if (this.samples++ >= beginning && usual > 0) {
      const slower = took / (this.work(prompt, completion) * usual)
      this.pace += paceGain * (slower - this.pace)
      if (this.pace > incident && known) return
      // A model that is much faster than it ever was has been slow from the beginning.
      if (this.pace < 1 / incident) this.#quicken()
    }
    this.#add(index, concurrency, prompt, completion, took)
    if (this.samples < 64 || this.samples % 8 === 0) this.#fit()
  }

  #quicken(): void {
    for (const bin of this.#bins) {
      bin.tc *= this.pace
      bin.tp *= this.pace
    }
    this.pace = 1
    this.#fit()
  }

  #add(index: number, concurrency: number, p: number, c: number, t: number): void {
    let bin = this.#byIndex[index]
    if (bin === undefined) {
      bin = { samples: 0, concurrency, cc: 0, cp: 0, pp: 0, tc: 0, tp: 0, time: 0 }
      this.#byIndex[index] = bin
      this.#bins.push(bin)
    }
    const gain = Math.max(binGain, 1 / ++bin.samples)
    bin.concurrency += gain * (concurrency - bin.concurrency)
    bin.cc += gain * (c * c - bin.cc)
    bin.cp += gain * (c * p - bin.cp)
    bin.pp += gain * (p * p - bin.pp)
    bin.tc += gain * (t * c - bin.tc)
    bin.tp += gain * (t * p - bin.tp)
  }

  /** Least squares of `t = time (c + promptCost p)`, first by bin and then for all, and of `time = fixed + perCall n`. */
  #fit(): void {
    let [weights, x, y, xx, xy, work, squares] = [0, 0, 0, 0, 0, 0, 0]
    let [least, most] = [Infinity, 0]
    const cost = this.#promptCost
    for (const bin of this.#bins) {
      bin.time = (bin.tc + cost * bin.tp) / (bin.cc + 2 * cost * bin.cp + cost * cost * bin.pp)
      const weight = Math.min(1 / binGain, bin.samples)
      weights += weight
      x += weight * bin.concurrency
      y += weight * bin.time
      xx += weight * bin.concurrency * bin.concurrency
      xy += weight * bin.concurrency * bin.time
      work += weight * (bin.tp / bin.time - bin.cp)
      squares += weight * bin.pp
      least = Math.min(least, bin.concurrency)
      most = Math.max(most, bin.concurrency)
    }
    if (squares > 0) this.#promptCost = Math.min(1, Math.max(0, work / squares))
    this.#range = most / least
    const spread = xx - (x * x) / weights
    const slope = spread > 1e-9 ? (xy - (x * y) / weights) / spread : 0
    const mean = y / weights
    // Neither part is negative, and neither can be nothing.
    this.#perCall = Math.max(0, Math.min(slope, (0.98 * mean * weights) / x))
    this.#fixed = mean - (this.#perCall * x) / weights
  }

  #shape(concurrency: number): number {
    const one = this.timePerToken(1)
    return one > 0 ? this.timePerToken(concurrency) / one : 1
  }
}
