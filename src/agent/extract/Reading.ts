import { Equal, Option } from "effect"
import * as Candidate from "./Candidate.ts"
import * as Cue from "./Cue.ts"
import * as Entity from "./Entity.ts"
import { dig } from "./Envelope.ts"
import * as Fence from "./Fence.ts"
import { fit } from "./Fit.ts"
import { strictly } from "./Json.ts"
import * as KeyLines from "./KeyLines.ts"
import * as Listing from "./Listing.ts"
import { unescape } from "./Quote.ts"
import { isOf, plain, propertiesOf, type Shape } from "./Shape.ts"
import * as Single from "./Single.ts"
import * as Table from "./Table.ts"
import * as Tags from "./Tags.ts"
import { first, fits, silent, type Verdict, wrong } from "./Verdict.ts"
import { prose } from "./Visible.ts"

// Prose and tables of an answer are short; what is longer is another document.
const longest = 50_000

const structured = (text: string, shape: Shape): ReadonlyArray<() => Verdict> =>
  isOf(shape, "array")
    ? [() => Tags.read(text, shape), () => Table.read(text, shape), () => Listing.read(text, shape)]
    : [() => Tags.read(text, shape), () => KeyLines.read(text, shape), () => Table.read(text, shape)]

function* inWords(text: string, shape: Shape) {
  for (const content of Fence.contents(text).toReversed()) {
    for (const read of structured(content, shape)) yield read()
  }
  for (const read of structured(text, shape)) yield read()
  yield Single.read(text, shape)
}

/** Reads what is not in brackets: elements, keys, tables, lists, sentences. */
const words = (text: string, shape: Shape): Verdict =>
  text.length > longest ? silent : first(inWords(prose(text), shape))

/** Objects one below the other are a list of them. */
const lineByLine = (candidates: ReadonlyArray<Candidate.Candidate>, text: string, shape: Shape): Verdict => {
  const items = shape.items
  if (items === undefined || !isOf(shape, "array") || !isOf(items, "object") || candidates.length < 2) return silent
  const apart = candidates.every(({ end }, index) => {
    const next = candidates[index + 1]
    return next === undefined || text.slice(end, next.start).trim().replace(",", "") === ""
  })
  const read = candidates.map(({ value }) => fit(value, items))
  if (!apart || read.every(({ _tag }) => _tag === "Silent")) return silent
  return read.every(({ _tag }) => _tag === "Fits")
    ? fits(read.map((one) => (one._tag === "Fits" ? one.value : undefined)))
    : wrong
}

/** Square brackets in prose hold marks and links more often than lists. */
const isList = ({ end, free, start, value }: Candidate.Candidate, text: string): boolean => {
  if (!Array.isArray(value) || (!free && value.length > 0)) return true
  const before = text
    .slice(Math.max(0, start - 60), start)
    .split("\n")
    .at(-1)!
  const after = text.slice(end, end + 60).split("\n")[0]!
  const alone = after.trim() === "" && /^\s*(?:[\w *]{1,40}[:=]\s*)?$/.test(before)
  return alone && (value.length > 1 || text.slice(start, end) === "[]")
}

/** What the text goes on to say after a value: another one, a doubt, or nothing of weight. */
const afterwards = (tail: string, found: Verdict, shape: Shape): Verdict => {
  if (found._tag !== "Fits" || tail.trim() === "" || tail.length > longest) return found
  const again = isOf(shape, "array") ? silent : KeyLines.read(prose(tail), shape)
  if (again._tag === "Fits") return again
  const taken = Cue.correction.exec(tail)
  if (taken === null) return found
  const better = Single.read(prose(tail.slice(taken.index)), shape)
  return better._tag === "Fits" ? better : wrong
}

// Offers to choose from are no drafts and no corrections.
const offers = /\b(?:option|alternative|variant|candidate|choice|version)\s*(?:#?\d|[A-C]\b)/i

const differ = (answers: ReadonlyArray<Candidate.Candidate>, shape: Shape): boolean => {
  const [head, ...rest] = answers.map(({ value }) => dig(value, shape)).filter(({ _tag }) => _tag === "Fits")
  return rest.some((one) => !Equal.equals(one, head))
}

/** Reads what stands in brackets, the last of it first. */
const brackets = (text: string, shape: Shape): Verdict => {
  const candidates = Candidate.all(text)
  if (candidates === undefined) return wrong
  const listed = lineByLine(candidates, text, shape)
  if (listed._tag !== "Silent") return listed
  const answers = candidates.filter((one) => !isOf(shape, "array") || isList(one, text))
  // The one that is open holds all that comes after it.
  if (offers.test(text) && differ(answers, shape)) return wrong
  const ordered = [...answers.filter(({ open }) => open), ...answers.filter(({ open }) => !open).toReversed()]
  for (const { end, value } of ordered) {
    const found = dig(value, shape)
    if (found._tag !== "Silent") return afterwards(text.slice(end), found, shape)
  }
  return silent
}

const answer = /<(answer|final_answer|final|result|output|response)>/gi

/** What stands in the element that is named for the answer, also where its end is missing. */
const tagged = (text: string, shape: Shape): string | undefined => {
  const last = [...text.matchAll(answer)].findLast(
    ([, name]) => !propertiesOf(shape).some(([own]) => plain(own) === plain(name!))
  )
  if (last === undefined) return undefined
  const start = last.index + last[0].length
  const end = text.indexOf(`</${last[1]}>`, start)
  return text.slice(start, end === -1 ? undefined : end)
}

function* readings(text: string, shape: Shape) {
  yield brackets(text, shape)
  if (/[{[,]\s*\\+["n]/.test(text)) yield brackets(unescape(text), shape)
  if (/&(?:quot|#34|#x22);/i.test(text)) yield brackets(Entity.decode(text), shape)
  const whole = strictly(text.trim())
  if (Option.isSome(whole) && typeof whole.value === "string" && whole.value !== text) yield read(whole.value, shape)
  yield words(text, shape)
}

/** Reads the value of a shape out of the visible text of a reply. */
export const read = (text: string, shape: Shape): Verdict => {
  const inner = tagged(text, shape)
  return inner === undefined ? first(readings(text, shape)) : read(inner, shape)
}
