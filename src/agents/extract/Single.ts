import { fit } from "./Fit.ts"
import * as Fence from "./Fence.ts"
import * as Labelled from "./Labelled.ts"
import { lines, unmarked } from "./Line.ts"
import * as Prose from "./Prose.ts"
import * as Cue from "./Cue.ts"
import { isNothing } from "./Scalar.ts"
import { isScalar, propertiesOf, type Shape, typesOf } from "./Shape.ts"
import { first, fits, silent, type Verdict, wrong } from "./Verdict.ts"
import { unquoted } from "./Written.ts"

const boxed = /\\boxed\{(?:\\text\{)?([^{}]{1,200})\}/g
const answerTo = /\b(?:final answer|answer)(?: is)?\s*[:=]\s*(.+)$/gim

const stated = (text: string, shape: Shape, name: string): Verdict => {
  if (isNothing(text)) return silent
  const read = fit(unquoted(text.replaceAll(/^\$+|\$+$/g, "")), shape, name)
  if (!typesOf(shape).includes("string") || shape.enum !== undefined) return read
  // A text is the answer only where it stands alone and is no sentence.
  const short = text.split(/\s+/).length <= 6 && /^[\p{L}\d][\p{L}\d ,'’&/-]*$/u.test(unquoted(text).replace(/\.$/, ""))
  return short && !Cue.refusal.test(text) ? read : silent
}

const boxedIn = (text: string, shape: Shape, name: string): Verdict => {
  const last = [...text.matchAll(boxed)].at(-1)
  return last === undefined ? silent : fit(unquoted(last[1]!), shape, name)
}

const answered = (text: string, shape: Shape, name: string): Verdict => {
  const last = [...text.matchAll(answerTo)].at(-1)
  return last === undefined ? silent : orSilent(Labelled.head(unmarked(last[1]!), shape, name))
}

const orSilent = (verdict: Verdict): Verdict => (verdict._tag === "Fits" ? verdict : silent)

/** A line that is the value and nothing else, if there is one such value. */
const onALine = (text: string, shape: Shape, name: string): Verdict => {
  if (typesOf(shape).includes("string") && shape.enum === undefined) return silent
  const found = lines(text)
    .filter(({ mark }) => mark === "")
    .map((line) => fit(unquoted(line.text), shape, name))
  const values = new Set(found.flatMap((one) => (one._tag === "Fits" ? [one.value] : [])))
  if (values.size > 1) return wrong
  return values.size === 1 ? fits([...values][0]) : silent
}

function* readings(text: string, shape: Shape, name: string) {
  yield orSilent(stated(text.trim(), shape, name))
  yield boxedIn(text, shape, name)
  for (const content of Fence.contents(text).toReversed()) yield orSilent(stated(content.trim(), shape, name))
  yield Labelled.read(text, shape, name)
  yield answered(text, shape, name)
  yield onALine(text, shape, name)
  yield Prose.read(text, shape, name)
}

/** Reads the single value that was asked for, bare or as the one member of an object, out of plain words. */
export const read = (text: string, shape: Shape): Verdict => {
  if (isScalar(shape)) return first(readings(text, shape, ""))
  const members = propertiesOf(shape)
  const [member] = members
  if (member === undefined || members.length > 1 || !isScalar(member[1])) return silent
  const value = first(readings(text, member[1], member[0]))
  return value._tag === "Fits" ? fits({ [member[0]]: value.value }) : value
}
