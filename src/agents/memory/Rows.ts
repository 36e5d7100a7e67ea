import type { Piece } from "./Piece.ts"

export const wordy = (text: string) => /\p{L}{3}/u.test(text)
const humble = (label: string) => label.replaceAll(/[_-]/g, " ").toLowerCase()

/** Fields that say nothing to a reader: bookkeeping of machines. */
export const bookkeeping =
  /^(?:level|lvl|severity|ts|time|timestamp|logger|ok|cursor|index|idx|row|line|id|uuid|hash|checksum|ttl|rtt|took_ms)$/i

export type Field = readonly [label: string, value: string]

/** Tells a record in one line: what it is about, then its other fields by name. */
export const record = (fields: ReadonlyArray<Field>, prefix = ""): Piece | undefined => {
  const at = fields.findIndex(([label, value]) => wordy(value) && !bookkeeping.test(label))
  const key = at < 0 ? undefined : fields[at]![1]
  const rest = fields
    .filter(([label, value], i) => i !== at && value !== "" && !bookkeeping.test(label))
    .map(([label, value]) => (label === "" ? value : `${humble(label)} ${value}`))
  if (rest.length === 0) return undefined
  const head = [prefix, key].filter((part) => part !== undefined && part !== "").join(" ")
  const text = `${head}${head === "" ? "" : ": "}${rest.join(", ")}`
  return key === undefined ? { text } : { text, key }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const plain = (value: unknown): string | undefined =>
  typeof value === "string" || typeof value === "number" ? String(value).trim() : undefined

const flat = (value: Readonly<Record<string, unknown>>): Array<Field> =>
  Object.entries(value).flatMap(([label, item]): Array<Field> => {
    const text = plain(item)
    return text === undefined || text === "" ? [] : [[label, text]]
  })

/** Every record within a JSON value that has fields of its own to tell. */
const records = (value: unknown, prefix: string, depth = 0): Array<Piece> => {
  if (depth > 6) return []
  if (Array.isArray(value)) return value.flatMap((item) => records(item, prefix, depth + 1))
  if (!isRecord(value)) return []
  const many = Object.values(value).filter(isRecord).length > 1
  const nested = Object.entries(value).flatMap(([label, item]) => {
    if (typeof item !== "object" || item === null) return []
    // A record of records names them by its fields.
    const found = isRecord(item) && Object.values(item).every((part) => typeof part !== "object" || part === null)
    return found && many
      ? [record([["", label], ...flat(item)], prefix) ?? []].flat()
      : records(item, prefix, depth + 1)
  })
  if (nested.length > 0) return nested
  const fields = flat(value)
  // A record of names and numbers is a list.
  if (fields.length > 2 && fields.every(([label, value]) => wordy(label) && /^-?[\d.,:%]+$/.test(value))) {
    return fields.map(([label, value]) => ({
      text: `${[prefix, humble(label)].join(" ").trim()}: ${value}`,
      key: humble(label)
    }))
  }
  const piece = record(fields, prefix)
  return piece === undefined ? [] : [piece]
}

/** Reads JSON, numbers as they are written: 62.0 is not 62. */
const parse = (text: string): unknown => {
  try {
    return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
      typeof value === "number" ? (context?.source ?? value) : value
    )
  } catch {
    return undefined
  }
}

/** The records of a text that ends in JSON. */
export const json = (text: string): Array<Piece> => {
  const from = text.search(/[{[]/)
  if (from < 0 || !/[}\]]\s*$/.test(text)) return []
  const parsed = parse(text.slice(from))
  return parsed === undefined ? [] : records(parsed, text.slice(0, from).replace(/[\s:>=-]+$/, ""))
}

/** The records of a text in tags: a tag with attributes, or one with a tag for each field. */
export const tagged = (text: string): Array<Piece> => {
  if (!text.includes("<")) return []
  const byAttributes = [...text.matchAll(/<\w+((?:\s+[\w:-]+="[^"]*"){2,})\s*\/?>/g)].map(([, attributes]) =>
    [...attributes!.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, label, value]): Field => [label!, value!])
  )
  const byTags = [...text.matchAll(/<(\w+)>((?:\s*<(\w+)>[^<]*<\/\3>){2,})\s*<\/\1>/g)].map(([, , inner]) =>
    [...inner!.matchAll(/<(\w+)>([^<]*)<\//g)].map(([, label, value]): Field => [label!, value!.trim()])
  )
  return [...byAttributes, ...byTags].flatMap((fields) => record(fields) ?? [])
}

/** What parts the cells of a line, and how many lines make a table of it. */
type Delimiter = readonly [mark: RegExp, rows: number]

/** Marks that part nothing but cells. */
export const strong: ReadonlyArray<Delimiter> = [
  [/\s*\|\s*/, 2],
  [/\t+/, 2],
  [/\s*\.{3,}\s*/, 2],
  [/\s*;\s*/, 2],
  [/ {2,}/, 2],
  [/\s*,\s*/, 3]
]

/** Marks that stand in prose too. */
export const weak: ReadonlyArray<Delimiter> = [
  [/\s*(?:->|=>|→)\s*/, 2],
  [/\s+[-–—]\s+/, 3],
  [/\s*[:=]\s*/, 3]
]

const cells = (line: string, mark: RegExp): ReadonlyArray<string> => {
  const parts = line.split(mark).map((part) => part.trim())
  return parts.slice(parts[0] === "" ? 1 : 0, parts.at(-1) === "" ? -1 : undefined)
}

const ruled = (row: ReadonlyArray<string>) => row.every((part) => /^:?[-=]+:?$/.test(part))
const numbered = (row: ReadonlyArray<string>) => row.slice(1).some((part) => /\d/.test(part))

/** How many lines from one on are a table, and its rows. */
export const table = (
  lines: ReadonlyArray<string>,
  from: number,
  delimiters: ReadonlyArray<Delimiter>
): { readonly lines: number; readonly rows: Array<Piece> } | undefined => {
  if (lines.length - from < 2) return undefined
  for (const [mark, least] of delimiters) {
    const first = cells(lines[from]!, mark)
    if (first.length < 2) continue
    const rows = [first]
    for (let i = from + 1; i < lines.length; i++) {
      const row = cells(lines[i]!, mark)
      if (row.length !== first.length) break
      rows.push(row)
    }
    const body = rows.filter((row) => !ruled(row))
    if (body.some((row) => row.some((part) => part.length > 60))) continue
    const headed = body.length > 1 && !body[0]!.some((part) => /\d/.test(part)) && numbered(body[1]!)
    const told = headed ? body.slice(1) : body
    if (told.length < least || !told.every(numbered) || !told.every(([first]) => wordy(first!))) continue
    const constant = first.map((_, i) => told.length > 1 && told.every((row) => row[i] === told[0]![i]))
    const pieces = told.flatMap((row) => {
      const fields = row.flatMap((value, i): Array<Field> =>
        constant[i] === true ? [] : [[headed ? body[0]![i]! : "", value]]
      )
      return record(fields) ?? []
    })
    return { lines: rows.length, rows: pieces }
  }
  return undefined
}

const counted = /^(\d[\d.,]*) ?(?:x |× ?)?(\p{L}[\p{L}' -]{2,40})$/u
const named = /^(\p{L}[\p{L}\d' -]{2,40}?)\s*(?:[-–—:=(]|->|=>|→)?\s*(\d[\d.,:]*\s*[\p{L}%°]{0,12}\)?)$/u

/** The name in an item of a list, if it is a name and a number. */
const itemKey = (item: string): string | undefined => counted.exec(item)?.[2] ?? named.exec(item)?.[1]

const threeNumbers = /\d\D+\d+\D+\d/

/** The items of a line that lists at least three names, each with its number. */
export const inline = (line: string): Array<Piece> => {
  if (!threeNumbers.test(line)) return []
  const lead = /^(?:[^\d;,|]{0,60}[:>]\s+|[^\d:;,|]{0,40}?(?=\d))/u.exec(line)?.[0] ?? ""
  const parts = line
    .slice(lead.length)
    .replace(/[.;]\s*$/, "")
    .split(/\s*[;|]\s*(?:and )?|,\s+(?:and )?|\s+and (?=\d)/)
  if (parts.length < 3) return []
  const keys = parts.map((part) => itemKey(part.trim()))
  if (keys.some((key) => key === undefined)) return []
  const label = lead.trim().replace(/[:>]$/, "")
  const before = label === "" || label.length > 24 ? "" : /[:>]\s*$/.test(lead) ? `${label}: ` : `${label} `
  return parts.map((part, i) => ({ text: `${before}${part.trim()}`, key: keys[i]!.trim() }))
}

/** Lines that differ in a name and in numbers only, at least three: what all have in common is their wording. */
export const items = (lines: ReadonlyArray<string>, from: number): Array<Piece> => {
  if (lines.length - from < 3) return []
  const wording = frame(lines[from]!)
  const rows: Array<{ readonly line: string; readonly words: ReadonlyArray<string> }> = []
  for (let i = from; i < lines.length; i++) {
    const line = lines[i]!
    if (line.length > 80 || !/\d/.test(line)) break
    if (rows.length > 0 && frame(line) !== wording) break
    rows.push({ line, words: line.match(/\p{L}[\p{L}'’-]*|\d[\d.,:]*/gu) ?? [] })
  }
  if (rows.length < 3) return []
  const common = new Set(rows[0]!.words.filter((word) => rows.every(({ words }) => words.includes(word))))
  const keys = rows.map(({ words }) => {
    const own: Array<string> = []
    for (const word of words) {
      if (/^\p{L}/u.test(word) && !common.has(word)) own.push(word)
      else if (own.length > 0) break
    }
    return own.join(" ")
  })
  if (new Set(keys).size < rows.length || !keys.every((key) => wordy(key) && key.length < 40)) return []
  return rows.map(({ line }, i) => ({ text: line, key: keys[i]! }))
}

/** The marks and the numbers of a line, in order: lines of one list have the same. */
const frame = (line: string): string => line.replace(/[\p{L}\s'’-]+/gu, " ").replace(/\d+/g, "0")

/** A list of records in YAML: `- name: x` with more fields beneath. */
export const listed = (
  lines: ReadonlyArray<string>,
  from: number
): { readonly lines: number; readonly rows: Array<Piece> } | undefined => {
  if (!lines[from]!.startsWith("-")) return undefined
  const rows: Array<Array<Field>> = []
  let i = from
  for (; i < lines.length; i++) {
    const field = /^(-\s+)?([\w -]{1,30}):\s+(\S.{0,60})$/.exec(lines[i]!)
    if (field === null || (field[1] === undefined && rows.length === 0)) break
    if (field[1] !== undefined) rows.push([])
    rows.at(-1)!.push([field[2]!, field[3]!.replaceAll(/["']/g, "")])
  }
  if (rows.length < 2 || !rows.every((row) => row.length === rows[0]!.length && row.length > 1)) return undefined
  return { lines: i - from, rows: rows.flatMap((fields) => record(fields) ?? []) }
}
