import { Option } from "effect"
import * as Candidate from "./Candidate.ts"
import { strictly } from "./Json.ts"
import { lines, type Line, unmarked } from "./Line.ts"
import { gap } from "./Placeholder.ts"
import { closers, unescape } from "./Quote.ts"
import { isNothing } from "./Scalar.ts"
import { isOf, type Shape, typesOf } from "./Shape.ts"

/** A text without its quotes, and without the marks that part it from the next. */
export const unquoted = (given: string): string => {
  const text = unmarked(given.replace(/[,;]$/, "").trim())
  const closer = closers[text[0] ?? ""]
  if (closer === undefined || text.length < 2 || !closer.includes(text.at(-1)!)) return text
  const inner = text.slice(1, -1)
  return text[0] === '"' ? unescape(inner) : inner
}

const split = (text: string): ReadonlyArray<string> =>
  text
    .split(/->|→/.test(text) ? /\s*(?:->|→)\s*/ : text.includes(";") ? /\s*;\s*/ : /\s*,\s*(?:and\s+)?/)
    .map(unquoted)
    .filter((item) => item !== "")

const bullets = (below: ReadonlyArray<Line>): ReadonlyArray<string> => {
  const marked = below.filter(({ mark }) => mark !== "")
  const indent = Math.min(...marked.map((line) => line.indent))
  // What stands beneath an item belongs to it, and its place in the value is not known.
  const nested = below.some((line) => line.indent > indent && line.text !== "")
  return nested ? [gap] : marked.map(({ text }) => unquoted(text))
}

const list = (text: string, below: ReadonlyArray<Line>): unknown => {
  if (text.startsWith("[")) {
    const rest = [text, ...below.map((line) => line.mark + line.text)].join("\n")
    const first = Candidate.all(rest)?.[0]
    return first?.less ?? first?.value
  }
  if (text !== "") return split(text)
  return below.some(({ mark }) => mark !== "")
    ? bullets(below)
    : below.filter((line) => line.text !== "").map((line) => unquoted(line.text))
}

const paragraph = (below: ReadonlyArray<Line>, joint: string): string => {
  const from = below.findIndex(({ text }) => text !== "")
  const rest = from === -1 ? [] : below.slice(from)
  const end = rest.findIndex(({ text }) => text === "")
  return (end === -1 ? rest : rest.slice(0, end)).map(({ text }) => text).join(joint)
}

const free = (text: string, below: ReadonlyArray<Line>): string => {
  if (/^[|>][+-]?$/.test(text)) return paragraph(below, text.startsWith("|") ? "\n" : " ")
  return text === "" ? unquoted(paragraph(below, " ")) : unquoted(text.replace(/\s+#\s.*$/, ""))
}

/** The value that stands behind a key, on its line or below; `undefined` if it says that there is none. */
export const valueOf = (text: string, below: ReadonlyArray<Line>, shape: Shape): unknown => {
  if (isOf(shape, "array")) return list(text, below)
  const value = free(text, below)
  if (!isNothing(value)) return value
  return typesOf(shape).includes("null") ? null : undefined
}

/** Reads a text that holds one value and nothing else. */
export const alone = (text: string, shape: Shape): unknown => {
  const strict = strictly(text.trim())
  return Option.isSome(strict) ? strict.value : valueOf("", lines(text), shape)
}
