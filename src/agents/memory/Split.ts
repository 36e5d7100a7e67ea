import { Predicate } from "effect"
import { type Fields, jsonOf, scalar } from "./Records.ts"

/** A piece of an entry that can be told alone. */
export interface Piece {
  readonly text: string
  /** A heading or the names of the columns, told once above pieces that share it; empty without one. */
  readonly lead: string
  /** The cells of a row. */
  readonly fields?: Fields | undefined
}

// A sentence or two. What is shorter is told whole.
const short = 100
const longest = 400
// A sentence that is too long ends at its last semicolon, else comma, else blank.
const clause = /[^]{133,398}(?:; |$)|[^]{133,398}, |[^]{133,399} |[^]{1,400}/g

const sentences = new Intl.Segmenter("en", { granularity: "sentence" })
const delimiters = ["|", "\t", ";", ","]
const isRule = (line: string): boolean => /^[\s|:+=-]+$/.test(line) && line.includes("--")
const hasNumber = (line: string): boolean => /\p{N}/u.test(line)

/** The table that starts at a line, if three lines and more have as many cells: the line behind it, and the delimiter. */
const tableAt = (lines: ReadonlyArray<string>, start: number) => {
  for (const delimiter of delimiters) {
    const width = lines[start]!.split(delimiter).length
    if (width < 2 || (width < 3 && delimiter === ",")) continue
    let end = start
    while (end < lines.length && (lines[end]!.split(delimiter).length === width || isRule(lines[end]!))) end++
    if (end - start >= 3) return { end, delimiter }
  }
  return undefined
}

const ofTable = (rows: ReadonlyArray<string>, heading: string, delimiter: string): ReadonlyArray<Piece> => {
  const [first = "", ...below] = rows.filter((row) => !isRule(row))
  // The names of columns hold no figures where the rows beneath do.
  const isNamed = below.length > 0 && (rows.some(isRule) || (!hasNumber(first) && below.some(hasNumber)))
  const lead = isNamed ? `${heading}\n${first}`.trim() : heading
  const form = isNamed ? first : heading.replace(/\p{N}+/gu, "")
  return (isNamed ? below : [first, ...below]).map((text) => {
    const cells = text.replace(/^\s*\|/, "").split(delimiter)
    return { text, lead, fields: { source: "", form, fields: cells.map((cell) => ["", cell.trim()] as const) } }
  })
}

/** Cuts prose at its sentences. */
function* ofProse(text: string, lead: string): Generator<Piece> {
  for (const { segment } of text.length <= short ? [{ segment: text }] : sentences.segment(text))
    for (const [piece] of segment.matchAll(clause)) yield { text: piece.trim(), lead }
}

function* ofLines(lines: ReadonlyArray<string>): Generator<Piece> {
  let heading = ""
  let isUsed = false
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!
    const table = tableAt(lines, i)
    const isLast = table !== undefined || i === lines.length - 1 || line.length > short
    const heads = !isLast && (/[:：]$|^#/.test(line) || tableAt(lines, i + 1) !== undefined)
    if (heads) heading = heading === "" || isUsed ? line : `${heading}\n${line}`
    else if (table === undefined) yield* ofProse(line, heading)
    else {
      yield* ofTable(lines.slice(i, table.end), heading, table.delimiter)
      heading = ""
      i = table.end - 1
    }
    isUsed = !heads
  }
}

/** Cuts JSON at the members that are records or lists; the path to a member stands before it. */
function* ofJson(value: unknown, path: string): Generator<Piece> {
  const at = path === "" ? "" : `${path}: `
  const isShort = JSON.stringify(value).length <= short
  if (Array.isArray(value) && !isShort) for (const member of value) yield* ofJson(member, path)
  else if (!Predicate.isObject(value)) yield* ofProse(at + scalar(value), "")
  else {
    const isPlain = ([, member]: readonly [string, unknown]) => isShort || !Predicate.isObjectOrArray(member)
    const plain = Object.entries(value).filter(isPlain)
    const text = plain.map(([name, member]) => `${name}=${scalar(member)}`).join(", ")
    if (isShort || plain.length > 0) yield* ofProse(at + text, "")
    for (const one of Object.entries(value)) if (!isPlain(one)) yield* ofJson(one[1], `${path} ${one[0]}`.trim())
  }
}

/** Cuts a long text into pieces that each can be told alone: records, rows, lines or sentences; some may be empty. */
export const split = (text: string): Iterable<Piece> => {
  const whole = text.trim()
  if (whole.length <= short || (whole.startsWith("```") && whole.length <= longest)) return [{ text: whole, lead: "" }]
  const json = jsonOf(whole)
  if (json !== undefined) return ofJson(json.value, json.head.replace(/\s*(?:->|=>|→|:)$/, ""))
  return ofLines(whole.split("\n").flatMap((line) => line.trim() || []))
}
