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

const formats: Readonly<Record<string, (digits: string) => string>> = {
  date: (digits) => `2026-03-${digits}`,
  time: (digits) => `09:${digits}:00Z`,
  "date-time": (digits) => `2026-03-${digits}T09:${digits}:00Z`,
  duration: (digits) => `PT${digits}M`,
  email: (digits) => `someone${digits}@example.com`,
  hostname: (digits) => `host${digits}.example.com`,
  ipv4: (digits) => `192.0.2.${digits}`,
  ipv6: (digits) => `2001:db8::${digits}`,
  uri: (digits) => `https://example.com/${digits}`,
  url: (digits) => `https://example.com/${digits}`,
  uuid: (digits) => `00000000-0000-4000-8000-0000000000${digits}`
}

const longest = 10_000

/** Makes up a text within the limits of a schema. */
export const textScalar = (
  node: Node,
  source: { readonly random: () => number; readonly text: () => string }
): string => {
  const format = String(node["format"])
  if (Object.hasOwn(formats, format)) return formats[format]!(String(10 + Math.floor(source.random() * 18)))
  const least = Math.min(numberOf(node["minLength"]) ?? 0, longest)
  let written = source.text()
  while (written.length < least) written += ` ${source.text()}`
  return written.slice(0, numberOf(node["maxLength"]) ?? Infinity)
}

/** Makes up a number within the limits of a schema, from a share of the way between them. */
export const numberScalar = (node: Node, whole: boolean, share: number): number => {
  const { exclusiveMaximum, exclusiveMinimum, maximum, minimum, multipleOf } = node
  const below = numberOf(exclusiveMaximum)
  const above = numberOf(exclusiveMinimum)
  const most = Math.min(numberOf(maximum) ?? Infinity, below ?? Infinity)
  const least = Math.max(numberOf(minimum) ?? -Infinity, above ?? -Infinity)
  const from = least > -Infinity ? least : most < Infinity ? finite(Math.min(1, most - span(most))) : 1
  const to = most < Infinity ? most : finite(Math.max(10, from + span(from)))
  const step = Math.abs(numberOf(multipleOf) ?? 0) || (whole ? 1 : 0)
  if (step === 0) return between(from, to, share, above === from, below === to)
  const first = Math.ceil(from / step) + (Math.ceil(from / step) * step === above ? 1 : 0)
  const last = Math.floor(to / step) - (Math.floor(to / step) * step === below ? 1 : 0)
  const steps = Math.min(Number.MAX_SAFE_INTEGER, Math.max(1, last - first + 1))
  // A number and its negative zero are one in JSON.
  const value = (first + Math.floor(share * steps)) * step + 0
  return Number.isFinite(value) ? Math.min(Math.max(value, from), to) : from
}

const finite = (number: number): number => Math.min(Math.max(number, -Number.MAX_VALUE), Number.MAX_VALUE)

/** What makes a difference to a number: as much as 9 for all that are not huge. */
const span = (number: number): number => Math.max(9, Math.abs(number) / 2 ** 40)

const between = (from: number, to: number, share: number, open: boolean, shut: boolean): number => {
  const exact = from * (1 - share) + to * share
  const round = Math.round(exact * 100) / 100
  const fits = (value: number) => (open ? value > from : value >= from) && (shut ? value < to : value <= to)
  return fits(round) ? round : fits(exact) ? exact : from / 2 + to / 2
}

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
        return numberScalar(node, true, this.#source.random())
      case "number":
        return numberScalar(node, false, this.#source.random())
      case "boolean":
        return this.#source.random() < 0.5
      case "null":
        return null
      default:
        return textScalar(node, this.#source)
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
