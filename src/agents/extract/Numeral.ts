import type { Shape } from "./Shape.ts"

const words = `zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
  sixteen seventeen eighteen nineteen twenty`.split(/\s+/)

/** A number in digits, thousands apart or not. */
export const digits = String.raw`[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?`

const word = words.join("|")
const whole = new RegExp(String.raw`^(?:${digits}|${word}|\d{1,3}(?:[\u00a0\u202f'_]\d{3})+(?:\.\d+)?)$`, "i")
const share = new RegExp(String.raw`^(${digits}|${word})\s*(?:\/|out of|of)\s*(${digits}|${word})$`, "i")
const percent = new RegExp(String.raw`^(${digits})\s*(?:%|percent)$`, "i")
const measured = new RegExp(
  String.raw`^[$€£¥]?\s*(${digits}|(?:${word})(?=\s))\s*(\/?[a-z€£¥][a-z €£¥/.-]{0,30})$`,
  "i"
)
const priced = new RegExp(String.raw`^(?:[$€£¥]|[A-Z]{3}\b)\s*(${digits})$`)
const approximately = /^(?:about|around|approximately|approx\.?|roughly|circa|~|≈)\s*/i

// What stands behind a number and makes it another one.
const alters =
  /\b(?:k|m|mm|bn|b|thousand|hundred|million|billion|dozen|or|to|and|minus|plus|less|more|half|cents?|pence|percent|th|st|nd|rd|per cent|not|never|x)\b/i

const times: ReadonlyArray<readonly [stem: string, names: RegExp]> = [
  ["second", /^(?:s|secs?|seconds?)$/],
  ["milli", /^(?:ms|millis|milliseconds?)$/],
  ["minute", /^(?:min|mins|minutes?)$/],
  ["hour", /^(?:h|hrs?|hours?)$/],
  ["day", /^(?:d|days?)$/],
  ["week", /^(?:w|weeks?)$/],
  ["month", /^months?$/],
  ["year", /^(?:y|yrs?|years?)$/]
]

/** Whether a unit may be left out under this name: three days are not three hours. */
const isUnitOf = (unit: string, name: string): boolean => {
  if (alters.test(unit) || unit.trim().split(/\s+/).length > 3) return false
  const time = times.find(([, names]) => names.test(unit.toLowerCase().replace(/\.$/, "").trim()))
  return time === undefined || name.toLowerCase().includes(time[0])
}

/** Whether a word behind a number says what is counted, or makes it another number. */
export const isUnit = (word: string): boolean =>
  alters.test(word) || times.some(([, names]) => names.test(word.toLowerCase()))

const valueOf = (text: string): number => {
  const spelled = words.indexOf(text.toLowerCase())
  return spelled === -1 ? Number(text.replaceAll(/[,_'\s]/g, "")) : spelled
}

const scaled = (share: number, scale: number, maximum: number | undefined) => (scale === maximum ? share : undefined)

/** The number a text stands for without doubt: `12`, `1,200`, `seven`, `$4.75`, `2.5 hours`, `8/10` on a scale to 10. */
export const parse = (given: string, { maximum }: Shape, name = ""): number | undefined => {
  if (given.length > 80) return undefined
  const text = given
    .replace(/\s*\([^()\d]*\)$/, "")
    .replace(/\.$/, "")
    .replace(approximately, "")
    .trim()
  if (whole.test(text)) return valueOf(text)
  const part = share.exec(text)
  if (part !== null) return scaled(valueOf(part[1]!), valueOf(part[2]!), maximum)
  const hundredth = percent.exec(text)
  if (hundredth !== null && maximum === 1) return Number((valueOf(hundredth[1]!) / 100).toPrecision(15))
  if (hundredth !== null) return scaled(valueOf(hundredth[1]!), 100, maximum)
  const price = priced.exec(text)
  if (price !== null) return valueOf(price[1]!)
  const amount = measured.exec(text)
  return amount !== null && isUnitOf(amount[2]!, name) ? valueOf(amount[1]!) : undefined
}
