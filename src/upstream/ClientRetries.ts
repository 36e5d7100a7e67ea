import { isRetried as isMarked } from "../engine/PromiseCall.ts"

type Headers = Readonly<Record<string, string>>

/** OpenAI's clients send it with each request: how many retries of their own it follows. */
const header = "x-stainless-retry-count"

/** Whether a call may be a client's own retry: then the gate makes none, or retries would multiply. */
export const isRetried = (headers: Headers, signal?: AbortSignal): boolean =>
  Number(headers[header]) > 0 || isMarked(signal)

/** Asks a client that makes retries to make none of a failure that the gate has retried already. */
export const failureHeaders = (headers: Headers, attempts: number): Headers =>
  attempts > 1 && headers[header] !== undefined ? { "x-should-retry": "false" } : {}
