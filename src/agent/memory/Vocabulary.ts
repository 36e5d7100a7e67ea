import { soughtBy, toldBy } from "./Aspect.ts"
import {
  changeWords,
  commonWords,
  conditions,
  dayWords,
  functionWords,
  locating,
  repeatWords,
  stateWords,
  timeWords
} from "./English.ts"
import { stem } from "./Stem.ts"

/** What is known of a word wherever it stands. */
export interface Word {
  readonly lower: string
  readonly stem: string
  readonly function: boolean
  readonly common: boolean
  readonly time: boolean
  readonly day: boolean
  readonly repeat: boolean
  readonly locates: boolean
  readonly state: boolean
  readonly change: boolean
  readonly condition: boolean
  readonly told: number
  readonly sought: number
  /** How often it stood with a capital where small letters stand. */
  named: number
  /** How often it was named as a place is: at, in or near it. */
  sited: number
  /** How often it stood in small letters. */
  small: number
  /** How often it stood right after a number. */
  counted: number
  /** How often it was met. */
  met: number
}

interface Term {
  readonly left: string
  readonly right: string
  /** Bit 1: different words stood before it; bit 2: after it. */
  wide: number
  met: number
}

/** The words met so far. */
export class Vocabulary {
  readonly #words = new Map<string, Word>()
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

  get(raw: string): Word {
    const lower = raw.toLowerCase().replaceAll("’", "'")
    let word = this.#words.get(lower)
    if (word === undefined) {
      const root = stem(lower)
      word = {
        lower,
        stem: root,
        function: functionWords.has(lower),
        common: commonWords.has(lower),
        time: timeWords.has(lower),
        day: dayWords.has(lower),
        repeat: repeatWords.has(lower),
        locates: locating.has(lower),
        state: stateWords.has(lower),
        condition: conditions.has(lower),
        change: changeWords.has(lower),
        told: toldBy(lower),
        sought: soughtBy.get(lower) ?? 0,
        named: 0,
        sited: 0,
        small: 0,
        counted: 0,
        met: 0
      }
      this.#words.set(lower, word)
    }
    return word
  }
}
