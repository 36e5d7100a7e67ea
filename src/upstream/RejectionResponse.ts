import { Duration } from "effect"
import type { Reason } from "../Rejection.ts"
import type { ErrorReply } from "./ErrorReply.ts"

const statusOf = (reason: Reason): number => {
  switch (reason._tag) {
    case "QueueFull":
    case "RateLimited":
      return 429
    case "CircuitOpen":
    case "ShuttingDown":
      return 503
    case "DeadlineExceeded":
      return 504
    case "NeverAdmissible":
      return 400
  }
}

// Clients ignore longer waits and come back at once.
const longest = 60_000

// Callers that were refused together must not come back together, nor too early.
const jitter = 0.2

/** Headers that say when to come back. `share`, from 0 to 1, spreads callers over a fifth more than the wait. */
export const retryHeaders = (after: Duration.Duration | undefined, share: number): Readonly<Record<string, string>> => {
  const wait = after === undefined ? 1000 : Math.max(1, Duration.toMillis(after))
  const millis = Math.min(longest, Math.ceil(wait * (1 + jitter * share)))
  return {
    "retry-after": String(Math.ceil(millis / 1000)),
    "retry-after-ms": String(millis),
    ...(wait > longest && { "x-should-retry": "false" })
  }
}

const headersOf = (reason: Reason, share: number): Readonly<Record<string, string>> => {
  if (reason._tag === "NeverAdmissible") return { "x-should-retry": "false" }
  if (reason._tag === "DeadlineExceeded" && reason.started) return {}
  return retryHeaders(reason.retryAfter, share)
}

/** Translates a refusal of the gate to HTTP. */
export const toHttp = (reason: Reason, share: number): ErrorReply => ({
  status: statusOf(reason),
  code: reason.code,
  message: reason.message,
  headers: headersOf(reason, share)
})
