import { Option, Predicate } from "effect"
import { jsonrepair } from "jsonrepair"

export type Members = Readonly<Record<string, unknown>>

/** Stands where a reply broke off. */
export const gap = "\uE000"

/** A value in brackets, found in a text. */
export interface Candidate {
  readonly value: unknown
  readonly start: number
  readonly end: number
  /** The number that the text ends with, which may have been cut. */
  readonly tail?: string | undefined
}

const parsed = Option.liftThrowable((text: string): unknown => JSON.parse(text))

/** Parses strict JSON, if it is not nested too deep to be an answer. */
export const parse = (text: string): Option.Option<unknown> =>
  /(?:[[{]\s*){64}/.test(text) ? Option.none() : parsed(text)

// A quote ends a string if what follows it can follow a string: quotes inside are often left as they are.
const after = String.raw`\s*(?:[:}\]=\n：]|[,，]\s*(?:["'“{[\d}\],-]|(?:true|false|null|none)\b|[\w$]+\s*[:=]|[/#.…]|$)|\/[/*]|#|"[^"\n]{0,80}"\s*:|\+\s*["']|$)`
const string = String.raw`"(?:[^"\\]|\\.|"(?!${after}))*"|(?<=[{[,:=(>]\s*)'(?:[^'\\]|\\.|'(?!${after}))*'`
const token = new RegExp(String.raw`${string}|(?<!:)\/\/[^\n]*|[{}[\]]`, "gis")

/** Where the bracket at a place closes; `undefined` if it does not. */
const closing = (text: string, start: number): number | undefined => {
  let depth = 0
  token.lastIndex = start
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    depth += /^[{[]$/.test(match[0]) ? 1 : /^[}\]]$/.test(match[0]) ? -1 : 0
    if (depth === 0) return token.lastIndex
  }
  return undefined
}

// What `jsonrepair` leaves broken outside of strings.
// Neither is the value that is meant: what stands behind a minus and a blank, and a string with half a character.
const broken = String.raw`#[^\n]*|(?<!:)\/\/[^\n]*|,(?=\s*,)|(?<=[{,]\s*):(?=\w)|(?<=:\s*)\+(?=[\d.])|(?<=[:[,]\s*)[-−–—]\s+[\d.]+`
const mending = new RegExp(String.raw`(${string})|${broken}|\s*(?::=|=>?|：)\s*|，|[«»„“”]`, "gis")
const escaped = (mark: string): string => {
  if (mark.length === 1) return JSON.stringify(mark).slice(1, -1)
  return mark === "\\'" ? "'" : /^\\[^"\\/bfnrtu]/.test(mark) ? `\\${mark}` : mark
}

/** Repairs JSON. Strings are hidden meanwhile, since a repair may split those with brackets in them. */
const repaired = Option.liftThrowable((text: string): unknown => {
  const kept: Array<string> = []
  const hidden = text.replaceAll(/"""|'''/g, '"').replaceAll(mending, (mark, quoted?: string) => {
    if (quoted !== undefined && /(?<!\\)(?:\\\\)*\\u(?![\da-f]{4})/i.test(quoted)) return `"${gap}"`
    if (quoted !== undefined) {
      // oxlint-disable-next-line no-control-regex -- JSON allows none in a string
      return `"\uE001${kept.push(quoted.slice(1, -1).replaceAll(/\\.|["\u0000-\u001f]/gs, escaped)) - 1};"`
    }
    if (/^[-−–—]/.test(mark)) return `"${gap}"`
    return /^\s*:?[=：]/.test(mark) ? ":" : mark === "，" ? "," : /[«»„“”]/.test(mark) ? '"' : ""
  })
  return JSON.parse(jsonrepair(hidden).replaceAll(/\uE001(\d+);/g, (_, at: string) => kept[Number(at)]!))
})

/** Changes the last member of a value's last member, and so on. */
export const mapLast = (value: unknown, change: (last: unknown) => unknown): unknown => {
  const [key, member] = Predicate.isObjectOrArray(value) ? (Object.entries(value).at(-1) ?? []) : []
  if (key === undefined) return change(value)
  const changed = mapLast(member, change)
  return Array.isArray(value) ? [...value.slice(0, -1), changed] : { ...(value as object), [key]: changed }
}

/** Whether the end of a source without an end, its brackets left out, is the end of a value. */
const isWhole = (last: unknown, rest: string): boolean => {
  if (typeof last === "number") return /\d$/.test(rest)
  if (Predicate.isObjectOrArray(last)) return /[\]}]\s*$/.test(rest)
  if (typeof last !== "string") return rest.toLowerCase().endsWith(String(last)) || /none$/i.test(rest)
  const written = [last, JSON.stringify(last).slice(1, -1)].map((text) => text.slice(-20))
  return written.some((text) => [...`"'”’\`»`].some((quote) => rest.endsWith((text || quote) + quote)))
}

const leftOut = /(?:^|[{[,\s])(?:\.{3}|…)\s*[}\],]/

// Where an answer without a bracket at its end is over; a string on one line may hold such marks.
const edges = /"(?:[^"\\\n]|\\.)*"(?=\s*[,:}\]])|```|~~~|<\/[a-z_]|<\||<end|$/gi

/** Whether a comma behind a member of an object ends a source, which may be all; after one of a list more was to come. */
const endsMember = (source: string): boolean => {
  if (!source.endsWith(",")) return false
  const bare = source.replace(/"(?:[^"\\]|\\.)*"/g, '""')
  return /[:{]/.test(bare.slice(Math.max(bare.lastIndexOf("["), bare.lastIndexOf("]")) + 1))
}

const candidateAt = (text: string, start: number): Candidate | undefined => {
  const closed = closing(text, start)
  const exact = closed === undefined ? Option.none() : parse(text.slice(start, closed))
  if (Option.isSome(exact)) return { value: exact.value, start, end: closed! }
  const edge = [...text.slice(start, closed).matchAll(edges)].find(([mark]) => !mark.startsWith('"'))!.index
  for (const end of new Set([closed, start + Math.max(1, edge)])) {
    const source = text.slice(start, end)
    const value = Option.getOrUndefined(end === undefined ? Option.none() : repaired(source))
    if (end === undefined || !Predicate.isObjectOrArray(value)) continue
    if (leftOut.test(source)) return { value: gap, start, end }
    if (end === closed) return { value, start, end }
    const rest = source.replace(endsMember(source) ? /,$/ : /[\]}\s]+$/, "")
    const whole = /[{[]\s*[\]}][\s}\]]*$/.test(source) ? source : rest
    const tail = end === text.length ? /-?\d+(?:\.\d+)?$/.exec(source)?.[0] : undefined
    return { value: mapLast(value, (last) => (isWhole(last, whole) ? last : gap)), start, end, tail }
  }
  return undefined
}

/** The outermost values in brackets, in their order; `undefined` if the text opens too many brackets that it never closes. */
export const candidates = (text: string): ReadonlyArray<Candidate> | undefined => {
  const found: Array<Candidate> = []
  // A bracket without an end is read to the end of the text, and what stands inside once more.
  let work = 4 * text.length + 200_000
  const opener = /[{[]/g
  for (let match = opener.exec(text); match !== null && work > 0; match = opener.exec(text)) {
    const candidate = candidateAt(text, match.index)
    if (candidate !== undefined) found.push(candidate)
    work -= Math.max(text.length / 500, (candidate?.end ?? text.length) - match.index)
    opener.lastIndex = candidate?.end ?? match.index + 1
  }
  return work > 0 ? found : undefined
}
