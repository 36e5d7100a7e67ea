import { Predicate } from "effect"
import * as RetryAfter from "../RetryAfter.ts"

type Fields = Readonly<Record<string, unknown>>

const textOf = (value: unknown): string | undefined =>
  Predicate.isString(value) ? value : Predicate.isNumber(value) ? String(value) : undefined

/** Headers that an error quotes, such as those of the provider behind a router. */
const quoted = (headers: unknown): number => {
  if (!Predicate.isObject(headers)) return NaN
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), textOf(value)]))
  return RetryAfter.ofHeaders((name) => byName.get(name))
}

/** A duration of Protocol Buffers in JSON, such as `34.5s`. */
const ofProtobuf = (value: unknown): number => {
  const [, seconds] = Predicate.isString(value) ? (/^(\d+(?:\.\d+)?)s$/.exec(value.trim()) ?? []) : []
  return seconds === undefined ? NaN : Number(seconds) * 1000
}

const inDetails = (details: unknown): ReadonlyArray<number> =>
  Array.isArray(details)
    ? details.map((each) => (Predicate.hasProperty(each, "retryDelay") ? ofProtobuf(each.retryDelay) : NaN))
    : []

/** How long an error in words asks to wait, in milliseconds, if it does. */
export const decodeDuration = (error: Fields): number | undefined => {
  const metadata = Predicate.isObject(error["metadata"]) ? (error["metadata"] as Fields) : {}
  const seconds = error["retry_after"] ?? error["retryAfter"] ?? error["retry_after_seconds"]
  const millis = error["retry_after_ms"] ?? error["retryAfterMs"]
  return [
    RetryAfter.ofHeaders((name) => (name === "retry-after-ms" ? millis : name === "retry-after" ? seconds : undefined)),
    quoted(error["headers"]),
    quoted(metadata["headers"]),
    ...inDetails(error["details"])
  ].find((wait) => !Number.isNaN(wait))
}
