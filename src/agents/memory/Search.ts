import MiniSearch from "minisearch"
import type { Part } from "./Part.ts"
import { grams, words } from "./Words.ts"

/** Finds parts by BM25, over whole words and over the pieces that inflections and compounds share. */
export class Search {
  readonly #index = new MiniSearch<Part>({
    fields: ["terms"],
    tokenize: (text) => text.split(" "),
    processTerm: (term) => term
  })

  add(part: Part): void {
    this.#index.add(part)
  }

  remove(part: Part): void {
    this.#index.remove(part)
  }

  /** How well parts answer, by their ids: 1 is the best. */
  scores(situation: string): ReadonlyMap<number, number> {
    const asked = [...new Set(words(situation))]
    const terms = [...asked, ...new Set(asked.flatMap(grams).map((gram) => `~${gram}`))].join(" ")
    const found = this.#index.search(terms)
    const best = found[0]?.score ?? 1
    return new Map(found.map(({ id, score }) => [id, score / best]))
  }
}
