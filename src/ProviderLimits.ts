import { Exit, Predicate } from "effect"
import type { End } from "./Call.ts"
import { errorOf } from "./Rejection.ts"

/** What a provider says of one of its limits. */
export interface ProviderLimit {
  /** Units per minute. */
  readonly limit: number | undefined
  /** Units that are left. */
  readonly remaining: number | undefined
  /** Milliseconds until all units are back. */
  readonly reset: number | undefined
}

/** What a provider says of its limits. */
export interface ProviderLimits {
  readonly requests: ProviderLimit
  readonly tokens: ProviderLimit
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const duration = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/
const part = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g

/** Milliseconds of `6m0s`, `1s`, `20ms`, a number of seconds, or until a moment (RFC 3339), seen at another moment. */
const millisOf = (text: string, date: string | undefined): number | undefined => {
  if (duration.test(text)) {
    let millis = 0
    for (const [, amount, unit] of text.matchAll(part)) millis += Number(amount) * units[unit!]!
    return millis
  }
  const seconds = numberOf(text)
  if (seconds !== undefined) return seconds * 1000
  const [at, from] = [/^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : NaN, Date.parse(date ?? "")]
  // Without the moment of the reply, by the sender's clock, a moment says nothing.
  return Number.isNaN(at) || Number.isNaN(from) ? undefined : Math.max(0, at - from)
}

const numberOf = (text: string | undefined): number | undefined => {
  const number = text === undefined || text.trim() === "" ? NaN : Number(text)
  return number >= 0 && number < Infinity ? number : undefined
}

type Read = (name: string) => string | undefined

const readerOf = (headers: unknown): Read | undefined => {
  if (!Predicate.isObject(headers)) return undefined
  const get = Predicate.hasProperty(headers, "get") ? headers.get : undefined
  const read = (name: string): unknown =>
    Predicate.isFunction(get)
      ? get.call(headers, name)
      : Predicate.hasProperty(headers, name)
        ? headers[name]
        : undefined
  return (name) => {
    const value = read(name)
    return Predicate.isString(value) || Predicate.isNumber(value) ? String(value) : undefined
  }
}

/** The headers of an answer or an error, or of the response that it holds. */
const headersOf = (value: unknown): Read | undefined => {
  if (!Predicate.isObject(value)) return undefined
  for (const holder of [
    value,
    ...["response", "reply", "head", "reason", "http"].map((name) => property(value, name))
  ]) {
    const read = readerOf(property(holder, "headers"))
    if (read !== undefined) return read
  }
  return undefined
}

const property = (value: unknown, name: string): unknown =>
  Predicate.hasProperty(value, name) ? value[name] : undefined

/** The names of the headers for one limit: OpenAI's, which many servers have taken over, and Anthropic's. */
const namesOf = (unit: string) =>
  [
    [`x-ratelimit-limit-${unit}`, `x-ratelimit-remaining-${unit}`, `x-ratelimit-reset-${unit}`],
    [`anthropic-ratelimit-${unit}-limit`, `anthropic-ratelimit-${unit}-remaining`, `anthropic-ratelimit-${unit}-reset`]
  ] as const

const names = { requests: namesOf("requests"), tokens: namesOf("tokens") }

const limitOf = (read: Read, [openai, anthropic]: ReturnType<typeof namesOf>): ProviderLimit => {
  const value = (index: 0 | 1 | 2) => read(openai[index]) ?? read(anthropic[index])
  const reset = value(2)
  return {
    limit: numberOf(value(0)),
    remaining: numberOf(value(1)),
    reset: reset === undefined ? undefined : millisOf(reset, read("date"))
  }
}

/**
 * Reads what a provider says of its limits from the headers of an answer or an error.
 *
 * `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` (OpenAI and others) and
 * `anthropic-ratelimit-{requests,tokens}-{limit,remaining,reset}` are understood. `undefined` if there are none.
 *
 * @example
 * const headers = { "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "1s" }
 *
 * providerLimitsOf(Exit.succeed({ headers }))?.requests // => { limit: 60, remaining: 59, reset: 1000 }
 */
export const providerLimitsOf = (end: End): ProviderLimits | undefined => {
  const read = headersOf(Exit.isSuccess(end) ? end.value : errorOf(end))
  if (read === undefined) return undefined
  const [requests, tokens] = [limitOf(read, names.requests), limitOf(read, names.tokens)]
  const silent = [requests, tokens].every(({ limit, remaining }) => limit === undefined && remaining === undefined)
  return silent ? undefined : { requests, tokens }
}
