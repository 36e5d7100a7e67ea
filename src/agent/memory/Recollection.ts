import type { Entry } from "./Entry.ts"

export interface Options {
  /** Counts the tokens of a text. */
  readonly count: (text: string) => number
}

/** What one agent knows: remembers entries one by one and tells the few statements that a situation asks for. */
export class Recollection {
  readonly #count: (text: string) => number
  readonly #lines = new Map<string, string>()

  constructor({ count }: Options) {
    this.#count = count
  }

  /** Adds one entry; later entries are taken as newer. */
  remember(entry: Entry): void {
    for (const line of entry.text.split("\n")) {
      const statement = line.trim()
      if (statement === "") continue
      this.#lines.delete(statement.toLowerCase())
      this.#lines.set(statement.toLowerCase(), statement)
    }
  }

  /** The current statements that a situation asks for, a line each, in at most so many tokens. */
  context(situation: string, budgetTokens: number): string {
    const asked = new Set(situation.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
    const score = (line: string) => line.split(/[^\p{L}\p{N}]+/u).filter((word) => asked.has(word)).length
    const ranked = [...this.#lines]
      .map(([key, line], index) => ({ line, index, score: score(key) }))
      .sort((a, b) => b.score - a.score || b.index - a.index)
    const kept: Array<(typeof ranked)[number]> = []
    let left = budgetTokens
    for (const item of ranked) {
      const cost = this.#count(`${item.line}\n`)
      if (cost > left) continue
      left -= cost
      kept.push(item)
    }
    return kept
      .sort((a, b) => a.index - b.index)
      .map(({ line }) => line)
      .join("\n")
  }
}
