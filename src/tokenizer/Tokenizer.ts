import { Context, Data, Effect, Layer } from "effect"
import { estimate } from "./Estimate.ts"

/** The package that counts exactly is not installed, or could not be loaded. */
export class TokenizerMissing extends Data.TaggedError("TokenizerMissing")<{ readonly cause: unknown }> {
  override get message(): string {
    return "exact token counts need the package gpt-tokenizer: npm install gpt-tokenizer@4, or leave Tokenizer.layerO200k out"
  }
}

/** Counts the tokens of texts; by default an estimate that errs upward. */
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

  /** Estimates from above, with no table of tokens: a budget kept by it is kept by the o200k_base encoding too. */
  static readonly estimate: Tokenizer = new Tokenizer(estimate)

  /** Counts exactly as the o200k_base encoding does, through the optional package gpt-tokenizer; loaded when first built. */
  static readonly layerO200k: Layer.Layer<never, TokenizerMissing> = Layer.effect(
    this.current,
    Effect.map(
      Effect.tryPromise({
        try: () => import("gpt-tokenizer/encoding/o200k_base"),
        catch: (cause) => new TokenizerMissing({ cause })
      }),
      ({ countTokens }) => new Tokenizer((text) => countTokens(text, { disallowedSpecial: new Set() }))
    )
  )
}
