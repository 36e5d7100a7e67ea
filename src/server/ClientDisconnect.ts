import { type Cause, Effect } from "effect"
import { HttpServerError } from "effect/http"

/** What the log tells of a request. */
export interface LogFields {
  readonly request: string
  readonly method: string
  readonly path: string
}

/** Whether something was interrupted because its caller has gone. */
export const isDisconnect = (cause: Cause.Cause<unknown>): boolean =>
  cause.reasons.some(({ annotations }) => annotations.has(HttpServerError.ClientAbort.key))

/** Logs that a caller has gone, with the status that is usual for it. */
export const log = (what: LogFields): Effect.Effect<void> => Effect.logInfo("The caller left", { ...what, status: 499 })
