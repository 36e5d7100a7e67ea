import { Option } from "effect"
import { jsonrepair } from "jsonrepair"
import { gap, isRecord } from "./Schema.ts"

/** A value in brackets, found in a text. */
export interface Candidate {
  readonly value: unknown
  readonly start: number
  readonly end: number
  /** Whether words without quotes are among its values. */
  readonly loose: boolean
  /** The number that the text ends with, of which more digits may have been to come. */
  readonly tail?: string
}

const parsed = Option.liftThrowable((text: string): unknown => JSON.parse(text))

/** Parses strict JSON, if it is not nested too deep to be an answer. */
export const parse = (text: string): Option.Option<unknown> =>
  /(?:[[{]\s*){64}/.test(text) ? Option.none() : parsed(text)

const simple: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" }

/** Resolves the escapes of a text. */
export const unescape = (text: string): string =>
  text.replaceAll(/\\(?:u([\da-f]{4})|([\s\S]))/gi, (all, code: string | undefined, sign: string) =>
    code !== undefined
      ? String.fromCharCode(Number.parseInt(code, 16))
      : (simple[sign] ?? (/\w/.test(sign) ? all : sign))
  )

const string = String.raw`"(?:[^"\\]|\\.|"(?!\s*(?:[,:}\]=\n]|$)))*"|(?<=[{[,:=(>]\s*)'(?:[^'\\]|\\.|'(?!\s*(?:[,:}\]=\n]|$)))*'`
const strict = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs
const lenient = new RegExp(`${string}|[{}[\\]]`, "gs")
const naive = /[{}[\]]/g

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
// What `jsonrepair` does not mend, outside of strings.
const mends: ReadonlyArray<readonly [pattern: string, by: string]> = [
  [String.raw`#[^\n]*`, ""],
  [String.raw`\/\/[^\n]*|\/\*[\s\S]*?\*\/`, ""],
  [String.raw`\s*(?::=|=>?|：)\s*`, ":"],
  ["，", ","],
  [String.raw`,(?=\s*,)`, ""],
  [String.raw`(?<=[{,]\s*):(?=\w)`, ""],
  [String.raw`(?<=:\s*)\+(?=[\d.])`, ""],
  ["[«»„]", '"'],
  [String.raw`\*\*`, ""]
]
const mending = new RegExp(`(${string})|${mends.map(([pattern]) => `(${pattern})`).join("|")}`, "gs")

const mended = (text: string): string =>
  text
    .replaceAll(/(?<=[\p{L}\d])'(?=\p{L})/gu, apostrophe)
    .replaceAll(mending, (all: string, kept: string | undefined, ...groups: ReadonlyArray<string | undefined>) =>
      kept === undefined ? mends[groups.findIndex((group) => group !== undefined)]![1] : all
    )
    .replaceAll(/(?<=:\s*-?\d{1,3}(?:,\d{3})*),(\d{3})(?=[,.}\s])/g, "$1")

const repaired = Option.liftThrowable((text: string): unknown =>
  JSON.parse(jsonrepair(mended(text)).replaceAll(apostrophe, "'"))
)

// Marks that may stand before and behind a string of the source.
const before = /(?:["'“”‘’`«„]|[{[,:=：，>+])\s*$/
const behind = /^\s*(?:["'“”‘’`»]|[}\],:=：，\n/#]|$)/

/** Whether each string of a repaired value stands in its source from one end to the other: a repair may split what it misreads. */
const isFaithful = (value: unknown, source: string): boolean => {
  if (Array.isArray(value)) return value.every((item) => isFaithful(item, source))
  if (isRecord(value))
    return Object.entries(value).every(([key, member]) => isFaithful(key, source) && isFaithful(member, source))
  if (typeof value !== "string" || value === "") return true
  for (let at = source.indexOf(value); at !== -1; at = source.indexOf(value, at + 1)) {
    if (
      before.test(source.slice(Math.max(0, at - 20), at)) &&
      behind.test(source.slice(at + value.length, at + value.length + 20))
    )
      return true
  }
  return false
}

/** A value with another last member of its last member, and so on. */
export const withLast = (value: unknown, last: unknown): unknown => {
  if (Array.isArray(value) && value.length > 0) return [...value.slice(0, -1), withLast(value.at(-1), last)]
  const key = isRecord(value) ? Object.keys(value).at(-1) : undefined
  return key === undefined
    ? last
    : { ...(value as object), [key]: withLast((value as Record<string, unknown>)[key], last) }
}

const lastOf = (value: unknown): unknown => {
  const members = typeof value === "object" && value !== null ? Object.values(value) : []
  return members.length === 0 ? value : lastOf(members.at(-1))
}

const constants = /(?:true|false|null|none)$/i

/** What is certain of a value whose source has no end: its last member only if it is whole. */
const certain = (value: unknown, source: string, isEnd: boolean): Pick<Candidate, "value" | "tail"> => {
  const last = lastOf(value)
  const rest = source.replace(/[\]}\s]+$/, "").replace(/(?<=^|[^[,\s].*?:[^[\]]*),$/s, "")
  const number = /-?\d+(?:\.\d+)?$/.exec(source)?.[0]
  if (typeof last === "number") {
    if (!/\d$/.test(rest)) return { value: withLast(value, gap) }
    return number !== undefined && isEnd ? { value, tail: number } : { value }
  }
  const ending = unescape(rest.slice(-100))
  const whole =
    typeof last === "string"
      ? ending.slice(0, -1).endsWith(last.slice(-20)) &&
        /["'”’`»]$/.test(ending) &&
        (last !== "" || /(["'`])\1$/.test(ending))
      : typeof last === "object" && last !== null
        ? /(?:\{\s*\}|\[\s*\])[\s}\]]*$/.test(source)
        : constants.test(rest)
  return { value: whole ? value : withLast(value, gap) }
}

const leftOut = /(?:^|[{[,\s])(?:\.{3}|…)\s*[}\],]/
const boundary = /\n\s*(?:```|~~~)|```|<\/[a-z_]|<\||<end/iy

const boundaryAfter = (text: string, start: number): number => {
  const edge = new RegExp(boundary, "gi")
  edge.lastIndex = start
  return edge.exec(text)?.index ?? text.length
}

const candidateAt = (text: string, start: number): Candidate | undefined => {
  const limit = boundaryAfter(text, start)
  const within = text.slice(0, limit)
  const ends = new Set([closing(within, start, lenient), closing(within, start, naive), undefined])
  for (const end of ends) {
    const source = within.slice(start, end)
    if (leftOut.test(source)) return { value: gap, start, end: end ?? limit, loose: false }
    const value = Option.getOrUndefined(repaired(source))
    if (
      typeof value !== "object" ||
      value === null ||
      !isFaithful(end === undefined ? withLast(value, 0) : value, unescape(source))
    )
      continue
    const loose = !/^[[{]\s*["'“{[\]}]/.test(source)
    return {
      start,
      end: end ?? limit,
      loose,
      ...(end === undefined ? certain(value, source, limit === text.length) : { value })
    }
  }
  return undefined
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
    const exact = end === undefined ? Option.none() : parse(text.slice(start, end))
    work -= (end ?? text.length) - start
    const candidate = Option.isSome(exact)
      ? { value: exact.value, start, end: end!, loose: false }
      : candidateAt(text, start)
    if (candidate !== undefined) found.push(candidate)
    opener.lastIndex = candidate?.end ?? start + 1
  }
  return work > 0 ? found : undefined
}
