import { Clock, Context, Fiber, Predicate } from "effect"

// The forms of a date in RFC 9110, 5.6.7; `Date.parse` alone takes nearly anything for one.
const dates = [
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/
]
const withoutZone = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/

const parse = (header: unknown): number => {
  if (!Predicate.isString(header)) return NaN
  if (withoutZone.test(header)) return Date.parse(`${header} GMT`)
  return dates.some((form) => form.test(header)) ? Date.parse(header) : NaN
}

const wallClock = (): number => {
  const context = Fiber.getCurrent()?.context ?? Context.empty()
  return Context.get(context, Clock.Clock).currentTimeMillisUnsafe()
}

/**
 * Reads a `retry-after` header, seconds or a date (RFC 9110), as milliseconds; `NaN` if it is neither.
 *
 * A date is counted from the response's own `date`, so that different clocks do no harm, or else from now. A date in
 * the past means no wait.
 */
export const millisOf = (header: unknown, date: unknown): number => {
  if (header === undefined || header === "") return NaN
  const seconds = Number(header)
  if (!Number.isNaN(seconds)) return seconds * 1000
  const at = parse(header)
  const sent = parse(date)
  return Number.isNaN(at) ? NaN : Math.max(0, at - (Number.isNaN(sent) ? wallClock() : sent))
}
