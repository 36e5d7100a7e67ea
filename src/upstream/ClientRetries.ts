import { Effect } from "effect"
import { EffectCall } from "../engine/EffectCall.ts"
import { isRetried } from "../engine/PromiseCall.ts"

type Headers = Readonly<Record<string, string>>

/** OpenAI's clients send it with each request: how many retries of their own it follows. */
const header = "x-stainless-retry-count"

const retriedOutside = { retried: true }

/** Passes a call that may be a client's own retry: then the gate makes none, or retries would multiply. */
export const passing =
  (headers: Headers, signal?: AbortSignal) =>
  <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Number(headers[header]) > 0 || isRetried(signal)
      ? Effect.provideService(call, EffectCall.current, retriedOutside)
      : call

/** Asks a client that makes retries to make none of a failure that the gate has retried already. */
export const failureHeaders = (headers: Headers, attempts: number): Headers =>
  attempts > 1 && headers[header] !== undefined ? { "x-should-retry": "false" } : {}
