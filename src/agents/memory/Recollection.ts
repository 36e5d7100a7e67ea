import { InvalidOptions } from "../../config/InvalidOptions.ts"
import type { Entry } from "./Entry.ts"
import type { Fact, Slot } from "./Fact.ts"
import { Facts, keysOf, signatureOf } from "./Facts.ts"
import { goals } from "./Goals.ts"
import { place } from "./Placing.ts"
import { ranked } from "./Ranked.ts"
import { read } from "./Reader.ts"
import { split } from "./Split.ts"
import { Vocabulary } from "./Vocabulary.ts"
import { wanted } from "./Wanted.ts"
import * as Wording from "./Wording.ts"
import { importanceOf, standing, sure, told } from "./Weight.ts"

export interface Options {
  /** Counts the tokens of a text. */
  readonly count: (text: string) => number
  /** Current statements that are kept, from 10; of more than these the least important go first. 20000. */
  readonly most?: number | undefined
}

const badBudget = { name: "budgetTokens", value: "NaN", allowed: "a number of tokens", example: "600" }

/**
 * What one agent knows: remembers entries one by one, and tells the few statements that a situation asks for.
 *
 * Only what is current is kept: what is told again is counted, and what has been superseded is forgotten.
 */
export class Recollection {
  readonly #count: (text: string) => number
  readonly #vocabulary = new Vocabulary()
  readonly #facts: Facts
  #order = 0

  constructor({ count, most = 20_000 }: Options) {
    this.#count = count
    this.#facts = new Facts(most)
  }

  /** Adds one entry; later entries are taken as newer. */
  remember({ importance = 5, text }: Entry): void {
    for (const piece of split(text)) {
      const reading = read(piece, this.#vocabulary)
      const wording = Wording.of(reading)
      const fact = {
        reading,
        keys: keysOf(reading, wording),
        worded: wording === undefined ? undefined : `${wording.frame} :${wording.words}`,
        signature: signatureOf(reading),
        order: this.#order++,
        importance,
        tells: told(reading),
        echoes: 0,
        slot: undefined,
        tokens: undefined,
        useful: undefined,
        binds: undefined
      }
      place(fact, this.#facts, this.#vocabulary)
    }
  }

  /**
   * The current statements that a situation asks for, a line each, in at most so many tokens; none if that is 0 or less.
   *
   * Throws `InvalidOptions` for a number of tokens that is no number.
   */
  context(situation: string, budgetTokens: number): string {
    if (Number.isNaN(budgetTokens)) throw new InvalidOptions({ problems: [badBudget] })
    const shown = this.#shown()
    const wantedBy = wanted(goals(situation, this.#vocabulary), shown, this.#facts)
    let least = Infinity
    const scores = shown.map((fact) => {
      const importance = importanceOf(fact)
      const certain = sure(fact, importance)
      const chance = 1 - (1 - wantedBy(fact) * certain) * (1 - standing(fact, importance)) * (1 - 0.02 * certain)
      const cost = this.#tokens(fact)
      least = Math.min(least, cost)
      return chance / (cost + 4)
    })
    const kept: Array<Fact> = []
    let left = budgetTokens
    for (const fact of ranked(shown, scores)) {
      if (left < least) break
      const cost = this.#tokens(fact)
      if (cost > left) continue
      left -= cost
      kept.push(fact)
    }
    return kept
      .sort((a, b) => a.order - b.order)
      .map(({ reading }) => reading.text)
      .join("\n")
  }

  /** One statement for each question. */
  #shown(): ReadonlyArray<Fact> {
    const shown: Array<Fact> = []
    const slots = new Set<Slot>()
    for (const fact of this.#facts.all) {
      if (fact.slot === undefined) shown.push(fact)
      else if (!slots.has(fact.slot)) {
        slots.add(fact.slot)
        shown.push(this.#best(fact.slot))
      }
    }
    return shown
  }

  #tokens(fact: Fact): number {
    return (fact.tokens ??= this.#count(`${fact.reading.text}\n`))
  }

  #best(slot: Slot): Fact {
    if (slot.form === "row") return slot.facts.at(-1)!
    const value = (fact: Fact) => (fact.reading.olds.size > 0 ? 10 : 0) + this.#tokens(fact)
    return slot.facts.reduce((best, fact) => (value(fact) < value(best) ? fact : best))
  }
}
