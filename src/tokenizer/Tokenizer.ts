import { Context, Data, Effect, Layer } from "effect"
import { estimate } from "./Estimate.ts"

/** The package that counts exactly is not installed, or could not be loaded. */
export class TokenizerMissing extends Data.TaggedError("TokenizerMissing")<{ readonly cause: unknown }> {
  override get message(): string {
    return "exact token counts need the package gpt-tokenizer: npm install gpt-tokenizer@4, or leave Tokenizer.layerO200k out"
  }
}

// Characters of a request that are counted exactly: a millisecond or two. The estimate is thirty times faster.
const mostExact = 2_000

// The time of an exact count grows with the square of a word: cut, none takes more than a tenth of a millisecond.
const longestWord = 256
const longWord = new RegExp(`\\S{${longestWord + 1}}`)
const pieces = new RegExp(`(\\S{${longestWord}})`)

/**
 * Counts the tokens of texts: those that agents budget, and those that the gate reserves and counts.
 *
 * @example
 * Tokenizer.estimate.count("Wie viele Token hat dieser Satz?") > 5 // => true
 */
export class Tokenizer {
  /** The tokens of a text, special tokens taken as plain text. */
  readonly count: (text: string) => number

  constructor(count: (text: string) => number) {
    this.count = count
  }

  /** The tokenizer in use: {@link Tokenizer.estimate} unless a layer says otherwise. */
  static readonly current: Context.Reference<Tokenizer> = Context.Reference<Tokenizer>("headgate/Tokenizer", {
    defaultValue: () => Tokenizer.estimate
  })

  /** Estimates the tokens of the o200k_base encoding, on average an eighth above, without a table of tokens. */
  static readonly estimate: Tokenizer = new Tokenizer(estimate)

  /**
   * Counts exactly as the o200k_base encoding does, through the optional package gpt-tokenizer, which is loaded when the
   * layer is built. A word of more than 256 characters is counted in pieces, which adds at most a token for each.
   */
  static readonly layerO200k: Layer.Layer<never, TokenizerMissing> = Layer.effect(
    this.current,
    Effect.map(
      Effect.tryPromise({
        try: () => import("gpt-tokenizer/encoding/o200k_base"),
        catch: (cause) => new TokenizerMissing({ cause })
      }),
      ({ countTokens }) => {
        const exact = (text: string) => countTokens(text, { disallowedSpecial: new Set() })
        return new Tokenizer((text) =>
          longWord.test(text) ? text.split(pieces).reduce((sum, piece) => sum + exact(piece), 0) : exact(text)
        )
      }
    )
  )

  /** Counts as {@link Tokenizer.layerO200k} does if the package is installed, and estimates otherwise. */
  static readonly layer: Layer.Layer<never> = Layer.catchTag(this.layerO200k, "TokenizerMissing", () =>
    Layer.succeed(this.current, this.estimate)
  )

  /** Counts the texts of one request in bounded time: the first 2000 characters as `count` does, the rest by estimate. */
  bounded(): (text: string) => number {
    if (this === Tokenizer.estimate) return this.count
    let left = mostExact
    return (text) => {
      left -= text.length
      return left < 0 ? estimate(text) : this.count(text)
    }
  }
}
