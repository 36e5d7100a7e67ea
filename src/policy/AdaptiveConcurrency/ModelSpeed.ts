/** Bins of concurrency for each doubling. */
const binsPerOctave = 4
/** The weight of a new sample in its bin, once the bin has ten. */
const binGain = 0.1
/** A bin with so many samples is believed. */
const settled = 5
/** The weight of a new sample of the present pace. */
const paceGain = 0.4
/** A model that is slower than usual by more than this teaches nothing of what is usual. */
const incident = 1.5
/** The logarithm of the ratio of concurrencies at which a bin counts half: the fit is good near the present one. */
const locality = 0.5
/** A throughput is as good as another if it is this part of it. */
const alike = 0.98
/** A concurrency is enough if one higher by this factor brings no more. */
const clearly = 1.5
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
  /** When it came to be believed. */
  settledAt: number
}

/** An exponentially weighted mean of logarithms: a model that is ten times slower recovers as fast as it fell. */
const follow = (mean: number, sample: number): number => mean ** (1 - paceGain) * sample ** paceGain

const isNear = (ratio: number): boolean => ratio < incident && ratio > 1 / incident

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
  /** The highest over the lowest concurrency that was measured. */
  range = 1
  /** The recent concurrency. */
  #latest = 1
  /** The part of a completion token that a prompt token takes. */
  promptCost = 0
  /** How many times slower than usual the model is at present. */
  pace = 1
  samples = 0
  /** The pace at concurrencies that are known well. */
  #surePace = 1
  #incident = false
  /** When the model was last at its usual speed. */
  #normalAt = -Infinity
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

  /** The usual time per token at a concurrency, in milliseconds; 0 while nothing is known. */
  timePerToken(concurrency: number): number {
    return this.#fixed + this.#perCall * concurrency
  }

  /** By how much the time per token grows with each call that runs, as a part of the time of an idle model. */
  get slope(): number {
    return this.#fixed > 0 ? this.#perCall / this.#fixed : Infinity
  }

  /** The least concurrency beyond which more calls have brought no more tokens a second; `Infinity` while none is known. */
  get enough(): number {
    // A bin has no time before its first fit.
    const known = this.#bins.filter(({ samples, time }) => samples >= settled && time > 0)
    const best = Math.max(...known.map(({ concurrency, time }) => concurrency / time))
    const good = known.filter(({ concurrency, time }) => concurrency / time >= alike * best)
    const least = Math.min(...good.map(({ concurrency }) => concurrency))
    return known.some(({ concurrency }) => concurrency >= clearly * least) ? least : Infinity
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
    const known = bin !== undefined && bin.samples >= settled && bin.settledAt <= this.#normalAt
    const usual = known ? bin.time : this.timePerToken(concurrency)
    const slower = usual > 0 ? took / (this.work(prompt, completion) * usual) : 1
    this.pace = follow(this.pace, slower)
    if (this.samples < beginning) this.#normalAt = at
    const learns = this.samples++ < beginning || this.#judge(known, slower, at)
    if (learns) this.#add(index, concurrency, prompt, completion, took / (this.#incident ? this.#surePace : 1), at)
    if (this.samples < 64 || this.samples % 8 === 0) this.#fit()
  }

  /**
   * Tells whether a sample is one of the model as it usually is, and finds out whether it is in an incident.
   *
   * Only a concurrency that is known well tells an incident from the cost of more concurrency.
   */
  #judge(known: boolean, slower: number, at: number): boolean {
    // More concurrency makes a model slower, but never faster.
    if (!known && slower > 1 / incident) return !this.#incident || isNear(slower / this.#surePace)
    this.#surePace = follow(this.#surePace, slower)
    if (isNear(slower)) this.#normalAt = at
    const before = this.#incident
    this.#incident = this.#surePace > incident
    if (this.#incident) {
      if (!before) this.#forget(this.#normalAt)
      // What is known well stays as it is, or it would drift with the pace that is measured by it.
      return false
    }
    // A model that is much faster than it ever was has been slow from the beginning.
    if (this.#surePace < 1 / incident) this.#quicken()
    return isNear(slower)
  }

  /** Forgets the concurrencies that have come to be known since a moment. */
  #forget(since: number): void {
    for (const [index, bin] of this.#byIndex.entries()) {
      if (bin === undefined || bin.settledAt <= since) continue
      this.#byIndex[index] = undefined
      this.#bins.splice(this.#bins.indexOf(bin), 1)
    }
  }

  #quicken(): void {
    for (const bin of this.#bins) {
      bin.tc *= this.#surePace
      bin.tp *= this.#surePace
    }
    this.#surePace = 1
    this.#fit()
  }

  #add(index: number, concurrency: number, p: number, c: number, t: number, at: number): void {
    let bin = this.#byIndex[index]
    if (bin === undefined) {
      bin = { samples: 0, concurrency, cc: 0, cp: 0, pp: 0, tc: 0, tp: 0, time: 0, settledAt: Infinity }
      this.#byIndex[index] = bin
      this.#bins.push(bin)
    }
    this.#latest += 0.1 * (concurrency - this.#latest)
    const gain = Math.max(binGain, 1 / ++bin.samples)
    // One that is as slow as an incident would make it is believed once the model has been normal elsewhere.
    if (bin.samples === settled) {
      const time = bin.tc / (bin.cc + this.promptCost * bin.cp)
      bin.settledAt = isNear(time / this.#believed(bin.concurrency)) ? -Infinity : at
    }
    bin.concurrency += gain * (concurrency - bin.concurrency)
    bin.cc += gain * (c * c - bin.cc)
    bin.cp += gain * (c * p - bin.cp)
    bin.pp += gain * (p * p - bin.pp)
    bin.tc += gain * (t * c - bin.tc)
    bin.tp += gain * (t * p - bin.tp)
  }

  /** The time per token that the nearest concurrency which is believed leads to expect, if all calls share the model. */
  #believed(concurrency: number): number {
    let nearest: Bin | undefined
    for (const bin of this.#bins) {
      if (bin.samples < settled || bin.settledAt > this.#normalAt) continue
      const distance = Math.abs(Math.log(bin.concurrency / concurrency))
      if (nearest === undefined || distance < Math.abs(Math.log(nearest.concurrency / concurrency))) nearest = bin
    }
    return nearest === undefined
      ? this.timePerToken(concurrency)
      : nearest.time * Math.max(1, concurrency / nearest.concurrency)
  }

  /** Least squares of `t = time (c + promptCost p)`, first by bin and then for all, and of `time = fixed + perCall n`. */
  #fit(): void {
    let [weights, x, y, xx, xy, work, squares] = [0, 0, 0, 0, 0, 0, 0]
    let [least, most] = [Infinity, 0]
    const cost = this.promptCost
    for (const bin of this.#bins) {
      const distance = Math.log(bin.concurrency / this.#latest) / locality
      bin.time = (bin.tc + cost * bin.tp) / (bin.cc + 2 * cost * bin.cp + cost * cost * bin.pp)
      const weight = Math.min(1 / binGain, bin.samples) / (1 + distance * distance)
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
    if (squares > 0) this.promptCost = Math.min(1, Math.max(0, work / squares))
    this.range = most / least
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
