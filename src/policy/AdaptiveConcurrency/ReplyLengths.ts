import type { ResolvedOptions } from "../../Call.ts"

/** Callers that are remembered; the one learned of first is forgotten first. */
const mostCallers = 2000
/** Purposes that are remembered, models of one purpose, and kinds of one caller. */
const most = { purposes: 500, models: 20, kinds: 20 }
/** Kinds for each doubling of `maxTokens`, so that limits that are about equal count as one. */
const binsPerOctave = 4

/** The least weight of a new sample: about the last thirty count. */
const leastGain = 0.03
/** The most weight of a new sample once a few are known. */
const mostGain = 0.5
/** The gain of the two errors that the weight of a sample is derived from (Trigg and Leach, 1967). */
const errorGain = 0.2
/** Where the lower quartile of a normal distribution is, in standard deviations from its mean. */
const quartile = -0.6745

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

/** How replies of one purpose, model and `maxTokens` come out: the logarithm of their length, and the mean over its median. */
class Kind extends AdaptiveMean {
  readonly skew = new AdaptiveMean(1, 5)
}

/** How replies of one purpose come out, and those of each kind of it: by model, and then by `maxTokens`. */
class Purpose extends AdaptiveMean {
  readonly models = new Map<string, Array<Kind | undefined>>()
}

/** The factor of a caller on the length of all its replies, and the further ones on each kind. */
class Caller extends AdaptiveMean {
  readonly kinds = new Map<Kind, AdaptiveMean>()
}

/**
 * Learns how many tokens replies have, by the model, purpose and `maxTokens` of their calls, and by caller.
 *
 * Lengths are close to log-normal, so a caller counts as a factor on the usual length of the kind, and each caller's
 * calls of a kind as another; each begins at 1 and is believed as samples come (shrinkage). A kind that is not known
 * takes the mean of its purpose, or else of all.
 */
export class ReplyLengths {
  readonly #all = new Kind(0, 0)
  readonly #purposes = new Map<string, Purpose>()
  readonly #callers = new Map<string, Caller>()
  // What was found last: a call that nothing holds up is looked up once.
  #options: ResolvedOptions | undefined = undefined
  #purpose: Purpose | undefined = undefined
  #kind: Kind | undefined = undefined
  #caller: Caller | undefined = undefined
  #pair: AdaptiveMean | undefined = undefined

  /** The length that a reply is expected to have, in tokens; 0 if nothing is known at all. */
  predict(options: ResolvedOptions): number {
    return this.#length(options, (skew) => skew)
  }

  /** The length that three replies of four exceed, in tokens; 0 if nothing is known at all. */
  lowerQuartile(options: ResolvedOptions): number {
    // The mean of a log-normal is `exp(sigma ** 2 / 2)` times its median.
    return this.#length(options, (skew) => Math.exp(quartile * Math.sqrt(2 * Math.log(Math.max(1, skew)))))
  }

  /** The usual length of a reply, times a factor that depends on how many times its median the mean is. */
  #length(options: ResolvedOptions, factor: (skew: number) => number): number {
    if (this.#all.samples === 0) return 0
    this.#find(options)
    const { mean, skew } = this.#kind ?? this.#all
    const usual = this.#kind === undefined ? (this.#purpose?.mean ?? mean) : mean
    const length = Math.exp(usual + (this.#caller?.mean ?? 0) + (this.#pair?.mean ?? 0)) * factor(skew.mean)
    return options.maxTokens > 0 ? Math.min(options.maxTokens, length) : length
  }

  /** Learns the length of a reply. */
  learn(options: ResolvedOptions, tokens: number): void {
    const length = Math.log(Math.max(1, tokens))
    this.#find(options)
    const { model = "", purpose: name = "" } = options
    const purpose = (this.#purpose ??= entry(this.#purposes, name, most.purposes, () => new Purpose(length, 0)))
    const kind =
      (this.#kind ??=
      entry(purpose.models, model, most.models, () => [])[binOf(options)] ??=
        new Kind(length, 0))
    const caller = (this.#caller ??= entry(this.#callers, options.caller, mostCallers, () => new Caller(0, 3)))
    const pair = (this.#pair ??= entry(caller.kinds, kind, most.kinds, () => new AdaptiveMean(0, 6)))
    const median = kind.mean + caller.mean + pair.mean
    kind.skew.add(Math.min(10, Math.exp(length - median)))
    this.#all.add(length)
    purpose.add(length - caller.mean)
    kind.add(length - caller.mean - pair.mean)
    caller.add(length - kind.mean - pair.mean)
    pair.add(length - kind.mean - caller.mean)
  }

  #find(options: ResolvedOptions): void {
    if (options === this.#options) return
    this.#options = options
    this.#purpose = this.#purposes.get(options.purpose ?? "")
    this.#kind = this.#purpose?.models.get(options.model ?? "")?.[binOf(options)]
    this.#caller = this.#callers.get(options.caller)
    this.#pair = this.#kind === undefined ? undefined : this.#caller?.kinds.get(this.#kind)
  }
}

const binOf = ({ maxTokens }: ResolvedOptions): number => Math.round(binsPerOctave * Math.log2(maxTokens + 1))

const entry = <K, A>(map: Map<K, A>, key: K, most: number, make: () => A): A => {
  const known = map.get(key)
  if (known !== undefined) return known
  if (map.size >= most) {
    const [oldest] = map.keys()
    map.delete(oldest!)
  }
  const made = make()
  map.set(key, made)
  return made
}
