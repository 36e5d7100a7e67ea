import type { Target } from "../stats/Health.ts"
import type { Recent } from "../stats/Recent.ts"
import type { Snapshot } from "../stats/Snapshot.ts"
import type { Change, Finding, Limit } from "./Finding.ts"

/** Settings that a snapshot does not show. Without one, advice leaves its current value out. Times are milliseconds. */
export interface Settings {
  readonly preset?: string | undefined
  readonly maxConcurrentRequests?: number | undefined
  readonly circuitBreaker?: { readonly timeout?: number | undefined } | undefined
  readonly requestTimeout?: number | undefined
  readonly deadline?: number | undefined
  readonly maxRetries?: number | undefined
  readonly tokensPerMinute?: number | undefined
}

/** Checks the evidence for one problem. */
export type Rule = (evidence: Evidence) => Finding | undefined

/** What a section of the stats adds to advice. */
export interface Advisor {
  /** Checks the section for a problem. Default: none. */
  readonly rule?: Rule
  /** The changes that reduce the section's calls to a share, for a model without spare capacity. Default: none. */
  readonly reduceDemand?: (share: number) => ReadonlyArray<Change>
}

/** What advice is derived from. */
export interface Evidence {
  readonly snapshot: Snapshot
  readonly targets: ReadonlyArray<Target>
  readonly recent: Recent
  readonly settings: Settings
  /** What sections of the stats add. Default: nothing. */
  readonly advisors?: ReadonlyArray<Advisor>
}

/** The bound of each rule's figure; for health targets the same as in `Health`. */
export const threshold = {
  success: 0.9,
  queue: 0.2,
  circuit: 0.01,
  timeouts: 0.01,
  /** Calls rejected because the queue was full or because they could not start in time. */
  refusals: 0.01,
  /** Calls answered with a 4xx. */
  declined: 0.1,
  /** Recent latency / earlier latency. */
  latency: 1.5,
  /** Starts per second / rate limit. */
  idleRate: 0.05,
  /** Peak of attempts at once / concurrency limit. */
  idlePermits: 0.25
}

/** The figure of a missed target; `undefined` if it is met. */
export const missed = ({ targets }: Evidence, name: Target["name"]): number | undefined =>
  targets.find((target) => target.name === name && !target.met)?.figure

const shareOfArrivals = ({ recent }: Evidence, count: number): number =>
  recent.arrivals > 0 ? Math.min(1, count / recent.arrivals) : 0

/** The share of the last hour's calls that were rejected for a full queue or for lack of time. */
export const rejectionRate = (evidence: Evidence): number =>
  shareOfArrivals(evidence, evidence.recent.queueFull + evidence.recent.outOfTime)

/** The share of the last hour's calls that open circuits rejected. */
export const circuitRejectionRate = (evidence: Evidence): number =>
  shareOfArrivals(evidence, evidence.recent.circuitOpen)

/** The share of the last hour's calls that the deadlines of their callers ended after their start. */
export const callerDeadlineRate = (evidence: Evidence): number =>
  shareOfArrivals(evidence, evidence.recent.callerDeadlines)

/** The share of the last hour's calls that were rejected for a full queue. */
export const overflowRate = (evidence: Evidence): number => shareOfArrivals(evidence, evidence.recent.queueFull)

/** The share of the last hour's calls that the model answered with a 4xx. */
export const declineRate = (evidence: Evidence): number => {
  const { invalid, notFound, unauthorized } = evidence.recent
  return shareOfArrivals(evidence, unauthorized + notFound + invalid)
}

/** Recent latency / earlier latency; 1 if either is unknown. */
export const slowdown = ({ recent: { earlierLatencyMs, latencyMs } }: Evidence): number =>
  earlierLatencyMs !== null && latencyMs !== null && earlierLatencyMs > 0 ? latencyMs / earlierLatencyMs : 1

/** Mean number of tokens per call; 0 before the first. */
export const tokensPerCall = ({ snapshot: { requests, tokens } }: Evidence): number =>
  requests.succeeded > 0 ? tokens.total / requests.succeeded : 0

/** Mean time in milliseconds that a call holds its permit; 0 before the first. */
export const meanHoldTime = ({ recent, snapshot }: Evidence): number => recent.heldMs ?? snapshot.latency.mean ?? 0

/** How many calls per second a limit lets start. */
export interface Throughput {
  readonly limit: "rate" | "permits" | "tokens"
  readonly perSecond: number
}

/** The throughput of each limit that is on and known, the lowest first; for permits by Little's law. */
export const throughputs = (evidence: Evidence): ReadonlyArray<Throughput> => {
  const { queue, rate } = evidence.snapshot
  const tokens = evidence.settings.tokensPerMinute ?? Infinity
  const all: ReadonlyArray<Throughput> = [
    { limit: "permits", perSecond: (queue.maxConcurrent ?? Infinity) / (meanHoldTime(evidence) / 1000) },
    { limit: "rate", perSecond: rate.perSecond ?? Infinity },
    { limit: "tokens", perSecond: tokens / 60 / tokensPerCall(evidence) }
  ]
  return all.filter(({ perSecond }) => Number.isFinite(perSecond)).sort((a, b) => a.perSecond - b.perSecond)
}

/** A limit binds if demand is at least this share of its throughput. */
const saturation = 0.9

/** Whether the concurrency limit follows the model by itself, so that no setting changes it. */
export const isAdaptive = ({ settings: { maxConcurrentRequests = Infinity, preset } }: Evidence): boolean =>
  preset === "adaptive" && maxConcurrentRequests === Infinity

/** The limit that holds calls up; `null` if none does. */
export const bindingLimit = (evidence: Evidence): Limit | null => {
  const { circuitBreaker, queue } = evidence.snapshot
  if (circuitBreaker.state !== "closed") return "breaker"
  const lowest = throughputs(evidence)[0]
  if (lowest !== undefined && evidence.recent.arrivalsPerSecond >= saturation * lowest.perSecond) return lowest.limit
  // Before the first call has ended its hold time is unknown.
  const full = queue.maxConcurrent !== null && queue.activeRequests >= queue.maxConcurrent
  if (meanHoldTime(evidence) === 0 && full && queue.queueSize > 0) return "permits"
  return evidence.recent.queueFull > 0 && rejectionRate(evidence) >= threshold.refusals ? "queue" : null
}

/** A share as a percentage with three digits. */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`

const overloads = new Set(["429", "503", "529"])
const timeouts = new Set(["408", "504", "upstream_timeout", "upstream_idle_timeout", "deadline_exceeded"])

const shareOfFailures = ({ recent: { failures } }: Evidence, kinds: ReadonlySet<string>): number => {
  const sum = (all: Evidence["recent"]["failures"]) => all.reduce((total, { count }) => total + count, 0)
  return sum(failures.filter(({ kind }) => kinds.has(kind))) / Math.max(1, sum(failures))
}

/** Calls of either end that tell something. */
const fewestCompared = 5

/**
 * Whether calls fail more where more of them run at once, so that fewer may help.
 *
 * Where the load varies, the attempts that run when calls fail are compared with those when calls succeed: a difference of
 * half a standard deviation that chance does not explain. Where it does not, the failures are judged by what they say: a
 * model that is overloaded says so, or answers too late.
 */
export const failsUnderLoad = (evidence: Evidence): boolean => {
  const { activeIfFailed, activeIfSucceeded, failed, spread, succeeded } = evidence.recent.load
  if (Math.min(failed, succeeded) >= fewestCompared && spread >= 0.5) {
    const difference = (activeIfFailed - activeIfSucceeded) / spread
    return difference >= 0.5 && difference >= 3 * Math.sqrt(1 / failed + 1 / succeeded)
  }
  const late = shareOfFailures(evidence, timeouts)
  // A model that never answers is more likely down than overloaded.
  return late + (succeeded > 0 ? shareOfFailures(evidence, overloads) : 0) >= 0.5
}

/** How calls failed, such as ` (12 failed with 500, 3 failed with ECONNREFUSED)`; empty if none did. */
export const failuresInWords = ({ recent: { failures } }: Evidence): string =>
  failures.length === 0
    ? ""
    : ` (${failures
        .slice(0, 3)
        .map(({ count, kind }) => `${count} failed with ${kind}`)
        .join(", ")})`
