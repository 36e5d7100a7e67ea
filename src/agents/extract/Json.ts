import { Option } from "effect"
import { jsonrepair } from "jsonrepair"
import { gap, isRecord } from "./Schema.ts"

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

const marks: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", '"': '"', "\\": "\\", "'": "'", "/": "/" }

/** Resolves the escapes of a text. */
export const unescape = (text: string): string =>
  text.replaceAll(/\\(?:u([\da-f]{4})|([\s\S]))/gi, (all, code: string | undefined, sign: string) =>
    code === undefined ? (marks[sign] ?? all) : String.fromCharCode(Number.parseInt(code, 16))
  )

const strict = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs
const string = String.raw`"(?:[^"\\]|\\.|"(?!\s*(?:[,:}\]=\n，：]|$)))*"|(?<=[{[,:=(>]\s*)'(?:[^'\\]|\\.|'(?!\s*(?:[,:}\]=\n]|$)))*'`
const lenient = new RegExp(`${string}|[{}[\\]]`, "gs")

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

const apostrophe = "\uE002"
/** What `jsonrepair` leaves broken outside of strings. */
const broken = new RegExp(
  String.raw`(${string})|(#[^\n]*|,(?=\s*,)|(?<=[{,]\s*):(?=\w)|(?<=:\s*)\+(?=[\d.]))|(\s*(?::=|=>?|：)\s*)|(，)|[«»„“”]`,
  "gs"
)

const mended = (text: string): string =>
  text
    .replaceAll(/"""|'''/g, '"')
    .replaceAll(/(?<=[\p{L}\d])'(?=\p{L})/gu, apostrophe)
    .replaceAll(
      broken,
      (_, kept?: string, removed?: string, colon?: string, comma?: string) =>
        kept ?? (removed !== undefined ? "" : colon !== undefined ? ":" : comma !== undefined ? "," : '"')
    )
    .replaceAll(/(?<=:\s*-?\d{1,3}(?:,\d{3})*),(\d{3})(?=[,.}\s])/g, "$1")

const repaired = Option.liftThrowable((text: string): unknown =>
  JSON.parse(jsonrepair(mended(text)).replaceAll(apostrophe, "'"))
)

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

/** What is certain of a value whose source has no end: its last member only if it is whole. */
const certain = (value: unknown, source: string, isEnd: boolean): Pick<Candidate, "value" | "tail"> => {
  const last = lastOf(value)
  const rest = source.replace(/[\]}\s]+$/, "").replace(/(?<=[:{][^[\]]*),$/, "")
  if (typeof last === "number" && /\d$/.test(rest))
    return { value, tail: isEnd ? /-?\d+(?:\.\d+)?$/.exec(source)?.[0] : undefined }
  const ending = unescape(rest.slice(-100))
  const isQuoted =
    typeof last === "string" && ["'", '"', "”", "’", "`", "»"].some((quote) => ending.endsWith(last.slice(-20) + quote))
  const isWhole =
    typeof last === "string"
      ? isQuoted && (last !== "" || /(["'`])\1$/.test(ending))
      : isRecord(last) || Array.isArray(last)
        ? /[{[]\s*[\]}][\s}\]]*$/.test(source)
        : /(?:true|false|null|none)$/i.test(rest)
  return { value: isWhole ? value : withLast(value, gap) }
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
