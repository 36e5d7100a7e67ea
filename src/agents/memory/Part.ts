import type { Kept } from "./Entry.ts"
import { type Fields, fieldsOf, identityOf } from "./Records.ts"
import type { Piece } from "./Split.ts"
import { fold, words } from "./Words.ts"

/** A word, how much it is likely to say (0 to 1), and the parts that have it. */
export interface Word {
  readonly text: string
  readonly prior: number
  readonly parts: Set<Part>
}

/** What the parts that may speak of the same thing make of one. */
export interface Outlook {
  /** How much they have in common with it. */
  readonly rivals: ReadonlyMap<Part, number>
  /** How likely it is current, and the newer part that replaces it, if one is likely to. */
  readonly current: number
  readonly successor: Part | undefined
}

/** What of an entry is told, ranked and compared by itself. */
export interface Part {
  readonly id: number
  readonly entry: Kept
  readonly lead: string
  readonly text: string
  /** Its key, lead and text, folded: of parts with the same the newest is told. */
  readonly same: string
  readonly words: ReadonlyArray<Word>
  readonly bag: ReadonlySet<Word>
  /** The words by which it is found, those of its lead among them. */
  readonly terms: string
  readonly fields: Fields | undefined
  readonly identity: string | undefined
  outlook: Outlook | undefined
  /** What its words are worth, and how rare they are, at a number of parts. */
  worth: { readonly sum: number; readonly surprise: number; readonly size: number } | undefined
  tokens: number | undefined
}

/** The day of a part, counted in UTC. */
export const dayOf = (part: Part): number => Math.floor(part.entry.at / 86_400_000)

/** Orders parts by time; those of one time as they were remembered. */
export const compare = (a: Part, b: Part): number => a.entry.at - b.entry.at || a.id - b.id

const isSaid = (key: string, said: ReadonlyArray<string>): boolean => words(key).every((word) => said.includes(word))

/** Makes the part of an entry that a piece is; the entry's key stands before it if it says more than the piece. */
export const make = (entry: Kept, id: number, piece: Piece, wordOf: (text: string) => Word): Part => {
  const { fields = fieldsOf(piece.text), lead, text: bare } = piece
  const { key } = entry
  const text = key === undefined || isSaid(key, words(`${lead} ${bare}`)) ? bare : `${key}: ${bare}`
  // 17,117 in a row is two cells rather than one number.
  const own = words(piece.fields === undefined ? text : piece.fields.fields.map(([, value]) => value).join(" "))
  const all = own.map(wordOf)
  return {
    id,
    entry,
    lead,
    text,
    same: fold(`${key ?? ""}\n${lead}\n${bare}`),
    words: all,
    bag: new Set(all),
    terms: [...new Set([...own, ...words(lead)])].join(" "),
    fields,
    identity: fields && identityOf(fields)?.toLowerCase(),
    outlook: undefined,
    worth: undefined,
    tokens: undefined
  }
}
