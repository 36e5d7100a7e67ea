import { bit } from "./Aspect.ts"
import type { Fact } from "./Fact.ts"
import type { Reading } from "./Reading.ts"

const numbers = bit.price | bit.debt | bit.promise | bit.count | bit.measure | bit.lesson | bit.rule | bit.code

const rule =
  /\b(?:rules?|polic(?:y|ies)|standing|law|regulations?|decree|principle|objective|long(?:-term)? goal|goal for|my goal|insists|vow|oath|resolution)\b/i
export const binding =
  /\b(?:must|never|always|at most|at least|no more than|not more than|may not|forbidden|prohibited|any|every|all)\b/i
const salient =
  /\b(?:must|cannot|can't|never|always|only|allergic|in confidence|worth knowing|good to know|keep in mind|remember|note that|important|careful|warn(?:s|ed|ing)?|secret)\b/i

/** What of all that may be asked for a statement tells. */
export const told = ({ aspects, form }: Reading): number => {
  if (form === undefined) return 0
  if (form === "row") return aspects & numbers || bit.count | bit.measure
  if (form === "number") return aspects & numbers
  return form === "clock" ? bit.hours : bit[form]
}

/** How much it matters what a statement tells: as much as whatever else answers its question. */
export const importanceOf = ({ importance, slot }: Fact): number => {
  let most = importance
  if (slot !== undefined) for (const fact of slot.facts) most = Math.max(most, fact.importance)
  return most
}

/** How surely the wording of a statement tells a fact that a plan can use, from 0 to 1. */
const useful = ({ event, form, frame, text }: Reading): number => {
  let chance = form === undefined ? 0.5 : 1
  if (frame === "guess" || frame === "past") chance *= 0.3
  if (event) chance *= 0.4
  return salient.test(text) ? Math.max(chance, 0.8) : chance
}

/** How surely the wording of a statement binds every plan, from 0 to 1. */
const binds = ({ aspects, form, frame, key, names, question, text }: Reading): number => {
  if (question || frame === "guess") return 0
  if (rule.test(text)) return 0.9
  if (names.size > 0 || key !== undefined) return 0
  if ((aspects & bit.rule) !== 0 || binding.test(text)) return 0.6
  return form === "number" ? 0.3 : 0
}

/** How surely a statement tells a fact that a plan can use, from 0 to 1. */
export const sure = (fact: Fact, importance: number): number =>
  fact.reading.question ? 0.03 : (fact.useful ??= useful(fact.reading)) * Math.min(1, (importance / 7) ** 1.5)

/** How surely a statement binds every plan, from 0 to 1. */
export const standing = (fact: Fact, importance: number): number =>
  (fact.binds ??= binds(fact.reading)) * Math.min(1, Math.max(0, importance - 4) / 4) ** 2
