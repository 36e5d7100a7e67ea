import { Context, Effect } from "effect"

/** What the gateway finds out before the route of a request runs. */
export interface RequestContext {
  /** The request's id, on its response and in the log. */
  readonly id: string
  /** The name of the caller's key. */
  readonly caller: string | undefined
  /** Whether its `x-api-key` is one of the gateway's keys, which no endpoint may see. */
  readonly isKeyOurs: boolean
}

/** The context of the request being answered. */
export const RequestContext: Context.Reference<RequestContext> = Context.Reference<RequestContext>(
  "headgate/RequestContext",
  {
    defaultValue: () => ({ id: "", caller: undefined, isKeyOurs: false })
  }
)

/** The request in the log. */
export interface LogFields {
  readonly request: string
  readonly method: string
  readonly path: string
}

/** Logs that a caller disconnected, with the status that is usual for it. */
export const logDisconnect = (fields: LogFields): Effect.Effect<void> =>
  Effect.logInfo("The caller left", { ...fields, status: 499 })
