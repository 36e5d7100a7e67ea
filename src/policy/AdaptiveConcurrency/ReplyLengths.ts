import type { ResolvedOptions } from "../../Call.ts"

/** Keys of a kind that are remembered; the one learned of first is forgotten first. */
const mostKeys = 2000

/** The least weight of a new sample: about the last thirty count. */
const leastGain = 0.03
/** The most weight of a new sample once a few are known. */
const mostGain = 0.5
/** The gain of the two errors that the weight of a sample is derived from (Trigg and Leach, 1967). */
const errorGain = 0.2

/**
 * A mean that follows changes: the weight of a sample grows while errors have the same sign (Trigg and Leach,
 * "Exponential Smoothing with an Adaptive Response Rate", 1967).
 */
export class AdaptiveMean {
  mean: number
  samples = 0
  /** Samples that the value it begins with is worth. */
  readonly #prior: number
  #error = 0
  #absolute = 0

  constructor(mean: number, prior: number) {
    this.mean = mean
    this.#prior = prior
  }

  add(sample: number): void {
    const error = sample - this.mean
    this.samples++
    const early = 1 / (this.samples + this.#prior)
    this.#error += errorGain * (error - this.#error)
    this.#absolute += errorGain * (Math.abs(error) - this.#absolute)
    const tracking = this.#absolute > 0 ? (this.#error / this.#absolute) ** 2 : 0
    const late = this.samples < 10 ? leastGain : Math.min(mostGain, Math.max(leastGain, tracking * mostGain))
    this.mean += Math.max(early, late) * error
  }
}

/** How replies of one model, purpose and `maxTokens` come out: the logarithm of their length, and the mean over its median. */
class Kind extends AdaptiveMean {
  readonly skew = new AdaptiveMean(1, 5)
}

/**
 * Learns how many tokens replies have, by the model, purpose and `maxTokens` of their calls, and by caller.
 *
 * Lengths are close to log-normal, so a caller counts as a factor on the usual length of the kind, and each caller's
 * calls of a kind as another; each begins at 1 and is believed as samples come (shrinkage). A kind that is not known
 * takes the mean of all.
 */
export class ReplyLengths {
  readonly #all = new Kind(0, 0)
  readonly #kinds = new Map<string, Kind>()
  readonly #callers = new Map<string, AdaptiveMean>()
  readonly #pairs = new Map<string, AdaptiveMean>()

  /** Whether a reply of this kind has been seen. */
  knows(options: ResolvedOptions): boolean {
    return this.#kinds.has(kindOf(options))
  }

  /** The length that a reply is expected to have, in tokens; 0 if nothing is known at all. */
  predict(options: ResolvedOptions): number {
    if (this.#all.samples === 0) return 0
    const name = kindOf(options)
    const kind = this.#kinds.get(name) ?? this.#all
    const caller = this.#callers.get(options.caller)?.mean ?? 0
    const pair = this.#pairs.get(`${options.caller}\n${name}`)?.mean ?? 0
    const length = Math.exp(kind.mean + caller + pair) * kind.skew.mean
    return options.maxTokens > 0 ? Math.min(options.maxTokens, length) : length
  }

  /** Learns the length of a reply. */
  learn(options: ResolvedOptions, tokens: number): void {
    const length = Math.log(Math.max(1, tokens))
    const name = kindOf(options)
    const kind = entry(this.#kinds, name, () => new Kind(length, 0))
    const caller = entry(this.#callers, options.caller, () => new AdaptiveMean(0, 3))
    const pair = entry(this.#pairs, `${options.caller}\n${name}`, () => new AdaptiveMean(0, 6))
    const median = kind.mean + caller.mean + pair.mean
    kind.skew.add(Math.min(10, Math.exp(length - median)))
    this.#all.add(length)
    kind.add(length - caller.mean - pair.mean)
    caller.add(length - kind.mean - pair.mean)
    pair.add(length - kind.mean - caller.mean)
  }
}

const kindOf = ({ maxTokens, model = "", purpose = "" }: ResolvedOptions): string =>
  `${purpose}\n${maxTokens}\n${model}`

const entry = <A>(map: Map<string, A>, key: string, make: () => A): A => {
  const known = map.get(key)
  if (known !== undefined) return known
  if (map.size >= mostKeys) {
    const [oldest] = map.keys()
    map.delete(oldest!)
  }
  const made = make()
  map.set(key, made)
  return made
}
