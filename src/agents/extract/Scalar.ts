import * as Numeral from "./Numeral.ts"
import { type Shape, typesOf } from "./Shape.ts"

const yes = /^(?:true|yes|y|✓|✔\uFE0F?|✅|☑\uFE0F?)$/i
const no = /^(?:false|no|n|✗|✘|❌|✖\uFE0F?)$/i
const nothing = /^(?:null|none|nil|n\/a|na|undefined|unknown|not applicable|-|–|—)?$/i

// No number and no choice is longer.
const longest = 200

/** Takes off what models wrap around a word: quotes, emphasis, a full stop. */
export const bare = (text: string): string =>
  text.length > longest
    ? text
    : text
        .replace(/^[\s"'“”‘’«»`*_]+/, "")
        .replace(/[\s"'“”‘’«»`*_]+$/, "")
        .replace(/[.,;!]$/, "")
        .replace(/["'”’»`*_]+$/, "")

/** Whether a text says that there is no value. */
export const isNothing = (text: string): boolean => nothing.test(bare(text))

const folded = (text: string) =>
  bare(text)
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, " ")

const member = (value: unknown, allowed: ReadonlyArray<unknown>): unknown => {
  if (allowed.includes(value)) return value
  const same = allowed.filter((one) => folded(String(one)) === folded(String(value)))
  return typeof value === "object" || same.length !== 1 ? undefined : same[0]
}

const truth = (value: unknown): boolean | undefined => {
  if (value === 1 || value === 0) return value === 1
  if (typeof value !== "string") return undefined
  if (yes.test(bare(value))) return true
  return no.test(bare(value)) ? false : undefined
}

// What a fraction was written as is not known any more: 3.50 has become 3.5.
const written = (value: unknown): string | undefined =>
  typeof value === "boolean" || Number.isSafeInteger(value) ? String(value) : undefined

const strictly = (value: unknown, type: string): unknown => {
  if (type === "integer") return Number.isSafeInteger(value) ? value : undefined
  if (type === "number") return Number.isFinite(value) ? value : undefined
  return typeof value === type ? value : undefined
}

const freely = (value: unknown, type: string, shape: Shape, name: string): unknown => {
  if (type === "boolean") return truth(value)
  if (type === "string") return name === "" ? undefined : written(value)
  if (typeof value !== "string") return undefined
  if (type === "null") return isNothing(value) ? null : undefined
  const number = Numeral.parse(bare(value), shape, name)
  return number === undefined ? undefined : strictly(number, type)
}

const within = (value: unknown, { maximum = Infinity, minimum = -Infinity }: Shape): boolean =>
  typeof value !== "number" || (value >= minimum && value <= maximum)

/** The value of a shape that something stands for without doubt; `undefined` if there is none. */
export const coerce = (given: unknown, shape: Shape, name: string): unknown => {
  const types = typesOf(shape)
  if (given === null) return types.includes("null") ? null : undefined
  const scalars = types.filter((type) => type !== "object" && type !== "array")
  const attempts = [
    ...scalars.map((type) => strictly(given, type)),
    ...scalars.map((type) => freely(given, type, shape, name))
  ]
  const value = shape.enum === undefined ? attempts.find((one) => one !== undefined) : member(given, shape.enum)
  return within(value, shape) ? value : undefined
}
