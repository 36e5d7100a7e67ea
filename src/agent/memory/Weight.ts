import { bit } from "./Aspect.ts"
import type { Fact } from "./Fact.ts"
import type { Reading } from "./Reading.ts"

const numbers = bit.price | bit.debt | bit.promise | bit.count | bit.measure | bit.lesson | bit.rule | bit.code

const rule =
  /\b(?:rules?|polic(?:y|ies)|standing|law|regulations?|decree|principle|objective|long(?:-term)? goal|goal for|my goal|insists|vow|oath|resolution)\b/i
const binding =
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

const importanceOf = (fact: Fact): number => {
  return fact.slot === undefined ? fact.importance : Math.max(...fact.slot.facts.map(({ importance }) => importance))
}

/** How surely a statement tells a fact that a plan can use, from 0 to 1. */
export const sure = (fact: Fact): number => {
  const { reading } = fact
  const importance = importanceOf(fact)
  if (reading.question) return 0.03
  let chance = reading.form === undefined ? 0.5 : 1
  if (reading.speculative) chance *= 0.3
  if (reading.event) chance *= 0.4
  if (salient.test(reading.text)) chance = Math.max(chance, 0.8)
  return chance * Math.min(1, (importance / 7) ** 1.5)
}

/** How surely a statement binds every plan, from 0 to 1. */
export const standing = (fact: Fact): number => {
  const { reading } = fact
  const importance = importanceOf(fact)
  if (reading.question || reading.speculative) return 0
  let chance = 0
  if (rule.test(reading.text)) chance = 0.9
  else if (reading.names.size > 0 || reading.key !== undefined) return 0
  else if ((reading.aspects & bit.rule) !== 0 || binding.test(reading.text)) chance = 0.6
  else if (reading.form === "number") chance = 0.3
  return chance * Math.min(1, Math.max(0, importance - 4) / 4) ** 2
}
