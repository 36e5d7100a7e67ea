import { end } from "./Endings.ts"
import type { Fact, Slot } from "./Fact.ts"
import type { Facts } from "./Facts.ts"
import type { Form, Reading } from "./Reading.ts"
import { fits } from "./slots/Fits.ts"
import { repeats } from "./slots/Repeats.ts"
import type { Vocabulary } from "./Vocabulary.ts"

// Below this two statements do not answer the same question.
const least = 0.3

/** Whether a newer statement may answer the question that an older one answers: what was, may or will be is no answer to what is. */
const meets = ({ frame: old }: Reading, { frame: now }: Reading): boolean =>
  now === old || (now === "now" && (old === "past" || old === "guess"))

/** The slot whose question a statement answers, if there is one. */
const slotOf = (fact: Fact, facts: Facts, vocabulary: Vocabulary): Slot | undefined => {
  const { reading } = fact
  const { form } = reading
  let best: Slot | undefined
  let most = least
  const plain: Array<Fact> = []
  for (const other of facts.rivals(fact, form === "state" || form === "role")) {
    if (!meets(other.reading, reading)) continue
    if (other.slot === undefined) {
      if (fits(form!, other.reading, reading, vocabulary) > least) plain.push(other)
      continue
    }
    const score = fits(other.slot.form, other.reading, reading, vocabulary)
    if (score > most) {
      most = score
      best = other.slot
    }
  }
  if (plain.length === 0) return best
  best ??= { form: form!, facts: [] }
  for (const other of plain) {
    other.slot = best
    best.facts.push(other)
  }
  return best
}

/** Puts a new statement in its place: it repeats what is known, supersedes it, or is new. */
export const place = (fact: Fact, facts: Facts, vocabulary: Vocabulary): void => {
  const { reading } = fact
  const known = facts.at(fact.signature)
  if (known !== undefined) {
    known.echoes++
    return
  }
  end(fact, facts)
  const slot = slotOf(fact, facts, vocabulary)
  if (slot !== undefined) {
    const again = slot.facts.find((old) => repeats(slot.form, reading, old.reading))
    const turned = again !== undefined && again.reading.denies !== reading.denies
    // That it is not otherwise changes nothing.
    if (reading.denies && again === undefined && slot.facts.some((old) => !old.reading.denies)) return
    fact.slot = slot
    if (again !== undefined && !turned) {
      for (const old of slot.facts) old.echoes++
      slot.facts.push(fact)
    } else {
      const olds = slot.facts
      slot.facts = [fact]
      for (const old of olds) facts.drop(old)
      if (reading.frame === "now" && !reading.denies) dropResidue(slot.form, olds, fact, facts)
    }
  } else if (reading.form !== undefined) fact.slot = { form: reading.form, facts: [fact] }
  facts.add(fact)
}

/** What a statement says that another one may supersede, but for numbers. */
const valueOf = (form: Form, { names, place, state }: Reading): ReadonlySet<string> | undefined => {
  if (form === "place") return place?.stems
  if (form === "state") return state?.tells
  return form === "role" ? names : undefined
}

/** Drops whatever else still tells a value that has been superseded. */
const dropResidue = (form: Form, olds: ReadonlyArray<Fact>, by: Fact, facts: Facts): void => {
  if (form === "row") return
  for (const old of olds) {
    const { reading } = old
    const value = valueOf(form, reading)
    const subject = reading.spots
      .filter(({ kind }) => kind === "content")
      .map(({ stem }) => stem)
      .filter((one) => by.reading.stems.has(one) && !(value?.has(one) ?? false))
    const names = form === "number" ? [...reading.names].filter((name) => by.reading.names.has(name)) : []
    if (subject.length === 0 && names.length === 0) continue
    const gone = new Set(
      reading.values.map(({ text }) => text).filter((text) => !by.reading.values.some((value) => value.text === text))
    )
    const others = subject.length > 0 ? facts.with(subject[0]!) : facts.near(old)
    for (const other of others) {
      if (other === by || other.reading.key !== undefined) continue
      if (other.slot !== undefined && other.slot.form !== form) continue
      const { stems, values } = other.reading
      if (!subject.every((one) => stems.has(one))) continue
      if (names.length > 0 && !names.some((name) => stems.has(name))) continue
      const tells = value !== undefined && value.size > 0 && [...value].every((tell) => stems.has(tell))
      if (tells || values.some(({ text }) => gone.has(text))) facts.drop(other)
    }
  }
}
