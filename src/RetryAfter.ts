import { Cause, Clock, Context, Duration, Exit, Fiber, Option, Predicate } from "effect"

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

const decimal = /^\s*\d+(?:\.\d+)?\s*$/

// `Number` alone reads an empty text as 0.
const amount = (header: unknown): number => {
  if (typeof header === "number") return header >= 0 ? header : NaN
  return Predicate.isString(header) && decimal.test(header) ? Number(header) : NaN
}

/**
 * Reads a `retry-after` header, seconds or a date (RFC 9110), as milliseconds; `NaN` if it is neither.
 *
 * A date is counted from the response's own `date`, so that different clocks do no harm, or else from now. A date in
 * the past means no wait. Of a header that came more than once the longest wait counts.
 */
export const millisOf = (header: unknown, date: unknown): number => {
  const seconds = amount(header)
  if (!Number.isNaN(seconds)) return seconds * 1000
  const at = parse(header)
  const sent = parse(date)
  if (!Number.isNaN(at)) return Math.max(0, at - (Number.isNaN(sent) ? wallClock() : sent))
  const all = Predicate.isString(header) ? header.split(",").map(amount) : []
  const readable = all.filter((each) => !Number.isNaN(each))
  return readable.length === 0 ? NaN : Math.max(...readable) * 1000
}

/** Reads how long headers ask to wait, in milliseconds: `retry-after-ms`, or else `retry-after`; `NaN` for neither. */
export const ofHeaders = (headerOf: (name: string) => unknown): number => {
  const exact = amount(headerOf("retry-after-ms"))
  return Number.isNaN(exact) ? millisOf(headerOf("retry-after"), headerOf("date")) : exact
}

/** An upstream's mistake must not stop calls for ever. */
const longest = 3_600_000

/** Milliseconds, an hour at most, for which a failed attempt asks callers to wait; 0 if it does not. */
export const millisAskedBy = (
  end: Exit.Exit<unknown, unknown>,
  askedBy: (error: unknown) => Duration.Duration | undefined
): number => {
  if (Exit.isSuccess(end)) return 0
  const asked = Option.map(Cause.findErrorOption(end.cause), askedBy)
  return Math.min(Duration.toMillis(Option.getOrUndefined(asked) ?? Duration.zero), longest)
}
