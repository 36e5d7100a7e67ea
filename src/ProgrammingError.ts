import { Predicate } from "effect"

// How Node and other implementations of fetch word a failed connection; all of them throw a TypeError.
const words = /^(?:fetch failed|terminated|failed to fetch|load failed|network ?error)/i
const codes = /^(?:ECONN|EHOST|ENET|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|UND_ERR_)/

const codeOf = (error: unknown): unknown => (Predicate.hasProperty(error, "code") ? error.code : undefined)

/** Whether an error is what `fetch` makes of a connection that could not be made, or broke. */
export const isBrokenFetch = (error: unknown): boolean => error instanceof TypeError && words.test(error.message)

/** Whether an error means that a connection could not be made, or broke. */
export const isBrokenConnection = (error: unknown): boolean => {
  const cause = Predicate.hasProperty(error, "cause") ? error.cause : undefined
  if ([codeOf(error), codeOf(cause)].some((code) => Predicate.isString(code) && codes.test(code))) return true
  return isBrokenFetch(error)
}

/** Whether an error is a bug in the program that makes the call, such as calling what is no function. */
export const isProgrammingError = (error: unknown): boolean =>
  (error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError) &&
  !isBrokenConnection(error)
