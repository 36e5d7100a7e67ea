import type { Kept } from "./Entry.ts"
import { type Fields, fieldsOf, identityOf } from "./Records.ts"
import type { Piece } from "./Split.ts"
import { sameness, words } from "./Words.ts"

/** An entry in the order of remembering, and its parts. */
export interface Note {
  readonly entry: Kept
  readonly order: number
  readonly parts: ReadonlyArray<Part>
}

/** How much two parts have in common, and how likely the newer is to be the state of what the older tells. */
export interface Rivalry {
  readonly likeness: number
  readonly replaces: number
}

/** How likely a part is current, and the newer one that most likely replaces it, if one is likely to. */
export interface Outlook {
  readonly current: number
  readonly successor: Part | undefined
}

/** What of an entry is told, ranked and compared by itself. */
export interface Part {
  readonly id: number
  readonly text: string
  readonly lead: string
  /** Stands before the text, if the entry's key says more than it does. */
  readonly label: string
  readonly at: number
  readonly order: number
  readonly index: number
  readonly importance: number
  readonly isRule: boolean
  readonly key: string | undefined
  readonly words: ReadonlyArray<string>
  readonly bag: ReadonlySet<string>
  /** The words by which it is found. */
  readonly terms: string
  readonly same: string
  readonly fields: Fields | undefined
  readonly identity: string | undefined
  readonly rivals: Map<Part, Rivalry>
  tokens: number | undefined
  /** What most likely replaces it, reckoned again when its rivals change. */
  outlook: Outlook | undefined
  surprise: { readonly value: number; readonly size: number } | undefined
  /** Whether a newer part has the same words. */
  isRepeated: boolean
}

/** Whether one part tells of a later time than another; of one time, the one remembered later. */
export const isNewer = (a: Part, b: Part): boolean => compare(a, b) > 0

// Less likely than this, an older part is told without the newer.
const likely = 0.3

/** What most likely replaces a part. */
export const outlookOf = (part: Part): Outlook => {
  if (part.outlook !== undefined) return part.outlook
  let successor: Part | undefined
  let most = 0
  for (const [other, { replaces }] of part.rivals)
    if (replaces > most && isNewer(other, part)) {
      successor = other
      most = replaces
    }
  return (part.outlook = { current: 1 - most, successor: most >= likely ? successor : undefined })
}

/** Orders parts by time, oldest first. */
export const compare = (a: Part, b: Part): number => a.at - b.at || a.order - b.order || a.index - b.index

export const make = (
  entry: Kept,
  order: number,
  index: number,
  id: number,
  { fields: given, lead, text }: Piece
): Part => {
  const known = new Set(words(text))
  const label = words(entry.key ?? "").every((word) => known.has(word)) ? "" : `${entry.key}: `
  const own = words(label + text)
  const bag = new Set(own)
  const fields = given ?? fieldsOf(text)
  return {
    id,
    text,
    lead,
    label,
    at: entry.at,
    order,
    index,
    importance: entry.importance ?? 5,
    isRule: entry.kind === "rule" || (entry.importance ?? 5) >= 10,
    key: entry.key,
    words: own,
    bag,
    terms: [...new Set([...own, ...words(lead)])].join(" "),
    same: sameness(`${label}\n${lead}\n${text}`),
    fields,
    identity: fields && identityOf(fields)?.toLowerCase(),
    rivals: new Map(),
    tokens: undefined,
    outlook: undefined,
    surprise: undefined,
    isRepeated: false
  }
}
