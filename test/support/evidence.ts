import * as Advice from "../../src/advice/Advice.ts"
import * as JobAdvice from "../../src/agents/JobAdvice.ts"
import * as Jobs from "../../src/stats/Jobs.ts"
import { type HealthInputs, status, targets } from "../../src/stats/Health.ts"
import type { CircuitState } from "../../src/stats/Event.ts"
import type { Endpoint, Snapshot } from "../../src/stats/Snapshot.ts"

/** What differs from a gate where all is well. */
export interface Given {
  readonly figures?: Partial<HealthInputs>
  readonly queue?: Partial<Snapshot["queue"]>
  readonly circuit?: Partial<Snapshot["circuitBreaker"]>
  readonly perSecond?: number | null
  readonly p99?: number
  readonly recent?: Partial<Advice.Recent>
  readonly settings?: Advice.Settings
  /** Jobs completed per job created. */
  readonly jobs?: number
  /** Endpoints of several, by the models they serve and the state of their circuits. */
  readonly endpoints?: ReadonlyArray<Pick<Endpoint, "name" | "models"> & { readonly state: CircuitState }>
  readonly population?: Partial<JobAdvice.Population>
}

const none = { p50: null, p95: null, p99: null, mean: null }

const endpointOf = ({ models, name, state }: NonNullable<Given["endpoints"]>[number]): Endpoint => ({
  name,
  models,
  weight: 1,
  order: 0,
  draining: false,
  queue: { queueSize: 0, activeRequests: 0, maxConcurrent: null },
  circuitBreaker: {
    isOpen: state === "open",
    state,
    failures: 0,
    maxFailures: 5,
    openings: 1,
    openFraction: 0.1,
    retryAfterMs: null
  },
  rate: { perSecond: null },
  requests: {
    total: 0,
    succeeded: 0,
    failed: 0,
    timedOut: 0,
    cancelled: 0,
    inFlight: 0,
    rateLimited: 0,
    successRate: 1
  },
  tokens: { prompt: 0, completion: 0, total: 0 },
  latency: none,
  firstToken: none
})

const targetsOf = (all: HealthInputs, jobs: number) => [...targets(all), Jobs.target(jobs)]

const snapshotOf = (
  { circuit, endpoints, figures, jobs = 1, p99, perSecond, queue }: Given,
  all: HealthInputs
): Snapshot => ({
  queue: {
    queueSize: 0,
    maxSize: 50,
    activeRequests: 1,
    maxConcurrent: 4,
    averageFill: figures?.fill ?? 0,
    oldestWaitMs: 0,
    predictedWaitMs: 0,
    ...queue
  },
  circuitBreaker: {
    isOpen: all.circuit === "open",
    state: all.circuit,
    failures: 0,
    maxFailures: 5,
    openings: 0,
    openFraction: all.open,
    retryAfterMs: null,
    ...circuit
  },
  rate: { perSecond: perSecond === undefined ? 2 : perSecond, startsLastSecond: 1 },
  requests: {
    total: 600,
    succeeded: 600,
    failed: 0,
    rejected: 0,
    cancelled: 0,
    timedOut: 0,
    inFlight: 0,
    retried: 0,
    zombies: 0,
    successRate: 1,
    rejections: {
      QueueFull: 0,
      CircuitOpen: 0,
      RateLimited: 0,
      DeadlineExceeded: 0,
      NeverAdmissible: 0,
      ShuttingDown: 0
    }
  },
  tokens: { prompt: 30_000, completion: 30_000, total: 60_000, saved: 0 },
  latency: p99 === undefined ? none : { p50: p99, p95: p99, p99, mean: p99 },
  wait: none,
  firstToken: none,
  jobs: Jobs.none,
  ...(endpoints !== undefined && { endpoints: endpoints.map(endpointOf) }),
  callers: [],
  health: { status: status(all, targetsOf(all, jobs)), since: "2026-11-23T00:00:00.000Z" },
  uptimeMs: 3_600_000
})

const calm: Advice.Recent = {
  arrivals: 3600,
  arrivalsPerSecond: 1,
  startsPerSecond: 1,
  heldMs: 1000,
  latencyMs: 1000,
  earlierLatencyMs: 1000,
  peak: 3,
  openings: 0,
  queueFull: 0,
  outOfTime: 0,
  circuitOpen: 0,
  callerDeadlines: 0,
  unauthorized: 0,
  notFound: 0,
  invalid: 0,
  failures: [],
  load: { succeeded: 3600, failed: 0, activeIfSucceeded: 1, activeIfFailed: 0, spread: 0 }
}

/** Advice for a gate of rate 2 and four permits, with one call a second that takes a second. */
export const advise = (given: Given = {}): Advice.Advice => {
  const all: HealthInputs = { circuit: "closed", success: 1, fill: 0, open: 0, timeouts: 0, ...given.figures }
  return Advice.from({
    snapshot: snapshotOf(given, all),
    targets: targetsOf(all, given.jobs ?? 1),
    advisors: [JobAdvice.make(() => ({ agents: 0, jobsPerMinute: 0, ...given.population }))],
    recent: { ...calm, ...given.recent },
    settings: given.settings ?? {}
  })
}
