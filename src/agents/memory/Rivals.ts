import { compare, type Part, type Rivalry } from "./Part.ts"
import { weight } from "./Words.ts"

// From here on two parts may speak of one thing.
const mayRival = 0.25
// Compared are those that share the rarest words.
const rarest = 6
const compared = 12

/** Finds the parts that may speak of one thing, by the words they share and the places where they differ. */
export class Rivals {
  readonly #words = new Map<string, { readonly prior: number; readonly parts: Array<Part> }>()
  #size = 0

  /** How rare a word is among the parts, times how much a word of its length says. */
  #weight(word: string): number {
    const { parts, prior } = this.#words.get(word)!
    return prior * Math.log(1 + (this.#size + 10) / (parts.length + 1))
  }

  /** What the words of a part are worth together, unless that is known since there were so many times fewer parts. */
  #worth(part: Part, growth: number): NonNullable<Part["worth"]> {
    if (part.worth !== undefined && this.#size <= part.worth.size * growth) return part.worth
    let sum = 0
    let prior = 0
    for (const word of part.bag) {
      prior += this.#words.get(word)!.prior
      sum += this.#weight(word)
    }
    const surprise = sum / Math.max(0.01, prior) / Math.log(1 + (this.#size + 10) / 2)
    return (part.worth = { sum, surprise, size: this.#size })
  }

  /** How rare the words of a part are among all, 0 to 1: what is said again and again in turn says little. */
  surprise(part: Part): number {
    return this.#worth(part, 1.1).surprise
  }

  /** Whether a word tells next to nothing, as many parts have it. */
  isCommon(word: string): boolean {
    return (this.#words.get(word)?.parts.length ?? 0) > 50 + this.#size / 10
  }

  add(part: Part): void {
    this.#size++
    for (const word of part.bag) {
      const known = this.#words.get(word)
      if (known === undefined) this.#words.set(word, { prior: weight(word), parts: [part] })
      else known.parts.push(part)
    }
    const weights = new Map([...part.bag].map((word) => [word, this.#weight(word)]))
    for (const other of this.#candidates(part)) {
      const rivalry = this.#compare(part, other, weights)
      if (rivalry === undefined) continue
      part.rivals.set(other, rivalry)
      other.rivals.set(part, rivalry)
      other.outlook = undefined
    }
  }

  remove(part: Part): void {
    this.#size--
    for (const word of part.bag) {
      const { parts } = this.#words.get(word)!
      parts.splice(parts.indexOf(part), 1)
      if (parts.length === 0) this.#words.delete(word)
    }
    for (const other of part.rivals.keys()) {
      other.rivals.delete(part)
      other.outlook = undefined
    }
  }

  #candidates(part: Part): ReadonlyArray<Part> {
    const most = Math.max(50, this.#size / 20)
    const shared = new Map<Part, number>()
    const known = [...part.bag].map((word) => ({ word, parts: this.#words.get(word)!.parts }))
    const rare = known.filter(({ parts }) => parts.length > 1 && parts.length <= most)
    for (const { parts, word } of rare.sort((a, b) => a.parts.length - b.parts.length).slice(0, rarest)) {
      const worth = this.#weight(word)
      for (const other of parts) if (other.order !== part.order) shared.set(other, (shared.get(other) ?? 0) + worth)
    }
    const best = [...shared].sort(([p, a], [q, b]) => b - a || q.entry.at - p.entry.at)
    return best.slice(0, compared).map(([other]) => other)
  }

  /** What the words of a part are worth; a number that the other does not have is a value rather than a subject. */
  #sum(part: Part, other: Part): number {
    let { sum } = this.#worth(part, 1)
    for (const number of part.numbers) if (!other.bag.has(number)) sum -= 0.7 * this.#weight(number)
    return Math.max(0.01, sum)
  }

  #compare(part: Part, other: Part, weights: ReadonlyMap<string, number>): Rivalry | undefined {
    // Each has a key of its own, so they are two things.
    if (part.entry.key !== undefined && other.entry.key !== undefined) return undefined
    if (part.same === other.same) return undefined
    const [older, newer] = compare(part, other) > 0 ? [other, part] : [part, other]
    let common = 0
    for (const [word, weight] of weights) if (other.bag.has(word)) common += weight
    const sum = this.#sum(older, newer)
    const likeness = common / Math.min(sum, this.#sum(newer, older))
    return likeness < mayRival ? undefined : { likeness, replaces: replaces(older, newer, common / sum) }
  }
}

/**
 * How likely the newer of two parts is the state of what the older tells, 0 to 0.95. Two states of one thing differ in
 * one place; what differs in several is mostly two things.
 */
const replaces = (older: Part, newer: Part, covered: number): number => {
  if (older.fields !== undefined && newer.fields !== undefined) {
    const isSame = older.identity === newer.identity
    if (older.fields.form === newer.fields.form) return isSame ? 0.95 : 0.1
    if (isSame) return 0.6
  }
  // Too little in common for the places to matter, and comparing them takes long.
  if (covered < 0.4) return covered / 2
  return Math.min(0.95, covered) * 0.5 ** Math.max(0, places(older.words.slice(0, 99), newer.words.slice(0, 99)) - 1)
}

/** The places where two texts differ, by their longest common subsequence; where one only says more counts half. */
const places = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number => {
  const width = b.length + 1
  const lengths = new Uint8Array((a.length + 1) * width)
  const at = (i: number, j: number) => lengths[i * width + j]!
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  let found = 0
  for (let i = 0, j = 0; i < a.length || j < b.length; i++, j++) {
    const [fromA, fromB] = [i, j]
    while ((i < a.length || j < b.length) && (i >= a.length || j >= b.length || a[i] !== b[j]))
      if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) i++
      else j++
    found += ((i > fromA ? 1 : 0) + (j > fromB ? 1 : 0)) / 2
  }
  return found
}
