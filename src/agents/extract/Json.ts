import { Option } from "effect"
import { jsonrepair } from "jsonrepair"
import { gap } from "./Schema.ts"

/** A value in brackets, found in a text. */
export interface Candidate {
  readonly value: unknown
  readonly start: number
  readonly end: number
  /** The number that the text ends with, of which more digits may have been to come. */
  readonly tail?: string | undefined
}

const parsed = Option.liftThrowable((text: string): unknown => JSON.parse(text))

/** Parses strict JSON, if it is not nested too deep to be an answer. */
export const parse = (text: string): Option.Option<unknown> =>
  /(?:[[{]\s*){64}/.test(text) ? Option.none() : parsed(text)

const strict = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs
// A quote ends a string if what follows it can follow a string: quotes inside are often left as they are.
const after = String.raw`\s*(?:[:}\]=\n：]|[,，]\s*(?:["'“{[\d}\],-]|(?:true|false|null|none)\b|[\w$]+\s*[:=]|[/#.…]|$)|\/[/*]|#|"[^"\n]{0,80}"\s*:|\+\s*["']|$)`
const string = String.raw`"(?:[^"\\]|\\.|"(?!${after}))*"|(?<=[{[,:=(>]\s*)'(?:[^'\\]|\\.|'(?!${after}))*'`
const lenient = new RegExp(String.raw`${string}|(?<!:)\/\/[^\n]*|[{}[\]]`, "gis")

/** Where the bracket at a place closes; `undefined` if it does not. */
const closing = (text: string, start: number, token: RegExp): number | undefined => {
  let depth = 0
  token.lastIndex = start
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === "{" || match[0] === "[") depth++
    else if (match[0] === "}" || match[0] === "]") depth--
    if (depth === 0) return token.lastIndex
  }
  return undefined
}

/** What `jsonrepair` leaves broken outside of strings. */
const broken = String.raw`(#[^\n]*|(?<!:)\/\/[^\n]*|,(?=\s*,)|(?<=[{,]\s*):(?=\w)|(?<=:\s*)\+(?=[\d.]))|(\s*(?::=|=>?|：)\s*)|(，)|[«»„“”]`
const mending = new RegExp(`(${string})|${broken}`, "gis")
const escapes: Readonly<Record<string, string>> = { '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\'": "'" }
const quoted = (inner: string) => `"${inner.replaceAll(/\\.|["\n\r\t]/gs, (mark) => escapes[mark] ?? mark)}"`

const mended = (text: string): string =>
  text
    .replaceAll(/"""|'''/g, '"')
    .replaceAll(mending, (_, kept?: string, removed?: string, colon?: string, comma?: string) =>
      kept !== undefined
        ? quoted(kept.slice(1, -1))
        : removed !== undefined
          ? ""
          : colon !== undefined
            ? ":"
            : comma !== undefined
              ? ","
              : '"'
    )
    .replaceAll(/(?<=:\s*-?\d{1,3}(?:,\d{3})*),(\d{3})(?=[,.}\s])/g, "$1")

const repaired = Option.liftThrowable((text: string): unknown => JSON.parse(jsonrepair(mended(text))))

/** A value with another last member of its last member, and so on. */
export const withLast = (value: unknown, last: unknown): unknown => {
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) return last
  const key = Object.keys(value).at(-1)!
  const member = withLast((value as Record<string, unknown>)[key], last)
  return Array.isArray(value) ? value.with(-1, member) : { ...value, [key]: member }
}

const lastOf = (value: unknown): unknown => {
  const members = typeof value === "object" && value !== null ? Object.values(value) : []
  return members.length === 0 ? value : lastOf(members.at(-1))
}

const quotes = `"'”’\`»`

/** What is certain of a value whose source has no end: its last member only if it is whole. */
const certain = (value: unknown, source: string, isEnd: boolean): Pick<Candidate, "value" | "tail"> => {
  const last = lastOf(value)
  const rest = source.replace(/[\]}\s]+$/, "").replace(/(?<=[:{][^[\]]*),$/, "")
  if (typeof last === "number" && /\d$/.test(rest))
    return { value, tail: isEnd ? /-?\d+(?:\.\d+)?$/.exec(source)?.[0] : undefined }
  const endings =
    typeof last === "string"
      ? [last, JSON.stringify(last).slice(1, -1)].flatMap((end) =>
          [...quotes].map((quote) => (end === "" ? quote : end.slice(-20)) + quote)
        )
      : [String(last), "none"]
  const isEmpty = typeof last === "object" && last !== null && /[{[]\s*[\]}][\s}\]]*$/.test(source)
  return {
    value:
      isEmpty || endings.some((end) => rest.toLowerCase().endsWith(end.toLowerCase())) ? value : withLast(value, gap)
  }
}

const leftOut = /(?:^|[{[,\s])(?:\.{3}|…)\s*[}\],]/

const candidateAt = (text: string, start: number): Candidate | undefined => {
  const limit = start + Math.max(1, text.slice(start).search(/```|~~~|<\/[a-z_]|<\||<end|$/i))
  const closed = closing(text.slice(0, limit), start, lenient)
  const end = closed ?? limit
  const source = text.slice(start, end)
  if (leftOut.test(source)) return { value: gap, start, end }
  const value = Option.getOrUndefined(repaired(source))
  if (typeof value !== "object" || value === null) return undefined
  return { start, end, ...(closed === undefined ? certain(value, source, limit === text.length) : { value }) }
}

/** The outermost values in brackets, in their order; `undefined` if the text opens too many brackets that it never closes. */
export const candidates = (text: string): ReadonlyArray<Candidate> | undefined => {
  const found: Array<Candidate> = []
  // A bracket without an end is read to the end of the text, and what stands inside once more.
  let work = 6 * text.length + 100_000
  const opener = /[{[]/g
  for (let match = opener.exec(text); match !== null && work > 0; match = opener.exec(text)) {
    const start = match.index
    const end = closing(text, start, strict)
    work -= (end ?? text.length) - start
    const exact = end === undefined ? Option.none() : parse(text.slice(start, end))
    const candidate = Option.isSome(exact) ? { value: exact.value, start, end: end! } : candidateAt(text, start)
    if (candidate !== undefined) found.push(candidate)
    opener.lastIndex = candidate?.end ?? start + 1
  }
  return work > 0 ? found : undefined
}
