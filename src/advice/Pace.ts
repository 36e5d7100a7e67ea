import type { Evidence } from "../stats/Recent.ts"
import { refused } from "../stats/Recent.ts"
import type { Limit } from "./Finding.ts"
import { saturated, threshold } from "./Threshold.ts"

/** How many calls a second a limit lets start. */
export interface Pace {
  readonly limit: "rate" | "permits" | "tokens"
  readonly perSecond: number
}

/** Tokens that a call takes on average; 0 before the first. */
export const tokensPerCall = ({ snapshot: { requests, tokens } }: Evidence): number =>
  requests.succeeded > 0 ? tokens.total / requests.succeeded : 0

/** Milliseconds for which a call holds its permit, on average; 0 before the first. */
export const held = ({ recent, snapshot }: Evidence): number => recent.heldMs ?? snapshot.latency.mean ?? 0

/** The pace of each limit that is on and can be told, the slowest first. Permits give theirs back once a call. */
export const paces = (evidence: Evidence): ReadonlyArray<Pace> => {
  const { queue, rate } = evidence.snapshot
  const tokens = evidence.settings.tokensPerMinute ?? Infinity
  const all: ReadonlyArray<Pace> = [
    { limit: "permits", perSecond: (queue.maxConcurrent ?? Infinity) / (held(evidence) / 1000) },
    { limit: "rate", perSecond: rate.perSecond ?? Infinity },
    { limit: "tokens", perSecond: tokens / 60 / tokensPerCall(evidence) }
  ]
  return all.filter(({ perSecond }) => Number.isFinite(perSecond)).sort((a, b) => a.perSecond - b.perSecond)
}

/** The limit that holds calls up, if one does. */
export const binding = (evidence: Evidence): Limit | null => {
  const { circuitBreaker, queue } = evidence.snapshot
  if (circuitBreaker.state !== "closed") return "breaker"
  const slowest = paces(evidence)[0]
  if (slowest !== undefined && evidence.recent.arrivalsPerSecond >= saturated * slowest.perSecond) return slowest.limit
  // Before the first call has ended its length is not known.
  const full = queue.maxConcurrent !== null && queue.activeRequests >= queue.maxConcurrent
  if (held(evidence) === 0 && full && queue.queueSize > 0) return "permits"
  return evidence.recent.queueFull > 0 && refused(evidence) >= threshold.refusals ? "queue" : null
}
