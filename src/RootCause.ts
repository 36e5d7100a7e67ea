import { Cause } from "effect"

/** Says what is beneath all errors, in its own words; of a name with several addresses, what befell the first. */
export const messageOf = (error: unknown): string => {
  if (Cause.isCause(error)) return messageOf(Cause.squash(error))
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message || error.name : messageOf(error.cause)
}
