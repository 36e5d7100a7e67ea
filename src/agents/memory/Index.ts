import MiniSearch from "minisearch"
import { compare, grams, type Outlook, type Part, weight, type Word, words } from "./Part.ts"

// The least likeness of two words that are forms of one, and of two parts that may speak of one thing.
const alike = 0.35
const mayRival = 0.22
// Compared are those that share the rarest words.
const rarest = 6
const compared = 12
// An older part is told only with the newer one that replaces it with at least this likelihood.
const likely = 0.5
// What has been told of a word is asked less, by this factor each time.
const decay = 0.8

/** The places of the parts that a word finds, and how well it does. */
interface Found {
  readonly places: ReadonlyArray<number>
  readonly scores: ReadonlyArray<number>
}

/** What a situation asks of each part, less what it has been told. */
class Asked {
  readonly #words: Array<{ readonly places: ReadonlyArray<number>; ask: number }> = []
  readonly #scores: Float64Array
  readonly #counts: Float64Array
  readonly #asks: Float64Array

  constructor(size: number) {
    this.#scores = new Float64Array(size)
    this.#counts = new Float64Array(size)
    this.#asks = new Float64Array(size)
  }

  add({ places, scores }: Found, boost: number): void {
    this.#words.push({ places, ask: 1 })
    for (let i = 0; i < places.length; i++) {
      this.#scores[places[i]!]! += boost * scores[i]!
      this.#counts[places[i]!]! += 1
      this.#asks[places[i]!]! += 1
    }
  }

  /** How well a part answers. */
  score({ place }: Part): number {
    const count = this.#counts[place]!
    return count === 0 ? 0 : (this.#scores[place]! * this.#asks[place]!) / count
  }

  /** What has been told of a word is asked less. */
  tell({ place }: Part): void {
    for (const word of this.#words) {
      if (!word.places.includes(place)) continue
      const told = word.ask * (1 - decay)
      word.ask -= told
      for (const other of word.places) this.#asks[other]! -= told
    }
  }
}

/** Finds the parts that answer a situation, and those that may speak of one thing. */
export class Index {
  readonly #search = new MiniSearch<Part>({
    fields: ["terms"],
    // A part is its own id.
    extractField: (part, name) => (name === "id" ? part : part.terms),
    tokenize: (text) => text.split(" "),
    processTerm: (term) => term,
    searchOptions: { bm25: { k: 1.2, b: 0.3, d: 0.5 } }
  })
  /** What words find, until a part comes or goes. */
  readonly #found = new Map<string, Found>()
  readonly #words = new Map<string, Word>()
  /** The words that hold a piece. */
  readonly #forms = new Map<string, Set<Word>>()
  readonly #parts: Array<Part> = []
  #changes = 0

  get size(): number {
    return this.#parts.length
  }

  /** The word of a part that is about to be added. */
  readonly word = (text: string): Word => {
    const known = this.#words.get(text)
    if (known !== undefined) return known
    const pieces = grams(text)
    const word = { text, prior: weight(text), pieces: pieces.length, parts: new Set<Part>(), changed: 0, shared: 0 }
    this.#words.set(text, word)
    for (const piece of pieces) {
      const forms = this.#forms.get(piece)
      if (forms?.add(word) === undefined) this.#forms.set(piece, new Set([word]))
    }
    return word
  }

  add(part: Part): void {
    this.#search.add(part)
    part.place = this.#parts.push(part) - 1
    for (const { parts } of part.bag) parts.add(part)
    this.#unsettle(part)
  }

  remove(part: Part): void {
    this.#unsettle(part)
    this.#search.remove(part)
    const last = this.#parts.pop()!
    last.place = part.place
    if (last !== part) this.#parts[part.place] = last
    for (const word of part.bag) {
      word.parts.delete(part)
      if (word.parts.size > 0) continue
      this.#words.delete(word.text)
      for (const piece of grams(word.text)) this.#forms.get(piece)?.delete(word)
    }
  }

  /** How well parts answer; words common to many find nothing. */
  find(situation: string): Asked {
    const boosts = new Map<string, number>()
    for (const text of new Set(words(situation))) {
      const own = grams(text)
      const shares = new Map<Word, number>()
      for (const piece of own)
        for (const word of this.#forms.get(piece) ?? [])
          shares.set(word, (shares.get(word) ?? 0) + (1 / own.length + 1 / word.pieces) / 2)
      // The word, its inflections and its compounds.
      for (const [word, share] of shares) {
        if (share < alike || word.parts.size > 50 + this.size / 10) continue
        const boost = (word.text === text ? 1 : 0.7 * share) * weight(text)
        boosts.set(word.text, Math.max(boosts.get(word.text) ?? 0, boost))
      }
    }
    const asked = new Asked(this.size)
    for (const [word, boost] of boosts) asked.add(this.#foundBy(word), boost)
    return asked
  }

  /** The parts that a word finds, which are kept: MiniSearch would take half the time of a context. */
  #foundBy(word: string): Found {
    const known = this.#found.get(word)
    if (known !== undefined) return known
    const all = this.#search.search(word)
    const found = { places: all.map(({ id }) => (id as Part).place), scores: all.map(({ score }) => score) }
    this.#found.set(word, found)
    return found
  }

  /** How rare a word is among the parts, times how much a word of its length says. */
  #weight({ parts, prior }: Word): number {
    return prior * Math.log(1 + (this.size + 10) / (parts.size + 1))
  }

  /** Weighs the words of a part, and anew when there are a tenth more parts; a surprise is 0 to 1. */
  worth(part: Part): NonNullable<Part["worth"]> {
    if (part.worth !== undefined && this.size <= part.worth.size * 1.1) return part.worth
    let [sum, prior] = [0, 0.01]
    for (const word of part.bag) {
      prior += word.prior
      sum += this.#weight(word)
    }
    return (part.worth = { sum, surprise: (sum / prior / Math.log(1 + (this.size + 10) / 2)) ** 2, size: this.size })
  }

  /** Finds the rivals of a part when they are asked for, and anew after a change. */
  outlook(part: Part): Outlook {
    const { outlook, seen } = part
    part.seen = this.#changes
    if (outlook !== undefined && (seen === this.#changes || !hasChanged(part, seen))) return outlook
    const rivals: Array<Part> = []
    let successor: Part | undefined
    let most = 0
    for (const word of part.bag) word.shared = this.#weight(word)
    for (const other of this.#candidates(part)) {
      // Each has a key of its own, so they are two things.
      if ((part.entry.key !== undefined && other.entry.key !== undefined) || part.same === other.same) continue
      let common = 0
      for (const { shared } of other.bag) common += shared
      const { sum } = this.worth(part)
      if (common < mayRival * Math.min(sum, this.worth(other).sum)) continue
      rivals.push(other)
      const chance = compare(other, part) < 0 ? 0 : replaces(part, other, common / sum)
      if (chance > most) [successor, most] = [other, chance]
    }
    for (const word of part.bag) word.shared = 0
    return (part.outlook = { rivals, current: (1 - most) ** 2, successor: most < likely ? undefined : successor })
  }

  /** The words of a part that some others, but not many, have too. */
  #rare(part: Part): ReadonlyArray<Word> {
    const most = Math.min(200, Math.max(50, this.size / 20))
    return part.bag.filter(({ parts }) => parts.size > 1 && parts.size <= most)
  }

  #candidates(part: Part): ReadonlyArray<Part> {
    const rare = this.#rare(part).toSorted((a, b) => a.parts.size - b.parts.size)
    const found: Array<Part> = []
    for (const { parts, shared } of rare.slice(0, rarest))
      for (const other of parts) {
        if (other.entry === part.entry) continue
        if (other.shared === 0) found.push(other)
        other.shared += shared
      }
    // Sorting numbers is quick, so only the best are sorted with their parts.
    const [least = 0] = Float64Array.from(found, ({ shared }) => shared)
      .sort()
      .slice(-compared)
    const best = found.filter(({ shared }) => shared >= least)
    best.sort((a, b) => b.shared - a.shared || b.entry.at - a.entry.at)
    for (const other of found) other.shared = 0
    return best.slice(0, compared)
  }

  /** Makes the outlook of those old to which a part that comes or goes may be a rival. */
  #unsettle(part: Part): void {
    this.#found.clear()
    this.#changes++
    for (const word of this.#rare(part)) word.changed = this.#changes
  }
}

const hasChanged = ({ bag }: Part, since: number): boolean => bag.some(({ changed }) => changed > since)

/** How likely the newer of two parts is the state of what the older tells: what differs in several places is two things. */
const replaces = (older: Part, newer: Part, covered: number): number => {
  if (older.fields !== undefined && newer.fields !== undefined) {
    const isSame = older.identity === newer.identity
    if (older.fields.form === newer.fields.form) return isSame ? 0.95 : 0.1
    if (isSame) return 0.6
  }
  const places = differences(older.words.slice(0, 99), newer.words.slice(0, 99))
  return Math.min(0.95, covered) * 0.5 ** Math.max(0, places - 1)
}

/** The places where two texts differ, in their order; where one only says more counts half. */
const differences = (a: ReadonlyArray<Word>, b: ReadonlyArray<Word>): number => {
  let places = 0
  for (let i = 0, j = 0; i < a.length || j < b.length; i++, j++) {
    const [fromA, fromB] = [i, j]
    while (i < a.length && !b.includes(a[i]!, j)) i++
    while (j < b.length && b[j] !== a[i]) j++
    places += (Number(i > fromA) + Number(j > fromB)) / 2
  }
  return places
}
