import { type Fields, isObject, jsonOf, scalar } from "./Records.ts"

/** A piece of an entry that can be told alone. */
export interface Piece {
  readonly text: string
  /** Stands above it, once for neighbours that share it: a heading, the names of the columns; empty if it needs none. */
  readonly lead: string
  /** What it says in fields, if that is known from around it. */
  readonly fields?: Fields | undefined
}

// A sentence or two. What is shorter is told whole.
const short = 100
const longest = 400

const sentences = new Intl.Segmenter("en", { granularity: "sentence" })

const delimiters = [" | ", "|", "\t", ";", ","]
const cells = (line: string, delimiter: string): number => line.split(delimiter).length
const isRule = (line: string): boolean => /^[\s|:+=-]+$/.test(line) && line.includes("--")

/** Where a line is a cell row of at least so many lines with as many cells; the delimiter and the end of the table. */
const tableAt = (lines: ReadonlyArray<string>, start: number): { end: number; delimiter: string } | undefined => {
  for (const delimiter of delimiters) {
    const width = cells(lines[start]!, delimiter)
    if (width < 2 || (width < 3 && delimiter === ",")) continue
    let end = start
    while (end < lines.length && (cells(lines[end]!, delimiter) === width || isRule(lines[end]!))) end++
    if (end - start >= 3) return { end, delimiter }
  }
  return undefined
}

const hasNumber = (line: string): boolean => /\p{N}/u.test(line)

const ofTable = (rows: ReadonlyArray<string>, heading: string, delimiter: string): ReadonlyArray<Piece> => {
  const body = rows.filter((row) => !isRule(row))
  // The names of columns hold no figures where the rows beneath do.
  const named = rows.some(isRule) || (!hasNumber(body[0]!) && body.slice(1).some(hasNumber))
  const lead = [heading, ...(named ? [body[0]!] : [])].filter((line) => line !== "").join("\n")
  const cellsOf = (row: string) =>
    row
      .replace(/^\s*\|/, "")
      .split(delimiter.trim() || delimiter)
      .map((cell) => cell.trim())
  const names = named ? body[0]! : heading.replace(/\p{N}+/gu, "")
  const fieldsOf = (row: string): Fields => ({ source: "", names, fields: cellsOf(row).map((cell) => ["", cell]) })
  return body.slice(named ? 1 : 0).map((text) => ({ text, lead, fields: fieldsOf(text) }))
}

// A quotation stays in one piece, since its parts say nothing without each other.
const isOpen = (text: string): boolean =>
  (text.match(/"/g)?.length ?? 0) % 2 === 1 ||
  text.lastIndexOf("“") > text.lastIndexOf("”") ||
  text.lastIndexOf("«") > text.lastIndexOf("»") ||
  text.lastIndexOf("「") > text.lastIndexOf("」")

const sentencesOf = (text: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  let open = ""
  for (const { segment } of sentences.segment(text)) {
    open += segment
    if (isOpen(open) && open.length < longest) continue
    found.push(open.trim())
    open = ""
  }
  return open.trim() === "" ? found : [...found, open.trim()]
}

/** Cuts prose that is too long at its sentences, and a sentence that is too long at a comma or a blank. */
const ofProse = (text: string, lead: string): ReadonlyArray<Piece> => {
  if (text.length <= short) return [{ text, lead }]
  return sentencesOf(text).flatMap((sentence) => {
    const pieces: Array<Piece> = []
    let rest = sentence
    while (rest.length > longest) {
      const head = rest.slice(0, longest)
      const at = [head.lastIndexOf("; "), head.lastIndexOf(", "), head.lastIndexOf(" ")].find((i) => i > longest / 3)
      pieces.push({ text: rest.slice(0, at === undefined ? longest : at + 1).trim(), lead })
      rest = rest.slice(at === undefined ? longest : at + 1).trim()
    }
    return rest === "" ? pieces : [...pieces, { text: rest, lead }]
  })
}

const ofLines = (lines: ReadonlyArray<string>): ReadonlyArray<Piece> => {
  const pieces: Array<Piece> = []
  let heading = ""
  for (let i = 0; i < lines.length;) {
    const line = lines[i]!
    const table = tableAt(lines, i)
    if (table !== undefined) {
      pieces.push(...ofTable(lines.slice(i, table.end), heading, table.delimiter))
      heading = ""
      i = table.end
      continue
    }
    i++
    const heads = i < lines.length && (/[:：]$|^#/.test(line) || tableAt(lines, i) !== undefined)
    if (heads) heading = line.length > short ? "" : line
    if (!heads || line.length > short) pieces.push(...ofProse(line, heading))
  }
  return pieces
}

/** Writes a record in as few words as keep its names: `a=1, b=2`. */
const written = (value: unknown): string =>
  isObject(value)
    ? Object.entries(value)
        .map(([name, inner]) => `${name}=${isObject(inner) ? `(${written(inner)})` : scalar(inner)}`)
        .join(", ")
    : scalar(value)

/** Cuts JSON at the members that are records or lists of them; the path to a member stands before it. */
const ofJson = (value: unknown, path: string): ReadonlyArray<Piece> => {
  const at = path === "" ? "" : `${path}: `
  if (JSON.stringify(value).length <= short) return [{ text: at + written(value), lead: "" }]
  if (Array.isArray(value)) return value.flatMap((member) => ofJson(member, path))
  if (!isObject(value)) return ofProse(at + scalar(value), "")
  const members = Object.entries(value)
  const isNested = (member: unknown) => typeof member === "object" && member !== null
  const plain = members.filter(([, member]) => !isNested(member))
  const own = plain.length === 0 ? [] : ofProse(at + written(Object.fromEntries(plain)), "")
  const nested = members.filter(([, member]) => isNested(member))
  return [...own, ...nested.flatMap(([name, member]) => ofJson(member, `${path} ${name}`.trim()))]
}

/** Cuts a long text into pieces that each can be told alone: records, rows, lines or sentences. */
export const split = (text: string): ReadonlyArray<Piece> => {
  const whole = text.trim()
  if (whole.length <= short || whole.startsWith("```")) return [{ text: whole, lead: "" }]
  const json = jsonOf(whole)
  if (json !== undefined) return ofJson(json.value, json.head.replace(/\s*(?:->|=>|→|:)$/, ""))
  const lines = whole
    .split(/\n+/)
    .map((line) => line.trim())
    .filter((line) => line !== "")
  return ofLines(lines)
}
