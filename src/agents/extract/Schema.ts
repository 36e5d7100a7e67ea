import { dereference, type Schema as JsonSchema, type SchemaDraft, validate } from "@cfworker/json-schema"
import { Equal, Option } from "effect"
import { coerce, plain } from "./Scalar.ts"

/** A JSON Schema of any draft from 4 to 2020-12. */
export interface Shape {
  readonly type?: string | ReadonlyArray<string>
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: ReadonlyArray<string>
  readonly items?: Shape
  readonly enum?: ReadonlyArray<unknown>
  readonly minimum?: number
  readonly maximum?: number
  readonly [keyword: string]: unknown
}

export type Node = Shape | boolean

/** One of the forms that a schema allows, its references and unions resolved. */
export interface Form {
  readonly types: ReadonlyArray<string>
  readonly properties: ReadonlyMap<string, Node>
  readonly required: ReadonlyArray<string>
  readonly patterns: ReadonlyArray<readonly [RegExp, Node]>
  /** The schema of further properties; `undefined` if nothing is said of them. */
  readonly others: Node | undefined
  readonly prefix: ReadonlyArray<Node>
  readonly items: Node | undefined
  readonly choices: ReadonlyArray<unknown> | undefined
  readonly maximum: number | undefined
}

/** Stands where a reply broke off. */
export const gap = "\uE000"

const mostForms = 200
const deepest = 16

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Whether a text only shows where a value belongs, or names its type: `<1-10>`, `...`, `string`. */
const isPlaceholder = (value: unknown): boolean =>
  value === gap ||
  (typeof value === "string" && value.length < 200 && /^(?:<[^<>]*>|\.{3}|…|\{\{.*\}\}|string)$/.test(value.trim()))

/** Whether all of a value stands in another, unchanged. */
const isPart = (part: unknown, value: unknown): boolean => {
  if (isRecord(part) && isRecord(value))
    return Object.entries(part).every(([key, member]) => Object.hasOwn(value, key) && isPart(member, value[key]))
  if (Array.isArray(part) && Array.isArray(value))
    return part.length === value.length && part.every((item, index) => isPart(item, value[index]))
  return part === value
}

const formOf = (own: Shape): Form => {
  const { additionalProperties, const: constant, enum: choices, items, maximum, patternProperties, prefixItems } = own
  const tuple = prefixItems ?? items
  return {
    types: own.type === undefined ? [] : [own.type].flat(),
    properties: new Map(Object.entries(own.properties ?? {})),
    required: Array.isArray(own.required) ? own.required : [],
    patterns: Object.entries(patternProperties ?? {}).map(([key, node]) => [new RegExp(key, "u"), node]),
    others: additionalProperties as Node | undefined,
    prefix: Array.isArray(tuple) ? tuple : [],
    items: Array.isArray(items) ? (own["additionalItems"] as Node | undefined) : items,
    choices: Object.hasOwn(own, "const") ? [constant] : choices,
    maximum
  }
}

const both = (one: Node | undefined, other: Node | undefined): Node | undefined =>
  one === undefined ? other : other === undefined ? one : { allOf: [one, other] }

const meet = (one: Form, other: Form): Form => {
  const properties = new Map(one.properties)
  for (const [name, node] of other.properties) properties.set(name, both(properties.get(name), node)!)
  const narrower = one.types.filter((type) => other.types.includes(type))
  return {
    types: narrower.length > 0 ? narrower : one.types.length > 0 ? one.types : other.types,
    properties,
    required: [...one.required, ...other.required],
    patterns: [...one.patterns, ...other.patterns],
    others: both(one.others, other.others),
    prefix: one.prefix.length > 0 ? one.prefix : other.prefix,
    items: both(one.items, other.items),
    choices: one.choices ?? other.choices,
    maximum: one.maximum ?? other.maximum
  }
}

/** OpenAPI 3.0 marks what may be null by a keyword of its own. */
const copyOf = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(copyOf)
  if (!isRecord(node)) return node
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, copyOf(value)]))
  if (node["nullable"] !== true || node["type"] === undefined) return copy
  const choices = Array.isArray(node["enum"]) ? { enum: [...node["enum"], null] } : {}
  return { ...copy, type: [node["type"], "null"].flat(), ...choices }
}

const draftOf = (uri: string): SchemaDraft =>
  /draft-0[34]/.test(uri) ? "4" : /draft-0[67]/.test(uri) ? "7" : "2020-12"

/** Fits values to a JSON Schema. */
export class Schema {
  readonly root: Shape
  readonly #draft: SchemaDraft
  readonly #lookup: Record<string, JsonSchema | boolean>
  readonly #forms = new Map<Node, ReadonlyArray<Form>>()

  constructor(shape: Shape) {
    this.root = copyOf(shape) as Shape
    this.#draft = draftOf(String(shape["$schema"]))
    this.#lookup = dereference(this.root as JsonSchema)
  }

  /** The forms that a schema allows; several if it is a union. */
  forms(node: Node = this.root, depth = 0): ReadonlyArray<Form> {
    const known = this.#forms.get(node)
    if (known !== undefined) return known
    if (depth > deepest || node === false) return []
    const { $ref, allOf = [], anyOf, oneOf, ...own } = node === true ? {} : node
    const of = (one: Node) => this.forms(one, depth + 1)
    const target = typeof $ref === "string" ? this.#lookup[(node as JsonSchema).__absolute_ref__ ?? $ref] : true
    const unions = [anyOf, oneOf].filter(Array.isArray).map((union) => union.flatMap(of))
    const parts = [
      $ref === undefined ? [] : of((target ?? false) as Node),
      ...(allOf as Array<Node>).map(of),
      ...unions
    ]
    const forms = parts
      .slice($ref === undefined ? 1 : 0)
      .reduce(
        (all, next) => all.flatMap((one) => next.map((other) => meet(one, other))).slice(0, mostForms),
        [formOf(own)]
      )
    this.#forms.set(node, forms)
    return forms
  }

  /** Whether a value is one of the schema as it stands. */
  isValid(value: unknown, node: Node = this.root): boolean {
    return validate(value, node as JsonSchema, this.#draft, this.#lookup as Record<string, JsonSchema>).valid
  }

  /** The value of the schema that something stands for, changed no more than is beyond doubt; `undefined` if there is none. */
  match(value: unknown): Option.Option<unknown> {
    const fitted = this.fit(value, this.root)
    return fitted !== undefined && this.isValid(fitted) ? Option.some(fitted) : Option.none()
  }

  fit(value: unknown, node: Node, name = ""): unknown {
    if (isPlaceholder(value)) return undefined
    const forms = this.forms(node)
    const found = forms.map((form) => this.#fitForm(value, form, name)).filter((one) => one !== undefined)
    if (forms.length < 2) return found[0]
    const valid = found.filter((one) => this.isValid(one, node))
    const distinct = valid.filter((one, index) => valid.findIndex((same) => Equal.equals(same, one)) === index)
    const exact = distinct.filter((one) => isPart(one, value))
    const best = exact.length > 0 ? exact : distinct
    const largest = best.find((one) => best.every((other) => isPart(other, one)))
    if (largest !== undefined || !best.every(isRecord)) return largest
    const joined = Object.assign({}, ...best) as unknown
    return exact.length > 0 && this.isValid(joined, node) ? joined : undefined
  }

  #fitForm(value: unknown, form: Form, name: string): unknown {
    const { choices, types } = form
    const takes = (type: string) => choices === undefined && (types.length === 0 || types.includes(type))
    if (Array.isArray(value) && choices === undefined) return takes("array") ? this.#list(value, form) : undefined
    if (isRecord(value) && choices === undefined) return takes("object") ? this.#record(value, form) : undefined
    if (types.length === 0 && form.properties.size > 0) return undefined
    return coerce(value, form, name)
  }

  #list(value: ReadonlyArray<unknown>, { items = true, prefix }: Form): unknown {
    const read = value.map((item, index) => this.fit(item, prefix[index] ?? items))
    // What follows the place where a list broke off is lost.
    return read.includes(undefined) ? undefined : read
  }

  #record(value: Readonly<Record<string, unknown>>, { others, patterns, properties, required }: Form): unknown {
    const found: Array<readonly [string, unknown]> = []
    const open = new Set(Object.keys(value))
    const take = (key: string, name: string, node: Node): boolean => {
      open.delete(key)
      const given = value[key]
      const read = this.fit(given, node, name)
      if (read !== undefined) found.push([name, read])
      return read !== undefined || isPlaceholder(given) || (given === null && !required.includes(name))
    }
    for (const [name, node] of properties) {
      const key = Object.hasOwn(value, name) ? name : Object.keys(value).find((one) => plain(one) === plain(name))
      if (key !== undefined && !take(key, name, node)) return undefined
    }
    const rest = others ?? (properties.size === 0 && patterns.length === 0)
    for (const key of open) {
      const node = patterns.find(([pattern]) => pattern.test(key))?.[1] ?? rest
      if (node !== false && !take(key, key, node)) return undefined
    }
    return Object.fromEntries(found)
  }

  /** Whether a value has some of the properties that were asked for. */
  speaks(value: unknown, node: Node = this.root): boolean {
    if (Array.isArray(value))
      return this.forms(node).some(({ items }) =>
        value.some((item) => isRecord(item) && items !== undefined && this.speaks(item, items))
      )
    if (!isRecord(value)) return false
    const names = new Set(this.forms(node).flatMap(({ properties }) => [...properties.keys()].map(plain)))
    return Object.keys(value).some((key) => names.has(plain(key)) && !isPlaceholder(value[key]))
  }
}
