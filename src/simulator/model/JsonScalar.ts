import { type Node, numberOf } from "./JsonSchema.ts"

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
export const text = (node: Node, source: { readonly random: () => number; readonly text: () => string }): string => {
  const format = String(node["format"])
  if (Object.hasOwn(formats, format)) return formats[format]!(String(10 + Math.floor(source.random() * 18)))
  const least = Math.min(numberOf(node["minLength"]) ?? 0, longest)
  let written = source.text()
  while (written.length < least) written += ` ${source.text()}`
  return written.slice(0, numberOf(node["maxLength"]) ?? Infinity)
}

/** Makes up a number within the limits of a schema, from a share of the way between them. */
export const number = (node: Node, whole: boolean, share: number): number => {
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
