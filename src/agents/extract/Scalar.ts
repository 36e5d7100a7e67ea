import { Equal } from "effect"

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
export const coerce = (given: unknown, form: Shape, types: ReadonlyArray<string>, name: string): unknown => {
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
