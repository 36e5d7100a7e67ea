import * as Scalar from "./JsonScalar.ts"
import { isNode, listOf, merge, type Node, nodeOf, numberOf, resolve } from "./JsonSchema.ts"

/** What examples are made of. */
export interface Source {
  /** A number from 0 to 1. */
  readonly random: () => number
  /** A text of any length. */
  readonly text: () => string
}

// A schema may ask for as much as it likes, or for something that never ends.
const mostValues = 5000
const deep = 3
const deepest = 32

/** Makes up a value that fits a JSON schema. Patterns are beyond it: a text under one may not fit. */
export const make = (schema: unknown, source: Source): unknown => new Example(schema, source).of(schema, 0)

class Example {
  readonly #root: unknown
  readonly #source: Source
  #values = 0

  constructor(root: unknown, source: Source) {
    this.#root = root
    this.#source = source
  }

  of(schema: unknown, depth: number): unknown {
    if (++this.#values > mostValues || depth > deepest) return null
    const node = this.#branch(resolve(this.#root, schema), depth)
    if ("const" in node) return node["const"]
    const choices = listOf(node["enum"])
    if (choices.length > 0) return this.#pick(choices)
    switch (this.#typeOf(node, depth)) {
      case "object":
        return this.#object(node, depth)
      case "array":
        return this.#array(node, depth)
      case "integer":
        return Scalar.number(node, true, this.#source.random())
      case "number":
        return Scalar.number(node, false, this.#source.random())
      case "boolean":
        return this.#source.random() < 0.5
      case "null":
        return null
      default:
        return Scalar.text(node, this.#source)
    }
  }

  #pick<A>(choices: ReadonlyArray<A>): A {
    return choices[Math.floor(this.#source.random() * choices.length)]!
  }

  // One way of several, something rather than nothing, but as little as may be once it gets deep.
  #branch(node: Node, depth: number): Node {
    const { anyOf, oneOf, ...rest } = node
    const ways = listOf(anyOf ?? oneOf)
      .filter((way) => way !== false)
      .map((way) => resolve(this.#root, way))
      .filter((way, _, all) => !isNoNumber(way) || all.every(isNoNumber))
    if (ways.length === 0) return node
    const some = ways.filter(({ type }) => type !== "null")
    const small = ways.toSorted((a, b) => sizeOf(a) - sizeOf(b))[0]!
    const way = depth > deep ? small : some.length > 0 ? this.#pick(some) : ways[0]!
    return this.#branch(merge([rest, way]), depth + 1)
  }

  #typeOf(node: Node, depth: number): unknown {
    const { type } = node
    if (!Array.isArray(type)) return type ?? impliedBy(node)
    const some = type.filter((one) => one !== "null")
    return depth > deep && type.includes("null") ? "null" : some.length > 0 ? this.#pick(some) : "null"
  }

  #object(node: Node, depth: number): Node {
    const properties = nodeOf(node["properties"])
    const { additionalProperties: more } = node
    const required = new Set(listOf(node["required"]).filter((key) => typeof key === "string"))
    const known = Object.keys(properties).filter(
      (key) => required.has(key) || (depth <= deep && properties[key] !== false)
    )
    const usual = isNode(more) && known.length === 0 ? 1 : 0
    const least = more === false ? 0 : Math.min(mostValues, Math.max(numberOf(node["minProperties"]) ?? 0, usual))
    const keys = new Set([...known, ...required])
    for (let i = 1; keys.size < least; i++) keys.add(`entry ${i}`)
    return Object.fromEntries(
      [...keys].map((key) => [key, this.of(Object.hasOwn(properties, key) ? properties[key] : more, depth + 1)])
    )
  }

  #array(node: Node, depth: number): ReadonlyArray<unknown> {
    const first = listOf(node["prefixItems"])
    const least = numberOf(node["minItems"]) ?? 0
    const usual = depth > deep ? least : Math.max(least, 2 + Math.floor(this.#source.random() * 2))
    const length = Math.min(numberOf(node["maxItems"]) ?? Infinity, Math.max(usual, first.length))
    const items: Array<unknown> = []
    const seen = new Set<string>()
    for (let tries = 0; items.length < length && tries < 4 * length + 16; tries++) {
      if (this.#values > mostValues) break
      const schema = items.length < first.length ? first[items.length] : (node["items"] ?? first.length === 0)
      if (schema === false) break
      const item = this.of(schema, depth + 1)
      const written = node["uniqueItems"] === true ? JSON.stringify(item) : undefined
      if (written !== undefined && seen.has(written)) continue
      if (written !== undefined) seen.add(written)
      items.push(item)
    }
    return items
  }
}

const noNumbers = new Set<unknown>(["NaN", "Infinity", "-Infinity"])

/** Whether a way is Effect's for the numbers that JSON cannot tell, which no model means. */
const isNoNumber = (node: Node): boolean => {
  const choices = listOf(node["enum"])
  return choices.length > 0 && choices.every((choice) => noNumbers.has(choice))
}

const impliedBy = (node: Node): string => {
  if ("properties" in node || "additionalProperties" in node || "required" in node) return "object"
  if ("items" in node || "prefixItems" in node || "minItems" in node) return "array"
  const limits = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]
  return limits.some((limit) => limit in node) ? "number" : "string"
}

const sizeOf = (node: Node): number => {
  if ("const" in node || "enum" in node || node["type"] === "null") return 0
  const type = node["type"] ?? impliedBy(node)
  return type === "object" ? 3 : type === "array" ? 2 : 1
}
