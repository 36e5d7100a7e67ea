import { Option } from "effect"
import { strictly as parsed } from "./Json.ts"
import { lines } from "./Line.ts"
import { describesValues, gap, isPlaceholder } from "./Placeholder.ts"
import { coerce } from "./Scalar.ts"
import { isOf, plain, propertiesOf, requiredOf, type Shape, typesOf } from "./Shape.ts"
import { cut, fits, silent, type Verdict, wrong } from "./Verdict.ts"

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A property by its name, or by one that differs in case and separators only. */
const property = (value: Readonly<Record<string, unknown>>, name: string): unknown => {
  if (Object.hasOwn(value, name)) return value[name]
  const alike = Object.keys(value).find((key) => plain(key) === plain(name))
  return alike === undefined ? undefined : value[alike]
}

const record = (value: Readonly<Record<string, unknown>>, shape: Shape): Verdict => {
  const whole: Record<string, unknown> = {}
  let wholly = !Object.hasOwn(value, gap)
  let verdict = silent
  for (const [name, child] of propertiesOf(shape)) {
    const given = property(value, name)
    if (given === undefined) continue
    const read = fit(given, child, name)
    if (read._tag === "Fits") {
      Object.defineProperty(whole, name, { value: read.value, enumerable: true, writable: true, configurable: true })
    } else if (read._tag === "Cut") {
      wholly = false
    } else if (given !== null || requiredOf(shape).includes(name)) {
      if (read._tag === "Silent") return silent
      verdict = wrong
    }
  }
  const missing = requiredOf(shape).some((name) => !Object.hasOwn(whole, name))
  if (verdict._tag === "Wrong") return wrong
  if (!missing) return fits(whole)
  const speaks = propertiesOf(shape).some(([name]) => property(value, name) !== undefined)
  return speaks && !wholly ? cut : silent
}

/** A list that was written into a text. */
const written = (value: string): unknown => {
  if (value.startsWith("[")) return Option.getOrUndefined(parsed(value))
  const items = lines(value).filter(({ text }) => text !== "")
  return items.length > 1 && items.every(({ mark }) => mark !== "") ? items.map(({ text }) => text) : undefined
}

const list = (value: ReadonlyArray<unknown>, { items }: Shape): Verdict => {
  if (value.includes(gap)) return cut
  const read = value.map((item) => (items === undefined ? fits(item) : fit(item, items)))
  const other = read.find(({ _tag }) => _tag !== "Fits")
  if (other === undefined) return fits(read.map((item) => (item._tag === "Fits" ? item.value : undefined)))
  // A list of other things altogether, such as a mark of a footnote, is no answer.
  return other._tag === "Wrong" && read.every(({ _tag }) => _tag !== "Fits") ? silent : other
}

const scalar = (value: unknown, shape: Shape, name: string): Verdict => {
  const found = coerce(value, shape, name)
  if (found !== undefined) return fits(found)
  return describesValues(value) ? silent : wrong
}

/** Reads a value as one of a shape, with no other changes than those that leave no doubt. */
export const fit = (value: unknown, shape: Shape, name = ""): Verdict => {
  if (value === gap) return cut
  if (isPlaceholder(value)) return silent
  const types = typesOf(shape)
  if (types.length === 0) return fits(value)
  if (shape.anyOf !== undefined) {
    const read = shape.anyOf.map((one) => fit(value, one, name))
    const exact = read.find((one) => one._tag === "Fits" && one.value === value)
    const some = (tag: Verdict["_tag"]) => read.find(({ _tag }) => _tag === tag)
    return exact ?? some("Fits") ?? some("Cut") ?? some("Wrong") ?? silent
  }
  if (Array.isArray(value)) return types.includes("array") ? list(value, shape) : silent
  if (typeof value === "string" && isOf(shape, "array")) {
    const items = written(value)
    return Array.isArray(items) ? list(items, shape) : wrong
  }
  if (isRecord(value)) return types.includes("object") ? record(value, shape) : silent
  return scalar(value, shape, name)
}
