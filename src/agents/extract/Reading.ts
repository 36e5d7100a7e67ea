import { Equal, Option } from "effect"
import * as Candidate from "./Candidate.ts"
import * as Cue from "./Cue.ts"
import * as Entity from "./Entity.ts"
import { dig } from "./Envelope.ts"
import * as Fence from "./Fence.ts"
import { fit } from "./Fit.ts"
import { strictly } from "./Json.ts"
import { isWhole } from "./Last.ts"
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

function* structured(text: string, bare: string, shape: Shape) {
  yield Tags.read(text, shape)
  if (!isOf(shape, "array")) yield KeyLines.read(bare, shape)
  yield Table.read(bare, shape)
  if (isOf(shape, "array")) yield Listing.read(bare, shape)
}

function* inWords(text: string, bare: string, shape: Shape) {
  for (const content of Fence.contents(bare).toReversed()) yield* structured(content, content, shape)
  yield* structured(text, bare, shape)
  yield Single.read(bare, shape)
}

/** Reads what is not in brackets: elements, keys, tables, lists, sentences. */
const words = (text: string, shape: Shape): Verdict => {
  if (text.length > longest) return silent
  // What an object says has been read, and was no answer.
  const bare = Candidate.outside(text, Candidate.all(text) ?? [])
  return first(inWords(prose(text), prose(bare), shape))
}

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
  const replaced = taken ?? Cue.replacement.exec(tail)
  if (replaced === null) return found
  const other = Single.read(prose(tail.slice(replaced.index)), shape)
  return other._tag === "Fits" ? other : taken === null ? found : wrong
}

/** Whether a later value has some members of an answer, and other ones: which of the rest still hold is not known. */
const amends = ({ value }: Candidate.Candidate, found: unknown, shape: Shape): boolean => {
  const { required: _, ...some } = shape
  const part = isOf(shape, "object") ? fit(value, some) : silent
  if (part._tag !== "Fits" || typeof part.value !== "object" || typeof found !== "object") return false
  return !Equal.equals({ ...found, ...part.value }, found)
}

// Offers to choose from are no drafts and no corrections.
const offers = /\b(?:option|alternative|variant|candidate|choice|version)\s*(?:#?\d|[A-C]\b)/i

const differ = (answers: ReadonlyArray<Candidate.Candidate>, shape: Shape): boolean => {
  const [head, ...rest] = answers.map(({ value }) => dig(value, shape)).filter(({ _tag }) => _tag === "Fits")
  return rest.some((one) => !Equal.equals(one, head))
}

/** Whether the last answer is given as one that may hold as well as another before it. */
const wavers = (text: string, answers: ReadonlyArray<Candidate.Candidate>, shape: Shape): boolean => {
  const [last, before] = answers.filter(({ value }) => dig(value, shape)._tag === "Fits").toReversed()
  if (last === undefined || before === undefined || !differ(answers, shape)) return false
  const between = Cue.alternative.exec(text.slice(Math.max(before.end, last.start - 200), last.start))?.[0]
  return between !== undefined && !Cue.settlement.test(between) && !Cue.correction.test(between)
}

/** Reads what stands in brackets, the last of it first. */
const brackets = (text: string, shape: Shape): Verdict => {
  const all = Candidate.all(text)
  if (all === undefined) return wrong
  const candidates = all
    .filter(({ elided }) => !elided)
    .map((one) => (one.less === undefined || isWhole(one.value, shape) ? one : { ...one, value: one.less }))
  const listed = lineByLine(candidates, text, shape)
  if (listed._tag !== "Silent") return listed
  const answers = candidates.filter(
    (one) =>
      (!isOf(shape, "array") || isList(one, text)) &&
      !Cue.example.test(text.slice(Math.max(0, one.start - 80), one.start))
  )
  if ((offers.test(text) && differ(answers, shape)) || wavers(text, answers, shape)) return wrong
  // The one that is open holds all that comes after it.
  const ordered = [...answers.filter(({ open }) => open), ...answers.filter(({ open }) => !open).toReversed()]
  for (const [index, { end, value }] of ordered.entries()) {
    const found = dig(value, shape)
    if (found._tag === "Fits" && ordered.slice(0, index).some((later) => amends(later, found.value, shape)))
      return wrong
    if (found._tag !== "Silent") return afterwards(Candidate.outside(text, all, end), found, shape)
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
