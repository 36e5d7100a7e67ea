import { dereference, type Schema as JsonSchema, validate } from "@cfworker/json-schema"
import { Equal, Option } from "effect"
import { gap, isRecord, type Members, parse } from "./Json.ts"
import { coerce, type Node, plain, type Shape } from "./Scalar.ts"

// What was cut off, only shows where a value belongs, or names its type: `<1-10>`, `...`, `string`.
const missing = /^\s*(?:\uE000|<[^<>]{0,200}>|\.{3}|…|\{\{.{0,200}\}\}|string)\s*$/
const isMissing = (value: unknown): boolean => typeof value === "string" && missing.test(value)

const typesOf = ({ items, properties = {}, type }: Shape): ReadonlyArray<string> => {
  const implied = Object.keys(properties).length > 0 ? ["object"] : items === undefined ? [] : ["array"]
  return type === undefined ? implied : [type].flat()
}

const both = (one: unknown, other: unknown): unknown =>
  one === undefined ? other : other === undefined ? one : { allOf: [one, other] }

const meet = (one: Shape, other: Shape): Shape => {
  const types = typesOf(one).filter((type) => typesOf(other).includes(type))
  const more = Object.entries(other.properties ?? {}).map(([name, node]) => [name, both(one.properties?.[name], node)])
  return {
    ...one,
    ...other,
    ...(types.length > 0 && { type: types }),
    properties: { ...one.properties, ...(Object.fromEntries(more) as Shape["properties"]) },
    patternProperties: { ...(one["patternProperties"] as Members), ...(other["patternProperties"] as Members) },
    required: [one.required ?? [], other.required ?? []].flat(),
    additionalProperties: both(one["additionalProperties"], other["additionalProperties"]),
    items: both(one.items, other.items) as Node
  }
}

/** OpenAPI 3.0 has a keyword for what may be null. */
const nullable = (_: string, node: unknown): unknown => {
  if (!isRecord(node) || node["nullable"] !== true || node["type"] === undefined) return node
  const choices = node["enum"] === undefined ? {} : { enum: [node["enum"], null].flat() }
  return { ...node, ...choices, type: [node["type"], "null"].flat() }
}

/** Fits values to a JSON Schema: changes them as far as is beyond doubt, and holds the result to every keyword. */
export class Schema {
  readonly root: Shape
  readonly #lookup: Record<string, JsonSchema>
  readonly #forms = new Map<Node, ReadonlyArray<Shape>>()

  constructor(shape: Shape) {
    this.root = JSON.parse(JSON.stringify(shape), nullable) as Shape
    this.#lookup = dereference(this.root as JsonSchema) as Record<string, JsonSchema>
  }

  /** The forms that a schema allows, without references and unions; several if it is a union. */
  forms(node: Node = this.root, depth = 0): ReadonlyArray<Shape> {
    const known = this.#forms.get(node)
    if (known !== undefined) return known
    if (depth > 16 || node === false) return []
    const { $ref, allOf = [], anyOf, oneOf, ...own } = node === true ? {} : node
    const target = $ref === undefined ? [] : [this.#lookup[(node as JsonSchema).__absolute_ref__ ?? ""] ?? false]
    const parts = [...target, ...(allOf as ReadonlyArray<Node>)].map((part) => [part as Node])
    const forms = [...parts, anyOf, oneOf]
      .filter(Array.isArray)
      .map((union: ReadonlyArray<Node>) => union.flatMap((one) => this.forms(one, depth + 1)))
      .reduce((all, next) => all.flatMap((one) => next.map((other) => meet(one, other))).slice(0, 200), [own])
    this.#forms.set(node, forms)
    return forms
  }

  /** The properties of all forms. */
  properties(node: Node = this.root): ReadonlyMap<string, Node> {
    return new Map(this.forms(node).flatMap(({ properties }) => Object.entries(properties ?? {})))
  }

  /** Whether values are of a type and of no other, `null` apart. */
  isOf(type: string, node: Node = this.root): boolean {
    const types = this.forms(node).flatMap(typesOf)
    return types.includes(type) && types.every((one) => one === type || one === "null")
  }

  /** The value that something stands for. */
  match(value: unknown, node: Node = this.root, name = ""): Option.Option<unknown> {
    const fitted = this.#fit(value, node, name)
    return fitted !== undefined && this.#isValid(fitted, node) ? Option.some(fitted) : Option.none()
  }

  #isValid(value: unknown, node: Node): boolean {
    // A reference that leads nowhere has no values.
    const check = Option.liftThrowable(() => validate(value, node as JsonSchema, "2020-12", this.#lookup).valid)
    return Option.getOrElse(check(), () => false)
  }

  #fit(value: unknown, node: Node, name: string): unknown {
    if (isMissing(value)) return undefined
    const forms = this.forms(node)
    const found = forms.map((form) => this.#fitForm(value, form, name)).filter((one) => one !== undefined)
    if (forms.length < 2) return found[0]
    const valid = found.filter((one) => this.#isValid(one, node))
    const exact = valid.find((one) => Equal.equals(one, value))
    if (exact !== undefined || valid.length < 2) return exact ?? valid[0]
    // Forms that fit alike may each name a part of the properties.
    const joined: unknown = valid.every(isRecord) ? Object.assign({}, ...valid) : valid[0]
    const agree = valid.every((one) => Equal.equals(isRecord(one) ? { ...(joined as Members), ...one } : one, joined))
    return agree && this.#isValid(joined, node) ? joined : undefined
  }

  #fitForm(value: unknown, form: Shape, name: string): unknown {
    const types = typesOf(form)
    const isJson = types.length > 0 && types.every((type) => /array|object|null/.test(type))
    const given = isJson && typeof value === "string" ? Option.getOrElse(parse(value), () => value) : value
    const isSingle = typeof given !== "object" || given === null || (form.enum ?? form["const"]) !== undefined
    if (isSingle) return coerce(given, form, types, name)
    if (types.length > 0 && !types.includes(Array.isArray(given) ? "array" : "object")) return undefined
    return Array.isArray(given) ? this.#list(given, form) : this.#record(given as Members, form)
  }

  #list(value: ReadonlyArray<unknown>, { items = true, prefixItems }: Shape): unknown {
    const tuple = (prefixItems ?? (Array.isArray(items) ? items : [])) as ReadonlyArray<Node>
    const read = value.map((item, index) => this.#fit(item, tuple[index] ?? (Array.isArray(items) ? true : items), ""))
    return read.includes(undefined) ? undefined : read
  }

  #record(value: Members, form: Shape): unknown {
    const { additionalProperties, patternProperties = {}, properties = {}, required = [] } = form
    const names = Object.keys(properties)
    const patterns = Object.entries(patternProperties as Record<string, Node>)
    const rest = (additionalProperties ?? (names.length === 0 && patterns.length === 0)) as Node
    const found: Array<readonly [string, unknown]> = []
    for (const [key, given] of Object.entries(value)) {
      const alike = names.find((name) => plain(name) === plain(key) && !Object.hasOwn(value, name))
      const name = names.includes(key) ? key : (alike ?? key)
      const pattern = patterns.find(([one]) => new RegExp(one, "u").test(name))
      const node: Node = names.includes(name) ? properties[name]! : (pattern?.[1] ?? rest)
      const read = node === false ? undefined : this.#fit(given, node, name)
      const mayMiss = node === false || isMissing(given) || (given === null && !required.includes(name))
      if (read !== undefined) found.push([name, read])
      else if (!mayMiss && !JSON.stringify(given).includes(gap)) return undefined
    }
    return Object.fromEntries(found)
  }
}
