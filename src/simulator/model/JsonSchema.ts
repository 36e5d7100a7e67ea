import { Predicate } from "effect"

/** A JSON schema as an object; what a key holds is not known. */
export type Node = Readonly<Record<string, unknown>>

export const isNode = (value: unknown): value is Node => Predicate.isObject(value) && !Array.isArray(value)

export const nodeOf = (value: unknown): Node => (isNode(value) ? value : {})

export const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

export const numberOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined

const least = new Set(["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"])
const most = new Set(["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"])

const both = (key: string, one: unknown, other: unknown): unknown => {
  if (one === undefined) return other
  if (key === "properties") return { ...nodeOf(one), ...nodeOf(other) }
  if (key === "required") return [...new Set([...listOf(one), ...listOf(other)])]
  const [a, b] = [numberOf(one), numberOf(other)]
  if (a !== undefined && b !== undefined && least.has(key)) return Math.max(a, b)
  if (a !== undefined && b !== undefined && most.has(key)) return Math.min(a, b)
  return other
}

/** Joins schemas that hold at once. */
export const merge = (nodes: ReadonlyArray<Node>): Node =>
  nodes.reduce((all, node) => {
    const added = Object.entries(node).map(([key, value]) => [key, both(key, all[key], value)] as const)
    return { ...all, ...Object.fromEntries(added) }
  }, {})

const at = (root: unknown, pointer: string): unknown =>
  pointer
    .replace(/^#\/?/, "")
    .split("/")
    .filter((step) => step !== "")
    .reduce<unknown>((found, step) => {
      const key = step.replaceAll("~1", "/").replaceAll("~0", "~")
      if (Array.isArray(found)) return found[Number(key)]
      return isNode(found) && Object.hasOwn(found, key) ? found[key] : undefined
    }, root)

// References may lead in a circle.
const hops = 16

/** Follows references and joins what holds at once. */
export const resolve = (root: unknown, schema: unknown, left = hops): Node => {
  if (!isNode(schema)) return {}
  const { $ref: reference, allOf, ...rest } = schema
  if (left === 0 || (reference === undefined && allOf === undefined)) return rest
  const found = typeof reference === "string" ? [at(root, reference)] : []
  return merge([...[...found, ...listOf(allOf)].map((one) => resolve(root, one, left - 1)), rest])
}
