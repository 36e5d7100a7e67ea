import type { Kept } from "./Entry.ts"
import { type Fields, fieldsOf, identityOf } from "./Records.ts"
import type { Piece } from "./Split.ts"
import { fold, words } from "./Words.ts"

/** How much two parts have in common, and how likely the newer is the state of what the older tells. */
export interface Rivalry {
  readonly likeness: number
  readonly replaces: number
}

/** How likely a part is current, the newer one that replaces it, if one is likely to, and whether a rival shares its day. */
export interface Outlook {
  readonly current: number
  readonly successor: Part | undefined
  readonly sharesDay: boolean
}

/** What of an entry is told, ranked and compared by itself. */
export interface Part {
  readonly id: number
  readonly entry: Kept
  /** The place of its entry in the order of remembering. */
  readonly order: number
  readonly lead: string
  readonly text: string
  /** Its key, lead and text, folded: of parts with the same the newest is told. */
  readonly same: string
  readonly words: ReadonlyArray<string>
  readonly bag: ReadonlySet<string>
  /** Those of its words that have no letter. */
  readonly numbers: ReadonlyArray<string>
  /** The words by which it is found, those of its lead among them. */
  readonly terms: string
  readonly fields: Fields | undefined
  readonly identity: string | undefined
  readonly rivals: Map<Part, Rivalry>
  /** What its rivals make of it; reckoned when they change. */
  outlook: Outlook | undefined
  /** What its words are worth, and how rare they are, at a number of parts. */
  worth: { readonly sum: number; readonly surprise: number; readonly size: number } | undefined
  tokens: number | undefined
}

/** The day of a part, counted in UTC. */
export const dayOf = (part: Part): number => Math.floor(part.entry.at / 86_400_000)

/** Orders parts by time; those of one time as they were remembered. */
export const compare = (a: Part, b: Part): number => a.entry.at - b.entry.at || a.id - b.id

// Less likely than this, an older part is told without the newer.
const likely = 0.5

/** What most likely replaces a part. */
export const outlookOf = (part: Part): Outlook => {
  if (part.outlook !== undefined) return part.outlook
  let successor: Part | undefined
  let most = 0
  let sharesDay = false
  for (const [other, { replaces }] of part.rivals) {
    sharesDay ||= dayOf(other) === dayOf(part)
    if (replaces > most && compare(other, part) > 0) [successor, most] = [other, replaces]
  }
  return (part.outlook = { current: 1 - most, successor: most >= likely ? successor : undefined, sharesDay })
}

/** Makes the part of an entry that a piece is; the entry's key stands before it if it says more than the piece. */
export const make = (entry: Kept, order: number, id: number, { fields: given, lead, text: bare }: Piece): Part => {
  const said = new Set(words(`${lead} ${bare}`))
  const text = words(entry.key ?? "").every((word) => said.has(word)) ? bare : `${entry.key}: ${bare}`
  // 17,117 in a row is two cells rather than one number.
  const own = words(given === undefined ? text : given.fields.map(([, value]) => value).join(" "))
  const bag = new Set(own)
  const fields = given ?? fieldsOf(bare)
  return {
    id,
    entry,
    order,
    lead,
    text,
    same: fold(`${entry.key ?? ""}\n${lead}\n${bare}`),
    words: own,
    bag,
    numbers: [...bag].filter((word) => !/\p{L}/u.test(word)),
    terms: [...new Set([...own, ...words(lead)])].join(" "),
    fields,
    identity: fields && identityOf(fields)?.toLowerCase(),
    rivals: new Map(),
    outlook: undefined,
    worth: undefined,
    tokens: undefined
  }
}
