import { read } from "./Reader.ts"
import type { Vocabulary } from "./Vocabulary.ts"

/** One thing that a situation asks for: the words it names, and what it wants to know of them. */
export interface Goal {
  readonly stems: ReadonlySet<string>
  readonly sought: number
}

/** The things that a situation asks for. */
export const goals = (situation: string, vocabulary: Vocabulary): ReadonlyArray<Goal> =>
  situation
    .split(/[.;:?!\n]|, then |\balso\b|, and /i)
    .map((text) => {
      const reading = read({ text }, vocabulary)
      const stems = new Set<string>()
      for (const { kind, stem } of reading.spots) if (kind !== "common" && kind !== "time") stems.add(stem)
      for (const name of reading.voice) stems.add(name)
      let sought = 0
      for (const raw of text.match(/\p{L}+/gu) ?? []) sought |= vocabulary.spelling(raw).word.sought
      return { stems, sought }
    })
    .filter(({ stems }) => stems.size > 0)
