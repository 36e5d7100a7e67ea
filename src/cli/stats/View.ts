import type { Percentiles, Snapshot } from "../../stats/Snapshot.ts"
import { printable } from "../../config/InvalidOptions.ts"
import { duration, number, percent, table } from "../Words.ts"
import type { Paint } from "./Paint.ts"

const width = 20

const limit = (value: number | null): string => (value === null ? "unlimited" : number(value))

const bar = (share: number): string => {
  const filled = Math.round(width * Math.min(1, share))
  return "█".repeat(filled) + "░".repeat(width - filled)
}

const reasons = ({ rejections }: Snapshot["requests"]): string => {
  const told = Object.entries(rejections).filter(([, count]) => count > 0)
  return told.length === 0 ? "" : ` (${told.map(([reason, count]) => `${reason} ${count}`).join(", ")})`
}

const percentiles = (name: string, { mean, p50, p95, p99 }: Percentiles): ReadonlyArray<string> => [
  name,
  ...[mean, p50, p95, p99].map(duration)
]

const status = ({ health }: Snapshot, paint: Paint): string => {
  const colour = { healthy: paint.good, degraded: paint.fair, unhealthy: paint.bad }[health.status]
  return `${colour(health.status)} since ${health.since}`
}

const circuit = ({ circuitBreaker }: Snapshot, paint: Paint): string => {
  const { failures, maxFailures, openFraction, openings, retryAfterMs, state } = circuitBreaker
  const colour = { closed: paint.good, "half-open": paint.fair, open: paint.bad }[state]
  const probe = retryAfterMs === null ? "" : `, next probe in ${duration(retryAfterMs)}`
  return `${colour(state)}${probe}; failures ${failures} of ${limit(maxFailures)}, opened ${openings} times, open ${percent(openFraction)} of the time`
}

const rows = (snapshot: Snapshot, paint: Paint): ReadonlyArray<readonly [name: string, text: string]> => {
  const { jobs, queue, rate, requests, tokens } = snapshot
  return [
    ["health", status(snapshot, paint)],
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
    ["circuit", circuit(snapshot, paint)],
    [
      "calls",
      `${requests.total}: ${requests.succeeded} succeeded, ${requests.failed} failed, ${requests.timedOut} timed out, ${requests.cancelled} cancelled, ${requests.inFlight} in flight`
    ],
    [
      "",
      `${requests.rejected} refused${reasons(requests)}; ${requests.retried} retries; ${percent(requests.successRate)} success`
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

/** Tells the figures of a moment in a screen of lines. */
export const lines = (snapshot: Snapshot, url: string, paint: Paint): ReadonlyArray<string> => [
  `headgate at ${url}`,
  "",
  ...rows(snapshot, paint).map(([name, text]) => `${paint.faint(name.padEnd(8))}  ${text}`),
  "",
  ...table([
    ["", "mean", "p50", "p95", "p99"],
    percentiles("latency", snapshot.latency),
    percentiles("wait", snapshot.wait),
    percentiles("first token", snapshot.firstToken)
  ]),
  ...(snapshot.callers.length === 0 ? [] : [""]),
  ...(snapshot.callers.length === 0
    ? []
    : table([
        ["caller", "calls", "in flight", "refused"],
        ...snapshot.callers.map((one) => [
          printable(one.caller),
          ...[one.total, one.inFlight, one.rejected].map(String)
        ])
      ]))
]
