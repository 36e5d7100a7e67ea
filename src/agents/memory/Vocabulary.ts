import { type Spelling, spell } from "./reading/Spelling.ts"
import * as Word from "./Word.ts"

interface Term {
  readonly left: string
  readonly right: string
  /** Bit 1: different words stood before it; bit 2: after it. */
  wide: number
  met: number
}

/** The words met so far. */
export class Vocabulary {
  readonly #words = new Map<string, Word.Word>()
  readonly #spellings = new Map<string, Spelling>()
  readonly #terms = new Map<string, Term>()

  readonly #parts = new Set<string>()

  /** Notes that a number belongs to the name of a thing: hatch 7. */
  number(name: string): void {
    if (this.#parts.size < 5000) this.#parts.add(name)
  }

  /** Whether a number is known to belong to the name of a thing. */
  numbered(name: string): boolean {
    return this.#parts.has(name)
  }

  /** Notes that words stand together between two others. */
  meet(term: string, left: string, right: string): void {
    const known = this.#terms.get(term)
    if (known === undefined) this.#terms.set(term, { left, right, wide: 0, met: 1 })
    else {
      known.met++
      if (known.left !== left) known.wide |= 1
      if (known.right !== right) known.wide |= 2
    }
  }

  /** Notes that words head a row. */
  head(term: string): void {
    this.#terms.set(term, { left: "", right: "", wide: 3, met: 1 })
  }

  /** Whether words are known to name something: what stands before and after them varies, or they head a row. */
  known(term: string): boolean {
    return this.#terms.get(term)?.wide === 3
  }

  /** Whether words are known to belong to a wording: they were met more than twice, always in the same surroundings. */
  worded(term: string): boolean {
    const known = this.#terms.get(term)
    return known !== undefined && known.met > 2 && known.wide !== 3
  }

  /** A word or a number as it is written. */
  spelling(raw: string): Spelling {
    let known = this.#spellings.get(raw)
    if (known === undefined) this.#spellings.set(raw, (known = spell(raw, this.#word(raw))))
    return known
  }

  #word(raw: string): Word.Word {
    const lower = raw.toLowerCase().replaceAll("’", "'")
    let word = this.#words.get(lower)
    if (word === undefined) this.#words.set(lower, (word = Word.make(lower)))
    return word
  }
}
