import { Schema, Struct } from "effect"
import { Percentiles, Snapshot } from "./Snapshot.ts"

/** A replica, and its stats as it told them last. */
export const Replica = Schema.Struct({
  id: Schema.String,
  seen: Schema.String.annotate({ description: "When the replica told its stats, in ISO 8601." }),
  figures: Snapshot
}).annotate({ identifier: "Replica" })
export type Replica = typeof Replica.Type

/** The stats of all replicas together. */
export const ClusterSnapshot = Schema.Struct({
  ...Snapshot.fields,
  replicas: Schema.Array(Replica).annotate({ description: "Each replica; the other values are of all of them." })
}).annotate({
  identifier: "ClusterSnapshot",
  description:
    "Counts and sizes are sums. Limits, the circuit and the uptime are the highest, the health is the worst of any " +
    "replica. A percentile is the highest of any replica, so that of all calls is not above it; a mean is of all calls."
})
export type ClusterSnapshot = typeof ClusterSnapshot.Type

const sum = (values: ReadonlyArray<number>): number => values.reduce((total, value) => total + value, 0)

/** The highest value; `null` if one is, which means no limit or not known. */
const highest = (values: ReadonlyArray<number | null>): number | null => {
  const known = values.filter((value) => value !== null)
  return known.length < values.length ? null : Math.max(...known)
}

/** The highest value that is known. */
const highestKnown = (values: ReadonlyArray<number | null>): number | null => {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : Math.max(...known)
}

/** The mean of values that are as many as the weights say; their plain mean if the weights are 0. */
const mean = (values: ReadonlyArray<number>, weights: ReadonlyArray<number>): number => {
  const whole = sum(weights)
  if (whole === 0) return sum(values) / values.length
  return sum(values.map((value, i) => value * weights[i]!)) / whole
}

/** Adds records of numbers, field by field. */
const added = <A extends Readonly<Record<string, number>>>(records: ReadonlyArray<A>): A =>
  Object.fromEntries(
    Object.keys(records[0]!).map((name) => [name, sum(records.map((record) => record[name] ?? 0))])
  ) as A

const percentiles = (parts: ReadonlyArray<Percentiles>, weights: ReadonlyArray<number>): Percentiles => {
  const counted = parts.flatMap(({ mean }, i) => (mean === null ? [] : [{ mean, weight: weights[i]! }]))
  return {
    p50: highestKnown(parts.map(({ p50 }) => p50)),
    p95: highestKnown(parts.map(({ p95 }) => p95)),
    p99: highestKnown(parts.map(({ p99 }) => p99)),
    mean:
      counted.length === 0
        ? null
        : mean(
            counted.map(({ mean }) => mean),
            counted.map(({ weight }) => weight)
          )
  }
}

const severity = { closed: 0, "half-open": 1, open: 2, healthy: 0, degraded: 1, unhealthy: 2 } as const

/** The first of the gravest. */
const worst = <A>(all: ReadonlyArray<A>, read: (one: A) => keyof typeof severity): A =>
  all.reduce((worst, one) => (severity[read(one)] > severity[read(worst)] ? one : worst))

const circuitOf = (all: ReadonlyArray<Snapshot["circuitBreaker"]>): Snapshot["circuitBreaker"] => ({
  ...Struct.pick(
    worst(all, ({ state }) => state),
    ["isOpen", "state"]
  ),
  failures: Math.max(...all.map(({ failures }) => failures)),
  maxFailures: highest(all.map(({ maxFailures }) => maxFailures)),
  openings: Math.max(...all.map(({ openings }) => openings)),
  openFraction: Math.max(...all.map(({ openFraction }) => openFraction)),
  retryAfterMs: highestKnown(all.map(({ retryAfterMs }) => retryAfterMs))
})

const queueOf = (all: ReadonlyArray<Snapshot["queue"]>): Snapshot["queue"] => {
  const sizes = all.map(({ maxSize }) => maxSize)
  return {
    queueSize: sum(all.map(({ queueSize }) => queueSize)),
    maxSize: sizes.includes(null) ? null : sum(sizes.map((size) => size ?? 0)),
    activeRequests: sum(all.map(({ activeRequests }) => activeRequests)),
    maxConcurrent: highest(all.map(({ maxConcurrent }) => maxConcurrent)),
    averageFill: mean(
      all.map(({ averageFill }) => averageFill),
      sizes.map((size) => size ?? 0)
    ),
    oldestWaitMs: highestKnown(all.map(({ oldestWaitMs }) => oldestWaitMs)),
    predictedWaitMs: highestKnown(all.map(({ predictedWaitMs }) => predictedWaitMs))
  }
}

const requestsOf = (all: ReadonlyArray<Snapshot["requests"]>): Snapshot["requests"] => {
  const counts = added(all.map((requests) => Struct.omit(requests, ["rejections", "successRate"])))
  const ended = counts.succeeded + counts.failed + counts.timedOut
  return {
    ...counts,
    successRate: ended === 0 ? 1 : counts.succeeded / ended,
    rejections: added(all.map(({ rejections }) => rejections))
  }
}

const jobsOf = (all: ReadonlyArray<Snapshot["jobs"]>): Snapshot["jobs"] => {
  const completed = all.map((jobs) => jobs.completed)
  const ratios = ["variation", "failures", "calls", "tokensPerJob", "callsPerJob", "reflectionsPerJob"] as const
  const perJob = (read: (jobs: Snapshot["jobs"]) => number) => mean(all.map(read), completed)
  const eachPerJob = (name: "tokensPerJob" | "callsPerJob") => ({
    act: perJob((jobs) => jobs[name].act),
    plan: perJob((jobs) => jobs[name].plan),
    reflect: perJob((jobs) => jobs[name].reflect)
  })
  return {
    ...added(all.map((jobs) => Struct.omit(jobs, ratios))),
    // That of all cannot be told from those of each.
    variation: null,
    failures: added(all.map(({ failures }) => failures)),
    calls: added(all.map(({ calls }) => calls)),
    tokensPerJob: eachPerJob("tokensPerJob"),
    callsPerJob: eachPerJob("callsPerJob"),
    reflectionsPerJob: perJob(({ reflectionsPerJob }) => reflectionsPerJob)
  }
}

const mostCallers = 10

const callersOf = (all: ReadonlyArray<Snapshot>): Snapshot["callers"] => {
  const byName = Map.groupBy(
    all.flatMap(({ callers }) => callers),
    ({ caller }) => caller
  )
  return [...byName]
    .map(([caller, parts]) => ({ caller, ...added(parts.map((part) => Struct.omit(part, ["caller"]))) }))
    .toSorted((a, b) => b.total - a.total)
    .slice(0, mostCallers)
}

/** Adds the stats of replicas; those of one are its own. */
export const of = (replicas: readonly [Replica, ...ReadonlyArray<Replica>]): ClusterSnapshot => {
  const all = replicas.map(({ figures }) => figures)
  const [{ figures: first }] = replicas
  if (all.length === 1) return { ...first, replicas }
  const started = all.map(({ requests: { failed, succeeded, timedOut } }) => succeeded + failed + timedOut)
  return {
    queue: queueOf(all.map(({ queue }) => queue)),
    circuitBreaker: circuitOf(all.map(({ circuitBreaker }) => circuitBreaker)),
    rate: {
      perSecond: highest(all.map(({ rate }) => rate.perSecond)),
      startsLastSecond: sum(all.map(({ rate }) => rate.startsLastSecond))
    },
    requests: requestsOf(all.map(({ requests }) => requests)),
    tokens: added(all.map(({ tokens }) => tokens)),
    latency: percentiles(
      all.map(({ latency }) => latency),
      all.map(({ requests }) => requests.succeeded)
    ),
    wait: percentiles(
      all.map(({ wait }) => wait),
      started
    ),
    firstToken: percentiles(
      all.map(({ firstToken }) => firstToken),
      all.map(({ requests }) => requests.succeeded)
    ),
    jobs: jobsOf(all.map(({ jobs }) => jobs)),
    callers: callersOf(all),
    health: worst(all, ({ health }) => health.status).health,
    uptimeMs: Math.max(...all.map(({ uptimeMs }) => uptimeMs)),
    replicas
  }
}
