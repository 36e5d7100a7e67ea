import { Effect } from "effect"
import { EffectCall } from "../../engine/EffectCall.ts"
import type { ActiveCalls } from "../ActiveCalls.ts"
import { Upstream, type UpstreamRequest } from "../../upstream/Upstream.ts"
import type { Body } from "./Body.ts"
import { FetchAttempt } from "./FetchAttempt.ts"
import type { FetchRequest } from "./FetchRequest.ts"

/** A request for whatever endpoint its URL names. */
export interface FetchUpstreamRequest extends UpstreamRequest {
  readonly outgoing: FetchRequest
  readonly sent: Body["sent"]
}

// Threads of OpenAI's have messages too.
const places = /\/(?:chat\/completions|completions|responses|embeddings|(?<=\/v1\/)messages(?:\/count_tokens)?)$/

/** The path under a base URL that is not known, or else the whole. */
export const pathOf = (url: string): string => {
  const { pathname } = new URL(url)
  return places.exec(pathname)?.[0] ?? pathname
}

/** What stands before that path. */
export const endpointOf = (url: string): string => {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname.replace(places, "")}`
}

const headersOf = ({ headers }: Response): Record<string, string> => {
  // The body has been decoded.
  const { "content-encoding": encoding, "content-length": length, ...others } = Object.fromEntries(headers)
  return encoding === undefined && length !== undefined ? { ...others, "content-length": length } : others
}

/** Makes endpoints of `fetch`; they take a `FetchUpstreamRequest`. */
export const make = (fetch: () => typeof globalThis.fetch, active: ActiveCalls): Upstream["Service"] =>
  Upstream.opening((request) => {
    const { body, headers, outgoing, sent } = request as FetchUpstreamRequest
    // What is known as bytes may have been changed on its way.
    const content = body === undefined ? sent : (body as Uint8Array<ArrayBuffer>)
    const begin = Effect.map(EffectCall.current, (call) => {
      const { init, method, url } = outgoing
      const attempt = new FetchAttempt((signal) => fetch()(url, { ...init, method, headers, body: content, signal }))
      if (call instanceof EffectCall) call.track(attempt.attempt)
      return attempt
    })
    return Effect.acquireRelease(begin, (attempt) => Effect.sync(() => attempt.leave(active))).pipe(
      Effect.flatMap((attempt) =>
        Effect.map(attempt.answered, (response) => ({
          status: response.status,
          headers: headersOf(response),
          body: attempt.bodyOf(response)
        }))
      )
    )
  })
