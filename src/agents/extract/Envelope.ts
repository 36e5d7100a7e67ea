import { Equal } from "effect"
import * as Fence from "./Fence.ts"
import { fit } from "./Fit.ts"
import { strictly } from "./Json.ts"
import { isScalar, plain, propertiesOf, type Shape } from "./Shape.ts"
import { silent, type Verdict, wrong } from "./Verdict.ts"

const deepest = 10
/** Members that show something else than the answer. */
const aside =
  /^(?:draft|firstdraft|example|examples|schema|properties|alternatives?|previous|before|initial|old|thoughts?|thinking|reason(?:ing|s)?|error|errors|rejected|options?)$/
/** Members that hold an answer, whatever it is called. */
const answer = /^(?:answer|finalanswer|final|result|results|value|output|response|data|arguments|parameters)$/

const distinct = (found: ReadonlyArray<Verdict>): Verdict => {
  const answers = found.filter(({ _tag }) => _tag !== "Silent")
  const head = answers[0]
  if (head === undefined) return silent
  return answers.every((one) => Equal.equals(one, head)) ? head : wrong
}

/** A single answer under a name that says no more than that it is one. */
const only = (members: ReadonlyArray<readonly [string, unknown]>, shape: Shape): Verdict => {
  const single = members.filter(([, value]) => typeof value !== "object" || value === null)
  if (isScalar(shape)) return members.length === 1 && single.length === 1 ? fit(single[0]![1], shape) : silent
  const properties = propertiesOf(shape)
  const named = single.filter(([key]) => answer.test(plain(key)))
  if (properties.length !== 1 || named.length !== 1) return silent
  return fit({ [properties[0]![0]]: named[0]![1] }, shape)
}

const inside = (value: object, shape: Shape, depth: number): Verdict => {
  if (Array.isArray(value)) return distinct(value.map((item) => dig(item, shape, depth)))
  const members = Object.entries(value).filter(([key]) => !aside.test(plain(key)))
  const named = members.filter(([key]) => answer.test(plain(key)))
  const preferred = distinct(named.map(([, member]) => dig(member, shape, depth)))
  if (preferred._tag !== "Silent") return preferred
  const found = distinct(members.map(([, member]) => dig(member, shape, depth)))
  return found._tag === "Silent" ? only(members, shape) : found
}

/** Looks for a shape in a value and in what it wraps: envelopes, lists of one, JSON inside a text. */
export const dig = (value: unknown, shape: Shape, depth = deepest): Verdict => {
  if (typeof value === "string") {
    const text = value.includes("```") ? (Fence.contents(value).at(-1) ?? "") : value
    const inner = /^\s*["[{]/.test(text) && depth > 0 ? strictly(text) : undefined
    return inner?._tag === "Some" ? dig(inner.value, shape, depth - 1) : silent
  }
  if (typeof value !== "object" || value === null) return silent
  const whole = fit(value, shape)
  if (whole._tag !== "Silent" || depth === 0) return whole
  return inside(value, shape, depth - 1)
}
