import { Predicate } from "effect"
import type { Callable, Offer } from "../Tool.ts"
import * as Tool from "../Tool.ts"
import { type Reading, remark } from "./Reading.ts"
import { rounded, type Skill } from "./Tasks.ts"

/** A call of a tool, its arguments as JSON. */
export interface Call {
  readonly name: string
  readonly json: string
}

/** Whether the task cannot be done from the messages alone. */
export const isNeeded = ({ instruction }: Reading): boolean => /\blook(?:ed)? up\b/i.test(instruction)

const entryOf = ({ found }: Reading, name: string) => found.find((entry) => Object.values(entry).includes(name))

const parameterOf = ({ parameters }: Callable): string => {
  const properties = Predicate.hasProperty(parameters, "properties") ? parameters.properties : undefined
  return Predicate.isObject(properties) ? (Object.keys(properties)[0] ?? "name") : "name"
}

/** Calls of the tool that is meant, for each line that was not looked up before. */
export const calls = (reading: Reading, offer: Offer): ReadonlyArray<Call> => {
  if (!isNeeded(reading)) return []
  const [tool] = Tool.choose({ ...offer, answered: false, question: reading.instruction })
  if (tool === undefined) return []
  const missing = reading.items.filter(({ name }) => !reading.called.includes(JSON.stringify(name)))
  const some = offer.parallel ? missing : missing.slice(0, 1)
  return some.map(({ name }) => ({ name: tool.name, json: JSON.stringify({ [parameterOf(tool)]: name }) }))
}

const numbersOf = (entry: Readonly<Record<string, unknown>>) =>
  Object.entries(entry).flatMap(([key, value]) => (typeof value === "number" ? [[key, value] as const] : []))

/** Works with what has been looked up: each line's first number, times the line's own if it has one. */
export const looked: Skill = (reading) => {
  if (!isNeeded(reading) || reading.items.length === 0) return undefined
  const [, less] = remark(reading, /\b(\w+) \w+ must be subtracted/) ?? []
  let sum = 0
  for (const { name, quantities } of reading.items) {
    const numbers = numbersOf(entryOf(reading, name) ?? {})
    const [first] = numbers
    if (first === undefined) return undefined
    const subtracted = numbers.find(([key]) => key === less)?.[1] ?? 0
    sum += (first[1] - subtracted) * (quantities[0]?.value ?? 1)
  }
  return rounded(sum)
}
