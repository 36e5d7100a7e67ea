import type { Kept } from "./Entry.ts"
import { fieldsOf, identityOf } from "./Records.ts"
import type { Piece } from "./Split.ts"

// Word boundaries of UAX 29, and dictionaries for scripts without spaces; the locale changes nothing for words.
const segmenter = new Intl.Segmenter("en", { granularity: "word" })

// A word of these scripts needs no segmenter; web-1, P-88, v2.3 and 10:30 each name one thing.
const spaced = "[\\p{Script=Latin}\\p{Script=Cyrillic}\\p{Script=Greek}\\p{N}]+"
const single = new RegExp(`^(?:(?=.*\\p{N})(?:${spaced}[-._:/])+)?${spaced}$`, "u")
const edges = /^[^\p{L}\p{M}\p{N}]+|[^\p{L}\p{M}\p{N}]+$/gu
const dense = /[\p{Script=Han}\p{Script=Hangul}]/gu
const syllabic = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/u

// What stands between two blanks comes again and again, and segmenting it is slow.
const known = new Map<string, ReadonlyArray<string>>()

const cut = (chunk: string): ReadonlyArray<string> => {
  const core = chunk.replace(edges, "")
  const cut = single.test(core)
    ? [core]
    : [...segmenter.segment(core)].filter((s) => s.isWordLike).map((s) => s.segment)
  if (known.size > 50_000) known.clear()
  known.set(chunk, cut)
  return cut
}

/** Leaves one blank where several or others stand. */
export const unspaced = (text: string): string => text.replace(/[^\S ]\s*| \s+/g, " ").trim()

/** Folds what looks the same: compatibility forms, case and blanks. */
const fold = (text: string): string => unspaced(text.normalize("NFKC").toLowerCase())

/** The words of a text in order, folded; names that hold a digit stay whole. */
export const words = (text: string): ReadonlyArray<string> =>
  fold(text)
    .split(/[\s=|;"(){}[\]<>]+/)
    .flatMap((chunk) => known.get(chunk) ?? cut(chunk))

/** Pieces that a word shares with its inflections and compounds: four letters each, two of syllables and ideographs. */
export const grams = (word: string): ReadonlyArray<string> => {
  const size = syllabic.test(word) ? 2 : 4
  const pieces = [word.slice(0, size)]
  for (let end = size + 1; end <= word.length; end++) pieces.push(word.slice(end - size, end))
  return pieces
}

/** How much a word is likely to say, 0 to 1, before its frequency is known: short words say little. */
export const weight = (word: string): number =>
  /\p{N}/u.test(word) ? 1 : Math.min(1, (word.length + 1.5 * (word.match(dense)?.length ?? 0)) / 6) ** 1.5

/** A word, its weight before its frequency is known, the number of its pieces, and the parts that have it. */
export interface Word {
  readonly text: string
  readonly prior: number
  readonly pieces: number
  readonly parts: Set<Part>
  /** The number of the last change that may have given its parts another outlook. */
  changed: number
  /** What it weighs while a part with it is compared with others. */
  shared: number
}

/** The parts that may speak of the same thing, how likely this one is current (squared), and what likely replaces it. */
export interface Outlook {
  readonly rivals: ReadonlyArray<Part>
  readonly current: number
  readonly successor: Part | undefined
  /** The date of its line, which shows the year unless the latest entry is of the same. */
  date?: { readonly text: string; readonly tokens: number; readonly yearOfLatest: number }
}

/** A piece of an entry, ranked and compared by itself. */
export interface Part extends ReturnType<typeof make> {
  outlook?: Outlook
  /** What its words weigh, and how rare they are, at a number of parts. */
  worth?: { readonly sum: number; readonly surprise: number; readonly size: number }
  tokens?: number
}

// What an index notes of a part: its place, the last change its outlook heeds, and what it shares with another.
const unseen = { place: 0, seen: 0, shared: 0 }

/** Orders parts by time; those of one time as they were remembered. */
export const compare = (a: Part, b: Part): number => a.entry.at - b.entry.at || a.id - b.id

/** Makes a part; the entry's key stands before the text if it says more. */
export const make = (entry: Kept, id: number, piece: Piece, wordOf: (text: string) => Word) => {
  const { fields = fieldsOf(piece.text), lead, text: bare } = piece
  const { key = "" } = entry
  const said = key === "" ? [] : words(`${lead} ${bare}`)
  const text = words(key).every((word) => said.includes(word)) ? bare : `${key}: ${bare}`
  // 17,117 in a row is two cells rather than one number.
  const own = words(piece.fields === undefined ? text : piece.fields.fields.map(([, value]) => value).join(" "))
  const all: ReadonlyArray<Word> = own.map(wordOf)
  // Of parts with the same text the newest is told.
  const same = fold(`${key}\n${lead}\n${bare}`)
  // The words by which it is found.
  const terms = [...new Set([...own, ...words(lead)])].join(" ")
  const identity = fields && identityOf(fields)?.toLowerCase()
  return { ...unseen, id, entry, lead, text, fields, words: all, bag: [...new Set(all)], same, terms, identity }
}
