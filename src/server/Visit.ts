import { Context } from "effect"

/** What the gateway knows of a request before its route does. */
export interface Visit {
  /** The request's id, on its response and in the log. */
  readonly id: string
  /** The name of the key that was shown. */
  readonly caller: string | undefined
  /** Whether its `x-api-key` is a key of the gateway's own, which no endpoint may see. */
  readonly isKeyOurs: boolean
}

/** The visit of the request being answered. */
export const Visit: Context.Reference<Visit> = Context.Reference<Visit>("headgate/Visit", {
  defaultValue: () => ({ id: "", caller: undefined, isKeyOurs: false })
})
