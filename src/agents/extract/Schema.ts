import { dereference, type Schema as JsonSchema, validate } from "@cfworker/json-schema"
import { Equal, Option, Predicate } from "effect"
import { gap, type Members, parse } from "./Json.ts"

/** A JSON Schema of draft 7 to 2020-12. */
export interface Shape {
  readonly type?: string | ReadonlyArray<string>
  readonly properties?: Readonly<Record<string, Shape | boolean>>
  readonly required?: ReadonlyArray<string>
  readonly items?: Shape | boolean
  readonly enum?: ReadonlyArray<unknown>
  readonly maximum?: number
  readonly [keyword: string]: unknown
}

export type Node = Shape | boolean

/** A name without case and separators, which models change freely. */
export const plain = (name: string): string => name.toLowerCase().replaceAll(/[\s_\-.!*`"']+/g, "")

const bare = (text: string): string => text.replaceAll(/^[\s"'“”‘’«»`*_]+|[\s"'“”‘’«»`*_.,;!]+$/g, "")
const folded = (value: unknown) => bare(String(value).toLowerCase()).replaceAll(/[\s_-]+/g, " ")

const words = "zero one two three four five six seven eight nine ten eleven twelve".split(" ")

/** A number in digits, with or without separators of thousands, or as a word. */
export const numeral: string = String.raw`(?:[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?|(?:${words.join("|")})(?![a-z]))`
const amount = String.raw`^(?:[$€£¥]|(${Intl.supportedValuesOf("currency").join("|")}) )?\s*(${numeral})`
const behind = String.raw`(?:(?:\/|out of|of)\s*(${numeral})|(%|percent)|([a-z€£¥$][a-z €£¥$]*))`
const whole = new RegExp(String.raw`${amount}\s*${behind}?(?:\s*\([^()\d]*\))?$`, "iu")

const measure =
  /^(?:..?|ish|odd|thousand|hundred|million|billion|dozen|half|cent|pence|second|minute|hour|day|week|month|year|and|plus|less|more|not|never|[a-z]*(?:gram|met(?:er|re)|lit(?:er|re)|mile|feet|foot|inch|pound|ounce|byte|degree|celsius|fahrenheit))$/

/** Whether a word behind a number leaves it the number that a name asks for: three days are not three hours. */
export const isUnitOf = (word: string, name: string): boolean => {
  const unit = word.toLowerCase().replace(/(?<=..)s$/, "")
  const isNamed = name.toLowerCase().startsWith(unit) || (unit.length > 2 && name.toLowerCase().includes(unit))
  return isNamed || /^(?:[€£¥$]|per)$/.test(word) || !measure.test(unit)
}

const valueOf = (text: string): number =>
  words.includes(text.toLowerCase()) ? words.indexOf(text.toLowerCase()) : Number(text.replaceAll(",", ""))

/** The number that a text stands for: `12`, `1,200`, `seven`, `$4.75`, `2.5 hours`, `8/10` on a scale to 10. */
const numberOf = (text: string, maximum: number | undefined, name: string): number | undefined => {
  const [, currency = "", digits, scale, percent, unit] = whole.exec(text) ?? []
  // 1.250 is a thousand and more, or one and a quarter.
  if (digits === undefined || currency !== currency.toUpperCase() || /^[+-]?[1-9]\d{0,2}\.\d{3}$/.test(digits))
    return undefined
  const value = valueOf(digits)
  if (scale !== undefined) return valueOf(scale) === maximum ? value : undefined
  if (percent !== undefined && maximum === 1) return Number((value / 100).toPrecision(15))
  if (percent !== undefined) return maximum === 100 || /percent|pct/i.test(name) ? value : undefined
  return (unit?.trim().split(/\s+/) ?? []).every((word) => isUnitOf(word, name)) ? value : undefined
}

/** Whether a text says that there is no value. */
export const isNothing = (text: string): boolean =>
  /^(?:null|none|nil|n\/a|na|undefined|unknown|[-–—])?$/i.test(bare(text))

const exactly = (value: unknown, type: string): unknown => {
  if (type === "null") return value === null ? null : undefined
  if (type === "integer") return Number.isSafeInteger(value) ? value : undefined
  return typeof value === type && (type !== "number" || Number.isFinite(value)) ? value : undefined
}

const yes = /^(?:true|yes|y|[✓✅☑✔]\uFE0F?)$/iu
const no = /^(?:false|no|n|[✗✘❌✖]\uFE0F?)$/iu

const freely = (value: unknown, type: string, { maximum }: Shape, name: string): unknown => {
  if (type === "string") return name !== "" && Number.isSafeInteger(value) ? String(value) : undefined
  if (type === "boolean" && typeof value === "number") return [false, true][value]
  if (typeof value !== "string" || value.length > 80) return undefined
  if (type !== "boolean") return exactly(numberOf(bare(value), maximum, name), type)
  return yes.test(bare(value)) || (no.test(bare(value)) ? false : undefined)
}

/** The single value of a form that something stands for; `undefined` if there is none. */
const coerce = (given: unknown, form: Shape, types: ReadonlyArray<string>, name: string): unknown => {
  const choices = Object.hasOwn(form, "const") ? [form["const"]] : form.enum
  if (choices !== undefined) {
    const same = choices.filter((choice) => Equal.equals(choice, given))
    const alike = choices.filter((choice) => typeof given !== "object" && folded(choice) === folded(given))
    return same.length > 0 ? same[0] : alike.length === 1 ? alike[0] : undefined
  }
  if (types.length === 0) return given
  const readings = [exactly, freely].flatMap((read) => types.map((type) => read(given, type, form, name)))
  return readings.find((value) => value !== undefined)
}

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
  if (!Predicate.isObject(node) || node["nullable"] !== true || node["type"] === undefined) return node
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
    const joined: unknown = valid.every(Predicate.isObject) ? Object.assign({}, ...valid) : valid[0]
    const agree = valid.every((one) =>
      Equal.equals(Predicate.isObject(one) ? { ...(joined as Members), ...one } : one, joined)
    )
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
