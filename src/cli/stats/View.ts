import { Effect } from "effect"
import { TerminalCapabilities } from "effect/cli"
import type { Percentiles, Snapshot } from "../../stats/Snapshot.ts"
import { printable } from "../../config/InvalidOptions.ts"
import { bar, duration, number, percent, table } from "../Format.ts"
import { counted } from "../../config/Plural.ts"

/** Colours texts, where colours are wanted. */
export interface Colors {
  readonly good: (text: string) => string
  readonly fair: (text: string) => string
  readonly bad: (text: string) => string
  readonly faint: (text: string) => string
}

const same = (text: string) => text
const plain: Colors = { good: same, fair: same, bad: same, faint: same }

const code = (sign: number) => (text: string) => `\u001b[${sign}m${text}\u001b[0m`
const colours: Colors = { good: code(32), fair: code(33), bad: code(31), faint: code(2) }

/** The colours of the terminal; none with NO_COLOR or without a terminal. */
export const colors: Effect.Effect<Colors> = Effect.map(
  Effect.service(TerminalCapabilities.TerminalCapabilities),
  ({ canColor }) => (canColor ? colours : plain)
)

const limit = (value: number | null): string => (value === null ? "unlimited" : number(value))

const reasons = ({ rejections }: Snapshot["requests"]): string => {
  const told = Object.entries(rejections).filter(([, count]) => count > 0)
  return told.length === 0 ? "" : ` (${told.map(([reason, count]) => `${reason} ${count}`).join(", ")})`
}

const percentiles = (name: string, { mean, p50, p95, p99 }: Percentiles): ReadonlyArray<string> => [
  name,
  ...[mean, p50, p95, p99].map(duration)
]

const status = ({ health }: Snapshot, colors: Colors): string => {
  const colour = { healthy: colors.good, degraded: colors.fair, unhealthy: colors.bad }[health.status]
  return `${colour(health.status)} since ${health.since}`
}

const circuit = ({ circuitBreaker }: Snapshot, colors: Colors): string => {
  const { failures, maxFailures, openFraction, openings, retryAfterMs, state } = circuitBreaker
  const colour = { closed: colors.good, "half-open": colors.fair, open: colors.bad }[state]
  const probe = retryAfterMs === null ? "" : `, next probe in ${duration(retryAfterMs)}`
  return `${colour(state)}${probe}; failures ${failures} of ${limit(maxFailures)}, opened ${openings === 1 ? "once" : `${openings} times`}, open ${percent(openFraction)} of the time`
}

const rows = (snapshot: Snapshot, colors: Colors): ReadonlyArray<readonly [name: string, text: string]> => {
  const { jobs, queue, rate, requests, tokens } = snapshot
  return [
    ["health", status(snapshot, colors)],
    ["up for", duration(snapshot.uptimeMs)],
    [
      "queue",
      `${bar(queue.maxSize ? queue.queueSize / queue.maxSize : 0)} ${queue.queueSize} of ${limit(queue.maxSize)}; on average ${percent(queue.averageFill)} full`
    ],
    ["", `first waits ${duration(queue.oldestWaitMs)}, a new call would wait ${duration(queue.predictedWaitMs)}`],
    [
      "running",
      `${bar(queue.maxConcurrent ? queue.activeRequests / queue.maxConcurrent : 0)} ${queue.activeRequests} of ${limit(queue.maxConcurrent)}`
    ],
    ["starts", `${rate.startsLastSecond} in the last second, of ${limit(rate.perSecond)}`],
    ["circuit", circuit(snapshot, colors)],
    [
      "calls",
      `${requests.total}: ${requests.succeeded} succeeded, ${requests.failed} failed, ${requests.timedOut} timed out, ${requests.cancelled} cancelled, ${requests.inFlight} in flight`
    ],
    [
      "",
      `${requests.rejected} refused${reasons(requests)}; ${counted(requests.retried, "retry", "retries")}; ${percent(requests.successRate)} success`
    ],
    [
      "tokens",
      `${number(tokens.prompt)} of prompts, ${number(tokens.completion)} of replies, ${number(tokens.saved)} saved`
    ],
    [
      "jobs",
      `${jobs.created} created, ${jobs.completed} completed, ${jobs.failed} failed, ${jobs.pending} pending; ${number(jobs.perMinute)} a minute`
    ]
  ]
}

const endpoints = ({ endpoints = [] }: Snapshot, colors: Colors): ReadonlyArray<string> => {
  if (endpoints.length === 0) return []
  const circuits = { closed: colors.good, "half-open": colors.fair, open: colors.bad }
  const rows = endpoints.map(({ circuitBreaker: { state }, draining, latency, name, queue, requests }) => [
    printable(name),
    draining ? "draining" : circuits[state](state),
    `${queue.activeRequests} of ${limit(queue.maxConcurrent)}`,
    String(queue.queueSize),
    String(requests.total),
    percent(requests.successRate),
    duration(latency.p50)
  ])
  return ["", ...table([["endpoint", "circuit", "running", "waiting", "attempts", "success", "p50"], ...rows])]
}

const callers = ({ callers }: Snapshot): ReadonlyArray<string> => {
  if (callers.length === 0) return []
  const rows = callers.map(({ caller, inFlight, rejected, total }) => [
    printable(caller),
    ...[total, inFlight, rejected].map(String)
  ])
  return ["", ...table([["caller", "calls", "in flight", "refused"], ...rows])]
}

/** Formats a snapshot of the stats as lines of a screen. */
export const lines = (snapshot: Snapshot, url: string, colors: Colors): ReadonlyArray<string> => [
  `headgate at ${url}`,
  "",
  ...rows(snapshot, colors).map(([name, text]) => `${colors.faint(name.padEnd(8))}  ${text}`),
  "",
  ...table([
    ["", "mean", "p50", "p95", "p99"],
    percentiles("latency", snapshot.latency),
    percentiles("wait", snapshot.wait),
    percentiles("first token", snapshot.firstToken)
  ]),
  ...endpoints(snapshot, colors),
  ...callers(snapshot)
]
