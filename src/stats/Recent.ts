import type { Target } from "./Health.ts"
import type { Snapshot } from "./Snapshot.ts"

/** Figures of the last ten minutes where nothing else is said. Times are milliseconds. */
export interface Recent {
  /** Calls that arrived in the last hour. */
  readonly arrivals: number
  readonly arrivalsPerSecond: number
  readonly startsPerSecond: number
  /** Mean from first start to end, however the call ended; `null` if none did. */
  readonly heldMs: number | null
  /** Mean latency of the calls that succeeded; `null` if they are less than twenty. */
  readonly latencyMs: number | null
  /** The same for the rest of the hour. */
  readonly earlierLatencyMs: number | null
  /** The most attempts at once in the last hour. */
  readonly peak: number
  /** How often the circuit opened in the last hour. */
  readonly openings: number
  /** Calls refused in the last hour because the queue was full. */
  readonly queueFull: number
  /** Calls refused in the last hour because they could not start in time. */
  readonly outOfTime: number
  /** Calls that the model answered in the last hour with 401 or 403, with 404, and with another 4xx but 408 and 429. */
  readonly unauthorized: number
  readonly notFound: number
  readonly invalid: number
  /** Jobs created a minute. */
  readonly jobsPerMinute: number
}

/** Settings that no snapshot shows; what is not known is left out, and advice then names no present value. */
export interface Settings {
  readonly circuitBreaker?: { readonly timeout?: number | undefined } | undefined
  /** Milliseconds, as the other times. */
  readonly requestTimeout?: number | undefined
  readonly deadline?: number | undefined
  readonly maxRetries?: number | undefined
  readonly tokensPerMinute?: number | undefined
  readonly jobsPerMinute?: number | undefined
  readonly populationSize?: number | undefined
}

/** What advice is drawn from. */
export interface Evidence {
  readonly snapshot: Snapshot
  readonly targets: ReadonlyArray<Target>
  readonly recent: Recent
  readonly settings: Settings
}

/** The figure of a missed target; `undefined` if it is met. */
export const missed = ({ targets }: Evidence, name: Target["name"]): number | undefined =>
  targets.find((target) => target.name === name && !target.met)?.figure

/** The share of the last hour's calls that found no room, or no start in time. */
export const refused = ({ recent }: Evidence): number =>
  recent.arrivals > 0 ? Math.min(1, (recent.queueFull + recent.outOfTime) / recent.arrivals) : 0

/** The share of the last hour's calls that the model answered with fault found in the request. */
export const declined = ({ recent }: Evidence): number =>
  recent.arrivals > 0 ? Math.min(1, (recent.unauthorized + recent.notFound + recent.invalid) / recent.arrivals) : 0

/** How many times longer the model takes than it did; 1 where that cannot be told. */
export const slowdown = ({ recent: { earlierLatencyMs, latencyMs } }: Evidence): number =>
  earlierLatencyMs !== null && latencyMs !== null && earlierLatencyMs > 0 ? latencyMs / earlierLatencyMs : 1
