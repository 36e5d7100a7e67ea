import { Equal } from "effect"

/** The keywords of a JSON Schema that bear on a single value. */
export interface Bounds {
  readonly types: ReadonlyArray<string>
  readonly choices?: ReadonlyArray<unknown> | undefined
  readonly maximum?: number | undefined
}

/** A name without case and separators, which models change freely. */
export const plain = (name: string): string => name.toLowerCase().replaceAll(/[\s_\-.!*`"']+/g, "")

/** Removes quotes, emphasis and a final stop from around a word. */
export const bare = (text: string): string =>
  text.replace(/^[\s"'“”‘’«»`*_]+/, "").replace(/(?:[\s"'“”‘’«»`*_]|[.,;!](?=["'”’»`*_]*$))+$/, "")

const folded = (text: string) => bare(text.toLowerCase()).replaceAll(/[\s_-]+/g, " ")
const spelled = "zero one two three four five six seven eight nine ten eleven twelve".split(" ")

/** A number in digits or as a word, with or without separators of thousands. */
export const digits = String.raw`[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?`
export const numeral: string = `(?:${digits}|(?:${spelled.join("|")})(?![a-z]))`

const currency = String.raw`[$€£¥]|[A-Z]{3}\b|coins?\b|dollars?\b|euros?\b`
const whole = new RegExp(
  String.raw`^(?:about |around |approximately |~|≈)?\s*(?:${currency})?\s*(${numeral})\s*(?:(?:\/|out of|of)\s*(${numeral})|(%|percent)|([a-z€£¥$][a-z €£¥$]*))?(?:\s*\([^()\d]*\))?$`,
  "iu"
)
const measures: Readonly<Record<string, string>> = { h: "hour", hr: "hour", min: "minute", s: "second", sec: "second" }
// Units that make another number of it, unless the property is named for them.
const scaled =
  /^(?:.|..|k[a-z]*|thousand|hundred|million|billion|dozen|half|cent|pence|percent|second|minute|hour|day|week|month|year|or|to|and|plus|less|more|not|x|[a-z]*(?:gram|met(?:er|re)|lit(?:er|re)|mile|feet|foot|inch|pound|ounce|byte|degree|celsius|fahrenheit))$/

/** Whether a unit may be left out under a name: three days are not three hours. */
const isUnitOf = (unit: string, name: string): boolean =>
  unit
    .toLowerCase()
    .split(/\s+/)
    .every((word, index) => {
      const single = word.replace(/(?<=..)s$/, "")
      const meant = measures[single] ?? single
      return (
        new RegExp(currency, "i").test(word) ||
        name.toLowerCase().includes(meant) ||
        (index > 0 && word === "per") ||
        (meant.length > 2 && !scaled.test(meant))
      )
    })

const valueOf = (text: string): number => {
  const word = spelled.indexOf(text.toLowerCase())
  return word === -1 ? Number(text.replaceAll(",", "")) : word
}

/** The number a text stands for: `12`, `1,200`, `seven`, `$4.75`, `2.5 hours`, `8/10` on a scale to 10. */
const parse = (text: string, maximum: number | undefined, name: string): number | undefined => {
  const [, amount, scale, percent, unit] = whole.exec(text) ?? []
  if (amount === undefined) return undefined
  const value = valueOf(amount)
  if (scale !== undefined) return valueOf(scale) === maximum ? value : undefined
  if (percent !== undefined) {
    if (maximum === 1) return Number((value / 100).toPrecision(15))
    return maximum === 100 || /percent|pct/i.test(name) ? value : undefined
  }
  return unit === undefined || isUnitOf(unit, name) ? value : undefined
}

const nothing = /^(?:null|none|nil|n\/a|na|undefined|unknown|not applicable|-|–|—)?$/i

/** Whether a text says that there is no value. */
export const isNothing = (text: string): boolean => nothing.test(bare(text))

const truth = (value: unknown): boolean | undefined => {
  if (value === 1 || value === 0) return value === 1
  const said = typeof value === "string" ? bare(value) : ""
  return /^(?:true|yes|y|[✓✅☑✔]\uFE0F?)$/iu.test(said)
    ? true
    : /^(?:false|no|n|[✗✘❌✖]\uFE0F?)$/iu.test(said)
      ? false
      : undefined
}

const strictly = (value: unknown, type: string): unknown => {
  if (type === "null") return value === null ? null : undefined
  if (type === "integer") return Number.isSafeInteger(value) ? value : undefined
  return typeof value === type && !Number.isNaN(value) ? value : undefined
}

const freely = (value: unknown, type: string, { maximum }: Bounds, name: string): unknown => {
  if (type === "boolean") return truth(value)
  // A fraction may have been written otherwise: 3.50 has become 3.5. In a list, a number is more likely a footnote.
  if (type === "string")
    return name !== "" && (typeof value === "boolean" || Number.isSafeInteger(value)) ? String(value) : undefined
  if (typeof value !== "string" || value.length > 80) return undefined
  if (type === "null") return isNothing(value) ? null : undefined
  return type === "object" || type === "array" ? undefined : strictly(parse(bare(value), maximum, name), type)
}

/** The single value that something stands for beyond doubt; `undefined` if there is none. */
export const coerce = (given: unknown, bounds: Bounds, name: string): unknown => {
  const { choices, types } = bounds
  if (choices !== undefined) {
    const same = choices.filter((one) => Equal.equals(one, given))
    const alike =
      same.length > 0 || typeof given === "object"
        ? same
        : choices.filter((one) => folded(String(one)) === folded(String(given)))
    return alike.length === 1 ? alike[0] : undefined
  }
  if (types.length === 0) return given
  const exact = types.map((type) => strictly(given, type)).find((value) => value !== undefined)
  return exact !== undefined
    ? exact
    : types.map((type) => freely(given, type, bounds, name)).find((value) => value !== undefined)
}
