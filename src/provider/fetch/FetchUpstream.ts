import { Effect } from "effect"
import { EffectCall } from "../../engine/EffectCall.ts"
import type { ActiveCalls } from "../ActiveCalls.ts"
import { Upstream, type UpstreamRequest } from "../../upstream/Upstream.ts"
import type { Body } from "./Body.ts"
import { Exchange } from "./Exchange.ts"
import type { Outgoing } from "./Outgoing.ts"

/** A request for whatever endpoint its URL names. */
export interface FetchRequest extends UpstreamRequest {
  readonly outgoing: Outgoing
  readonly sent: Body["sent"]
}

const places = /\/(?:chat\/completions|completions|responses|embeddings)$/

/** The path under a base URL that is not known, or else the whole. */
export const pathOf = (url: string): string => {
  const { pathname } = new URL(url)
  return places.exec(pathname)?.[0] ?? pathname
}

const headersOf = ({ headers }: Response): Record<string, string> => {
  // The body has been decoded.
  const { "content-encoding": encoding, "content-length": length, ...others } = Object.fromEntries(headers)
  return encoding === undefined && length !== undefined ? { ...others, "content-length": length } : others
}

/** Makes endpoints of `fetch`; they take a `FetchRequest`. */
export const make = (fetch: () => typeof globalThis.fetch, active: ActiveCalls): Upstream["Service"] =>
  Upstream.opening((request) => {
    const { body, headers, outgoing, sent } = request as FetchRequest
    // What is known as bytes may have been changed on its way.
    const content = body === undefined ? sent : (body as Uint8Array<ArrayBuffer>)
    const begin = Effect.map(EffectCall.current, (call) => {
      const { init, method, url } = outgoing
      const exchange = new Exchange((signal) => fetch()(url, { ...init, method, headers, body: content, signal }))
      if (call instanceof EffectCall) call.track(exchange.attempt)
      return exchange
    })
    return Effect.acquireRelease(begin, (exchange) => Effect.sync(() => exchange.leave(active))).pipe(
      Effect.flatMap((exchange) =>
        Effect.map(exchange.answered, (response) => ({
          status: response.status,
          headers: headersOf(response),
          body: exchange.bodyOf(response)
        }))
      )
    )
  })
