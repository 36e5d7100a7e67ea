import { plain, propertiesOf, requiredOf, type Shape, typesOf } from "./Shape.ts"

/** Whether a number may have had more digits, as far as its bounds tell. */
const mayGrow = (value: number, shape: Shape): boolean => {
  const { enum: choices, maximum = Infinity, minimum = -Infinity } = shape
  if (choices !== undefined) return choices.some((one) => one !== value && String(one).startsWith(String(value)))
  if (!typesOf(shape).includes("integer")) return value !== maximum
  return value > 0 ? 10 * value <= maximum : value < 0 && 10 * value >= minimum
}

/**
 * Whether the number that a value ends with is surely whole, though the reply ended behind it. It is if its bounds allow no
 * more digits. Without bounds it is taken for whole where it is the last of several members, all that are required are there
 * and nothing else is open: there a forgotten bracket is likelier than a cut.
 */
export const isWhole = (value: unknown, shape: Shape, inside = false): boolean => {
  if (typeof value === "number") return !mayGrow(value, shape)
  if (typeof value !== "object" || value === null) return false
  if (Array.isArray(value)) return shape.items !== undefined && isWhole(value.at(-1), shape.items, true)
  const [key, last] = Object.entries(value).at(-1) ?? [""]
  const properties = propertiesOf(shape)
  const property = properties.find(([name]) => plain(name) === plain(key))
  if (property === undefined) return false
  const [name, child] = property
  const bounded = child.minimum !== undefined || child.maximum !== undefined || child.enum !== undefined
  if (typeof last !== "number" || bounded || inside) return isWhole(last, child, true)
  const required = requiredOf(shape)
  return (
    required.length > 1 &&
    required.includes(name) &&
    properties.at(-1)![0] === name &&
    required.every((one) => Object.hasOwn(value, one))
  )
}
