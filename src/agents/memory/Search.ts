import MiniSearch from "minisearch"
import type { Part } from "./Part.ts"
import { grams, weight, words } from "./Words.ts"

// From here on two words are forms of one.
const alike = 0.35

/** Finds parts by their words, and by words that share pieces with those of a situation. */
export class Search {
  readonly #index = new MiniSearch<Part>({
    fields: ["terms"],
    tokenize: (text) => text.split(" "),
    processTerm: (term) => term,
    searchOptions: { bm25: { k: 1.2, b: 0.3, d: 0.5 } }
  })
  /** The words that hold a piece; a word of a forgotten part finds nothing. */
  readonly #forms = new Map<string, Set<string>>()
  readonly #known = new Set<string>()

  add(part: Part): void {
    this.#index.add(part)
    for (const word of part.bag) {
      if (this.#known.has(word)) continue
      this.#known.add(word)
      for (const gram of grams(word)) this.#forms.set(gram, (this.#forms.get(gram) ?? new Set()).add(word))
    }
  }

  remove(part: Part): void {
    this.#index.remove(part)
  }

  /** How well parts answer, by their ids, and the words by which they are found; words common to many find nothing. */
  find(
    situation: string,
    isCommon: (word: string) => boolean
  ): ReadonlyMap<number, { readonly score: number; readonly words: ReadonlyArray<string> }> {
    const boosts = new Map<string, number>()
    for (const word of new Set(words(situation)))
      for (const [form, share] of this.#formsOf(word))
        if (!isCommon(form)) boosts.set(form, Math.max(boosts.get(form) ?? 0, share * weight(word)))
    const found = this.#index.search([...boosts.keys()].join(" "), { boostTerm: (term) => boosts.get(term)! })
    // MiniSearch multiplies the sum by the number of words that were found.
    return new Map(found.map(({ id, score, terms }) => [id, { score: score / terms.length, words: terms }]))
  }

  /** A word, its inflections and its compounds; how alike they are, 0 to 1. */
  #formsOf(word: string): ReadonlyArray<readonly [form: string, share: number]> {
    const own = grams(word)
    const shared = new Map<string, number>([[word, own.length]])
    for (const gram of own)
      for (const form of this.#forms.get(gram) ?? []) if (form !== word) shared.set(form, (shared.get(form) ?? 0) + 1)
    return [...shared].flatMap(([form, count]) => {
      const share = (count / own.length + count / grams(form).length) / 2
      return share < alike ? [] : [[form, form === word ? 1 : 0.7 * share] as const]
    })
  }
}
