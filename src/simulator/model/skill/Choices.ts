import { type Item, remark } from "./Reading.ts"
import type { Skill } from "./Skill.ts"
import * as Units from "./Units.ts"

const isMarked = ({ text }: Item, mark: string | undefined): boolean => mark !== undefined && text.includes(`(${mark})`)

const size = ({ quantities: [first] }: Item): number =>
  first === undefined ? 0 : first.value * (Units.ratio(first.unit, "kg") ?? Units.ratio(first.unit, "m") ?? 1)

/** Sorts a list by the quantity of each line. */
export const ranking: Skill = (reading) => {
  const [, first] =
    reading.instruction.match(/\b(lightest|smallest|shortest|cheapest|heaviest|largest|longest|dearest) first\b/i) ?? []
  if (first === undefined || reading.items.length === 0) return undefined
  const sign = /^(lightest|smallest|shortest|cheapest)$/i.test(first) ? 1 : -1
  const [, mark, place] = remark(reading, /\bmarked \((\w+)\) come (last|first)/) ?? []
  const apart = (item: Item) => (isMarked(item, mark) ? (place === "last" ? 1 : -1) : 0)
  return [...reading.items].sort((a, b) => apart(a) - apart(b) || sign * (size(a) - size(b))).map(({ name }) => name)
}

const wordBefore = (text: string, word: string): number =>
  Number(text.match(new RegExp(`${word} (\\d+(?:\\.\\d+)?)`))?.[1])

/** Chooses the cheapest line that keeps to what is asked. */
export const choice: Skill = (reading) => {
  const { instruction, items } = reading
  if (!/\b(choose|pick)\b.*\bcheapest\b/i.test(instruction)) return undefined
  const [, most, unit] = instruction.match(/within (\d+(?:\.\d+)?) (\p{L}+)/u) ?? []
  const [, word, least] = instruction.match(/(\p{L}+) at least (\d+(?:\.\d+)?)/u) ?? []
  const [, mark, percent] = remark(reading, /\bmarked \((\w+)\) cost (\d+(?:\.\d+)?) % more/) ?? []
  const fits = ({ quantities, text }: Item) => {
    const soon = most === undefined || quantities.some((one) => one.unit === unit && one.value <= Number(most))
    return soon && (word === undefined || wordBefore(text, word) >= Number(least))
  }
  const price = (item: Item) => size(item) * (isMarked(item, mark) ? 1 + Number(percent) / 100 : 1)
  const [first, ...others] = items.filter(fits)
  return first && others.reduce((best, one) => (price(one) < price(best) ? one : best), first).name
}
