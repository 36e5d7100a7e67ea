import { Cause, Exit, Predicate } from "effect"
import * as Failure from "./Failure.ts"
import { errorOf } from "./Rejection.ts"

const codes = /^[A-Z][A-Z0-9_]{2,39}$/
const names = /^[\w./]{1,60}$/

/** The system code of an error or of its cause, such as `ECONNREFUSED`. */
const codeOf = (error: object): string | undefined => {
  const cause = Predicate.hasProperty(error, "cause") && Predicate.isObject(error.cause) ? [error.cause] : []
  return [error, ...cause]
    .flatMap((holder) => [
      Predicate.hasProperty(holder, "code") ? holder.code : undefined,
      Predicate.hasProperty(holder, "reason") ? holder.reason : undefined
    ])
    .find((code): code is string => Predicate.isString(code) && codes.test(code))
}

const nameOf = (error: object): string | undefined => {
  const reason = Failure.reasonOf(error)
  const name = Failure.tagOf(reason) ?? (Predicate.hasProperty(reason, "name") ? reason.name : undefined)
  return Predicate.isString(name) && names.test(name) ? name : undefined
}

/**
 * Names how the model failed an attempt: a status, a code of the gate or of the system, or the error's name.
 *
 * Never an error's message, which may hold a prompt or a key. `undefined` for an end that is no failure of the model,
 * such as a refusal.
 */
export const of = (exit: Exit.Exit<unknown, unknown>): string | undefined => {
  if (Exit.isSuccess(exit)) return undefined
  if (Cause.hasDies(exit.cause)) return "defect"
  // Of interrupted attempts, the breaker reports only those that their deadline ended.
  if (Cause.hasInterruptsOnly(exit.cause)) return "deadline_exceeded"
  const error = errorOf(exit)
  const reason = Failure.rejectionOf(error)?.reason
  if (reason !== undefined) {
    return reason._tag === "DeadlineExceeded" && reason.started && reason.limit !== "reader" ? reason.code : undefined
  }
  if (Failure.isAbort(error)) return undefined
  const status = Failure.statusOf(error)
  if (status !== undefined) return Failure.isDeclined(status) ? undefined : String(status)
  return Predicate.isObject(error) ? (codeOf(error) ?? nameOf(error) ?? "error") : "error"
}
