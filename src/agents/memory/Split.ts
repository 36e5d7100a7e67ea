import { type Fields, isObject, jsonOf, scalar } from "./Records.ts"

/** A piece of an entry that can be told alone. */
export interface Piece {
  readonly text: string
  /** Stands above it, once for neighbours that share it: a heading, the names of the columns; empty if there is none. */
  readonly lead: string
  /** What it says in fields, if that is known from around it. */
  readonly fields?: Fields | undefined
}

// A sentence or two. What is shorter is told whole.
const short = 100
const longest = 400

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
  const body = rows.filter((row) => !isRule(row))
  // The names of columns hold no figures where the rows beneath do.
  const named = body.length > 1 && (rows.some(isRule) || (!hasNumber(body[0]!) && body.slice(1).some(hasNumber)))
  const lead = named ? `${heading}\n${body[0]!}`.trim() : heading
  const form = named ? body[0]! : heading.replace(/\p{N}+/gu, "")
  return body.slice(named ? 1 : 0).map((text) => {
    const cells = text.replace(/^\s*\|/, "").split(delimiter)
    return { text, lead, fields: { form, fields: cells.map((cell) => ["", cell.trim()] as const) } }
  })
}

// A quotation stays in one piece, since its parts say little without each other.
const isOpen = (text: string): boolean =>
  text.split('"').length % 2 === 0 || ["“”", "«»", "「」"].some(([a, z]) => text.lastIndexOf(a!) > text.lastIndexOf(z!))

/** Cuts prose that is too long at its sentences, and a sentence that is too long at a comma or a blank. */
const ofProse = (text: string, lead: string): ReadonlyArray<Piece> => {
  if (text.length <= short) return [{ text, lead }]
  const pieces: Array<Piece> = []
  const push = (text: string) => void (text.trim() === "" || pieces.push({ text: text.trim(), lead }))
  let open = ""
  for (const { segment } of sentences.segment(text)) {
    open += segment
    for (; open.length > longest;) {
      const head = open.slice(0, longest)
      const at = ["; ", ", ", " "].map((end) => head.lastIndexOf(end) + 1).find((at) => at > longest / 3) ?? longest
      push(open.slice(0, at))
      open = open.slice(at)
    }
    if (isOpen(open)) continue
    push(open)
    open = ""
  }
  push(open)
  return pieces
}

const ofLines = (lines: ReadonlyArray<string>): ReadonlyArray<Piece> => {
  const pieces: Array<Piece> = []
  let heading = ""
  let isUsed = false
  for (let i = 0; i < lines.length;) {
    const table = tableAt(lines, i)
    if (table !== undefined) {
      for (const piece of ofTable(lines.slice(i, table.end), heading, table.delimiter)) pieces.push(piece)
      heading = ""
      i = table.end
      continue
    }
    const line = lines[i++]!
    const heads =
      line.length <= short && i < lines.length && (/[:：]$|^#/.test(line) || tableAt(lines, i) !== undefined)
    if (heads) heading = heading === "" || isUsed ? line : `${heading}\n${line}`
    // A spread of many pieces would exhaust the stack.
    else for (const piece of ofProse(line, heading)) pieces.push(piece)
    isUsed = !heads
  }
  return pieces
}

/** Writes a record in as few words as keep its names: `a=1, b=2`. */
const written = (value: unknown): string => {
  if (!isObject(value)) return scalar(value)
  return Object.entries(value)
    .map(([name, member]) => `${name}=${scalar(member)}`)
    .join(", ")
}

/** Cuts JSON at the members that are records or lists; the path to a member stands before it. */
const ofJson = (value: unknown, path: string): ReadonlyArray<Piece> => {
  const at = path === "" ? "" : `${path}: `
  if (JSON.stringify(value).length <= short) return [{ text: at + written(value), lead: "" }]
  if (Array.isArray(value)) return value.flatMap((member) => ofJson(member, path))
  if (!isObject(value)) return ofProse(at + scalar(value), "")
  const members = Object.entries(value)
  const isNested = ([, member]: readonly [string, unknown]): boolean => typeof member === "object" && member !== null
  const nested = members.filter(isNested)
  const plain = members.filter((member) => !isNested(member))
  const own = plain.length === 0 ? [] : ofProse(at + written(Object.fromEntries(plain)), "")
  return [...own, ...nested.flatMap(([name, member]) => ofJson(member, `${path} ${name}`.trim()))]
}

/** Cuts a long text into pieces that each can be told alone: records, rows, lines or sentences. */
export const split = (text: string): ReadonlyArray<Piece> => {
  const whole = text.trim()
  if (whole.length <= short || (whole.startsWith("```") && whole.length <= longest)) return [{ text: whole, lead: "" }]
  const json = jsonOf(whole)
  if (json !== undefined) return ofJson(json.value, json.head.replace(/\s*(?:->|=>|→|:)$/, ""))
  return ofLines(whole.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()])))
}
