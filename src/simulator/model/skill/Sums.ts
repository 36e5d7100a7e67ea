import { remark } from "./Reading.ts"
import { rounded, type Skill } from "./Skill.ts"
import * as Units from "./Units.ts"

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
    .reduce((sum, quantity) => sum + quantity.value * (Units.ratio(quantity.unit, unit) ?? 0), 0)
  const full = remark(reading, /\bfull\b.*\brounded up\b/) !== undefined
  const [, fee = "0"] = remark(reading, /\bfee of (\d+(?:\.\d+)?)/) ?? []
  return rounded((full ? Math.ceil(amount - 1e-9) : amount) * Number(price) + Number(fee))
}

/** Converts one quantity. */
export const conversion: Skill = (reading) => {
  const [, value, from, to] = reading.instruction.match(/convert (\d+(?:\.\d+)?) (\p{L}+)\b.*\bto (\p{L}+)/iu) ?? []
  if (from === undefined || to === undefined) return undefined
  const told = remark(reading, new RegExp(`\\b${Units.singular(from)} is (\\d+(?:\\.\\d+)?) ${to}\\b`, "i"))?.[1]
  const ratio = told === undefined ? Units.ratio(from, to) : Number(told)
  return ratio === undefined ? undefined : rounded(Number(value) * ratio)
}
