/** What a reading of a reply is worth for the shape that was asked for. */
export type Verdict =
  | { readonly _tag: "Fits"; readonly value: unknown }
  /** It is an answer, and not one that may be used: the reply has no value. */
  | { readonly _tag: "Wrong" }
  /** It was cut off before it was whole. */
  | { readonly _tag: "Cut" }
  /** It is no answer: look elsewhere. */
  | { readonly _tag: "Silent" }

export const fits = (value: unknown): Verdict => ({ _tag: "Fits", value })
export const wrong: Verdict = { _tag: "Wrong" }
export const cut: Verdict = { _tag: "Cut" }
export const silent: Verdict = { _tag: "Silent" }

/** The first reading that is an answer, right or wrong. */
export const first = (readings: Iterable<Verdict>): Verdict => {
  for (const reading of readings) if (reading._tag !== "Silent") return reading
  return silent
}
