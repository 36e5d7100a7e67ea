import { isNewer, type Part, type Rivalry } from "./Part.ts"
import { isName } from "./Records.ts"
import { weight } from "./Words.ts"

/** From here on two parts may speak of one thing, and show their dates. */
export const mayRival = 0.25
/** From here on they stand together, and the older is not told without the newer. */
export const together = 0.4

const isNumber = (word: string): boolean => !/\p{L}/u.test(word)

// Compared are those that share the rarest words.
const looked = 12
const rare = 6

/** Finds the parts that may speak of the same thing, by the words they share and the places where they differ. */
export class Rivals {
  readonly #words = new Map<string, { readonly prior: number; readonly parts: Array<Part> }>()
  #size = 0

  /** How rare a word is among the parts, times how much a word of its length says. */
  weight(word: string): number {
    const { parts, prior } = this.#words.get(word)!
    return prior * Math.log(1 + (this.#size + 10) / (parts.length + 1))
  }

  /** How rare the words of a part are among all parts, 0 to 1: what is said again and again in turn says little. */
  surprise(part: Part): number {
    if (part.surprise !== undefined && this.#size < part.surprise.size * 1.1) return part.surprise.value
    const value = this.#surprise(part)
    part.surprise = { value, size: this.#size }
    return value
  }

  #surprise(part: Part): number {
    const most = Math.log(1 + (this.#size + 10) / 2)
    let sum = 0
    let all = 0
    for (const word of part.bag) {
      all += this.#words.get(word)!.prior
      sum += this.weight(word)
    }
    return all === 0 ? 0 : sum / all / most
  }

  add(part: Part): void {
    this.#size++
    for (const word of part.bag) {
      const known = this.#words.get(word)
      if (known === undefined) this.#words.set(word, { prior: weight(word), parts: [part] })
      else known.parts.push(part)
    }
    for (const other of this.#candidates(part)) {
      const rivalry = this.#compare(part, other)
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
    const rarest = [...part.bag]
      .map((word) => [word, this.#words.get(word)!.parts] as const)
      .filter(([, holders]) => holders.length > 1 && holders.length <= most)
      .sort(([, a], [, b]) => a.length - b.length)
      .slice(0, rare)
    for (const [word, holders] of rarest) {
      const worth = this.weight(word)
      for (const other of holders) if (other.order !== part.order) shared.set(other, (shared.get(other) ?? 0) + worth)
    }
    return [...shared]
      .sort(([p, a], [q, b]) => b - a || q.at - p.at)
      .slice(0, looked)
      .map(([other]) => other)
  }

  /** What the words of a part are worth; a number that the other does not have is a value rather than a subject. */
  #sum({ bag }: Part, other: Part): number {
    let sum = 0
    for (const word of bag) sum += this.weight(word) * (isNumber(word) && !other.bag.has(word) ? 0.3 : 1)
    return sum
  }

  #compare(part: Part, other: Part): Rivalry | undefined {
    // Each has a key of its own, so they are two things; of one key only one is kept.
    if (part.key !== undefined && other.key !== undefined) return undefined
    if (part.same === other.same || areTwo(part, other)) return undefined
    const [older, newer] = isNewer(part, other) ? [other, part] : [part, other]
    let common = 0
    for (const word of part.bag) if (other.bag.has(word)) common += this.weight(word)
    const [oldSum, newSum] = [this.#sum(older, newer), this.#sum(newer, older)]
    const likeness = common / Math.max(0.01, Math.min(oldSum, newSum))
    if (likeness < mayRival) return undefined
    return { likeness, replaces: replaces(older, newer, common / Math.max(0.01, oldSum)) }
  }
}

/** Whether two records of one form are of two things: no name in them is the same. */
const areTwo = ({ fields: a, identity }: Part, { fields: b, identity: other }: Part): boolean =>
  a !== undefined &&
  b !== undefined &&
  a.names === b.names &&
  identity !== other &&
  !a.fields.some(([, value], i) => isName(value) && value === b.fields[i]?.[1])

/**
 * How likely the newer of two parts is the state of what the older tells, 0 to 0.95. Of two states of one thing the
 * words differ in one place; what differs in several is mostly two things.
 */
const replaces = (older: Part, newer: Part, covered: number): number => {
  if (older.fields !== undefined && newer.fields !== undefined) {
    const isSame = older.identity === newer.identity
    if (older.fields.names === newer.fields.names) return isSame ? 0.95 : 0.1
    if (isSame) return 0.6
  }
  return Math.min(0.95, covered) * 0.6 ** Math.max(0, places(older.words, newer.words) - 1)
}

/** The places where two texts differ; where one only says more than the other counts half. */
export const places = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number => {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i]![j] = a[i] === b[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!)
  let found = 0
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const [fromA, fromB] = [i, j]
    while (i < a.length && j < b.length ? a[i] !== b[j] : i < a.length || j < b.length) {
      if (j >= b.length || (i < a.length && lengths[i + 1]![j]! >= lengths[i]![j + 1]!)) i++
      else j++
    }
    if (i > fromA && j > fromB) found += 1
    else if (i > fromA || j > fromB) found += 0.5
    else {
      i++
      j++
    }
  }
  return found
}
