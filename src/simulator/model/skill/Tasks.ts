import { type Item, type Reading, remark } from "./Reading.ts"

const units: Readonly<Record<string, readonly [measure: "mass" | "length", size: number]>> = {
  g: ["mass", 0.001],
  kg: ["mass", 1],
  t: ["mass", 1000],
  lb: ["mass", 0.453_592_37],
  oz: ["mass", 0.028_349_523_125],
  mm: ["length", 0.001],
  cm: ["length", 0.01],
  m: ["length", 1],
  km: ["length", 1000],
  inch: ["length", 0.0254],
  foot: ["length", 0.3048],
  yard: ["length", 0.9144],
  mile: ["length", 1609.344]
}

/** A unit's name in the singular. */
export const singular = (unit: string): string => {
  if (unit === "feet") return "foot"
  if (unit === "inches") return "inch"
  return unit.length > 2 ? unit.replace(/s$/, "") : unit
}

/** How many of one unit make another; `undefined` if they measure different things. */
export const ratio = (from: string, to: string): number | undefined => {
  const [measure, size] = units[singular(from)] ?? []
  const [other, base] = units[singular(to)] ?? []
  return measure !== undefined && measure === other ? size! / base! : undefined
}

/** What a task comes to. */
export type Value = number | string | ReadonlyArray<string>

/** Does a task, if it is of a kind that it knows. */
export type Skill = (reading: Reading) => Value | undefined

/** As precise as amounts are written. */
export const rounded = (value: number): number => Number((Math.round(value * 100 + 1e-6) / 100).toFixed(2))

/** Adds up lines of so many at a price. */
export const total: Skill = (reading) => {
  if (!/\b(total|sum|add up)\b/i.test(reading.instruction)) return undefined
  const [, from = "Infinity", percent = "0"] =
    remark(reading, /(\d+) or more of one item cost (\d+(?:\.\d+)?) % less/) ?? []
  const lines = reading.items.flatMap(({ quantities: [pieces, price] }) =>
    pieces === undefined || price === undefined ? [] : [[pieces.value, price.value] as const]
  )
  if (lines.length === 0) return undefined
  const share = (pieces: number) => (pieces >= Number(from) ? 1 - Number(percent) / 100 : 1)
  return rounded(lines.reduce((sum, [pieces, price]) => sum + pieces * price * share(pieces), 0))
}

/** Charges a quantity, summed over the lines, by its unit. */
export const charge: Skill = (reading) => {
  const [, unit, price] = reading.instruction.match(/each (\p{L}+) costs (\d+(?:\.\d+)?)/iu) ?? []
  if (unit === undefined || price === undefined) return undefined
  const amount = reading.items
    .flatMap(({ quantities }) => quantities)
    .reduce((sum, quantity) => sum + quantity.value * (ratio(quantity.unit, unit) ?? 0), 0)
  const full = remark(reading, /\bfull\b.*\brounded up\b/) !== undefined
  const [, fee = "0"] = remark(reading, /\bfee of (\d+(?:\.\d+)?)/) ?? []
  return rounded((full ? Math.ceil(amount - 1e-9) : amount) * Number(price) + Number(fee))
}

/** Converts one quantity. */
export const conversion: Skill = (reading) => {
  const [, value, from, to] = reading.instruction.match(/convert (\d+(?:\.\d+)?) (\p{L}+)\b.*\bto (\p{L}+)/iu) ?? []
  if (from === undefined || to === undefined) return undefined
  const told = remark(reading, new RegExp(`\\b${singular(from)} is (\\d+(?:\\.\\d+)?) ${to}\\b`, "i"))?.[1]
  const factor = told === undefined ? ratio(from, to) : Number(told)
  return factor === undefined ? undefined : rounded(Number(value) * factor)
}

const isMarked = ({ text }: Item, mark: string | undefined): boolean => mark !== undefined && text.includes(`(${mark})`)

const size = ({ quantities: [first] }: Item): number =>
  first === undefined ? 0 : first.value * (ratio(first.unit, "kg") ?? ratio(first.unit, "m") ?? 1)

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

/** Finds what is named in a text: the first word with a digit after it. */
export const field: Skill = ({ instruction }) => {
  const [, name] = instruction.match(/\bfind the ([\p{L} ]+?) in\b/iu) ?? []
  if (name === undefined) return undefined
  const text = instruction.slice(instruction.indexOf("\n") + 1)
  return text.match(new RegExp(`${name}(?: (?:is|was|said))? ([\\w-]*\\d[\\w-]*)`, "i"))?.[1]
}

type Span = readonly [from: number, to: number]

const span = /(\d\d):(\d\d)\s*(?:-|and|to)\s*(\d\d):(\d\d)/g

const spansOf = (text: string): ReadonlyArray<Span> =>
  [...text.matchAll(span)].map(([, ...digits]) => {
    const [h1 = 0, m1 = 0, h2 = 0, m2 = 0] = digits.map(Number)
    return [60 * h1 + m1, 60 * h2 + m2]
  })

const two = (value: number): string => String(value).padStart(2, "0")

const busyOf = ({ items, remarks }: Reading): ReadonlyArray<Span> => [
  ...items.flatMap(({ text }) => spansOf(text)),
  ...remarks.filter((sentence) => /\bno\b/i.test(sentence)).flatMap(spansOf)
]

/** Finds the earliest moment at which so many minutes are free. */
export const appointment: Skill = (reading) => {
  const [, minutes] = reading.instruction.match(/\bearliest\b.*?(\d+) minutes\b/i) ?? []
  const [day] = spansOf(reading.instruction)
  if (minutes === undefined || day === undefined) return undefined
  const busy = [...busyOf(reading)].sort(([a], [b]) => a - b)
  const start = busy.reduce((at, [from, to]) => (at + Number(minutes) <= from ? at : Math.max(at, to)), day[0])
  return start + Number(minutes) > day[1] ? "none" : `${two(Math.floor(start / 60))}:${two(start % 60)}`
}

/** What someone says who has been careless. */
export const mistake = (value: Value, items: ReadonlyArray<Item>, random: () => number): Value => {
  const draw = (most: number) => Math.floor(random() * most)
  if (typeof value === "number") return Number((value * (random() < 0.5 ? 1.1 : 0.9) + 1).toFixed(2))
  if (typeof value === "string") {
    const others = items.map(({ name }) => name).filter((name) => name !== value)
    return others[draw(others.length)] ?? `${value.slice(0, -1)}${(Number(value.at(-1)) + 1) % 10}`
  }
  const at = draw(value.length - 1)
  return value.map((item, i) => (i === at ? value[at + 1]! : i === at + 1 ? value[at]! : item))
}
