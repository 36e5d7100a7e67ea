import MiniSearch from "minisearch"
import type { Part } from "./Part.ts"
import { grams, weight, words } from "./Words.ts"

/** How well a part answers, and the words by which it was found, with what each of them is worth. */
export interface Hit {
  readonly score: number
  readonly words: ReadonlyArray<string>
}

// From here on two words are forms of one.
const alike = 0.35

/** Finds parts by BM25 over their words, and over words that share pieces with those of the situation. */
export class Search {
  readonly #index = new MiniSearch<Part>({
    fields: ["terms"],
    extractField: (part, name) => (name === "id" ? part.id : part.terms) as string,
    tokenize: (text) => text.split(" "),
    processTerm: (term) => term,
    searchOptions: { bm25: { k: 1.2, b: 0.3, d: 0.5 } }
  })
  /** The words that hold a piece. */
  readonly #forms = new Map<string, Set<string>>()
  readonly #holders = new Map<string, number>()

  add(part: Part): void {
    this.#index.add(part)
    for (const word of part.terms.split(" ")) {
      const holders = this.#holders.get(word) ?? 0
      this.#holders.set(word, holders + 1)
      if (holders > 0) continue
      for (const gram of grams(word)) {
        const forms = this.#forms.get(gram)
        if (forms === undefined) this.#forms.set(gram, new Set([word]))
        else forms.add(word)
      }
    }
  }

  remove(part: Part): void {
    this.#index.remove(part)
    for (const word of part.terms.split(" ")) {
      const holders = this.#holders.get(word)! - 1
      this.#holders.set(word, holders)
      if (holders > 0) continue
      this.#holders.delete(word)
      for (const gram of grams(word)) this.#forms.get(gram)!.delete(word)
    }
  }

  /** The parts that have words of a situation, by their ids. */
  find(situation: string): ReadonlyMap<number, Hit> {
    const boosts = new Map<string, number>()
    const most = Math.max(50, this.#index.documentCount / 5)
    for (const word of new Set(words(situation)))
      for (const [form, share] of this.#formsOf(word))
        if (this.#holders.get(form)! <= most) boosts.set(form, Math.max(boosts.get(form) ?? 0, share * weight(word)))
    const found = this.#index.search([...boosts.keys()].join(" "), { boostTerm: (term) => boosts.get(term)! })
    // MiniSearch multiplies the sum by the number of words that were found.
    return new Map(found.map(({ id, score, terms }) => [id, { score: score / terms.length, words: terms }]))
  }

  /** The words that are forms of one: itself, inflections and compounds; how alike they are, 0 to 1. */
  #formsOf(word: string): ReadonlyArray<readonly [form: string, share: number]> {
    const own = grams(word)
    const shared = new Map<string, number>()
    for (const gram of own)
      for (const form of this.#forms.get(gram) ?? []) shared.set(form, (shared.get(form) ?? 0) + 1)
    return [...shared].flatMap(([form, count]) => {
      if (form === word) return [[form, 1] as const]
      const share = (count / own.length + count / grams(form).length) / 2
      return share < alike ? [] : [[form, 0.7 * share] as const]
    })
  }
}
