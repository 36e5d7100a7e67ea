import type { Endpoint } from "../../stats/Snapshot.ts"
import type { Family, Sample } from "./Exposition.ts"
import { counter, gauge, seconds } from "./MetricBuilders.ts"

const outcomes = ["succeeded", "failed", "timedOut", "cancelled"] as const
const states = ["closed", "open", "half-open"] as const
const quantiles = { "0.5": "p50", "0.95": "p95", "0.99": "p99" } as const

/** Metrics of each endpoint, where there are several. */
export const of = (all: ReadonlyArray<Endpoint>): ReadonlyArray<Family> => {
  // One that was removed may have the name of another.
  const endpoints = all.filter(({ draining }) => !draining)
  const each = (pick: (endpoint: Endpoint) => number | null) =>
    endpoints.map((one): Sample => ({ labels: { endpoint: one.name }, value: pick(one) }))
  const among = <Name extends string>(
    label: string,
    names: ReadonlyArray<Name>,
    pick: (endpoint: Endpoint, name: Name) => number | null
  ) =>
    endpoints.flatMap((one) =>
      names.map((name): Sample => ({ labels: { endpoint: one.name, [label]: name }, value: pick(one, name) }))
    )
  return [
    counter(
      "headgate_endpoint_attempts",
      "Attempts that ended at an endpoint, by outcome; a call that went on to another counts at both.",
      among("outcome", outcomes, ({ requests }, outcome) => requests[outcome])
    ),
    counter(
      "headgate_endpoint_rate_limited",
      "Attempts that an endpoint answered with 429.",
      each(({ requests }) => requests.rateLimited)
    ),
    gauge(
      "headgate_endpoint_active_requests",
      "Attempts at an endpoint now.",
      each(({ queue }) => queue.activeRequests)
    ),
    gauge(
      "headgate_endpoint_max_concurrent_requests",
      "Attempts at an endpoint at the same time; left out if there is no such limit.",
      each(({ queue }) => queue.maxConcurrent)
    ),
    gauge(
      "headgate_endpoint_queue_size",
      "Calls that wait and may start at an endpoint, or at another.",
      each(({ queue }) => queue.queueSize)
    ),
    gauge(
      "headgate_endpoint_circuit_state",
      "1 for the state the circuit of an endpoint is in, else 0.",
      among("state", states, ({ circuitBreaker }, state) => (circuitBreaker.state === state ? 1 : 0))
    ),
    counter(
      "headgate_endpoint_circuit_openings",
      "How often the circuit of an endpoint opened.",
      each(({ circuitBreaker }) => circuitBreaker.openings)
    ),
    gauge(
      "headgate_endpoint_success_ratio",
      "Attempts that succeeded, of those that were answered or failed.",
      each(({ requests }) => requests.successRate)
    ),
    gauge(
      "headgate_endpoint_latency_seconds",
      "Time of the attempts that succeeded at an endpoint, by quantile.",
      among("quantile", Object.keys(quantiles) as ReadonlyArray<keyof typeof quantiles>, ({ latency }, quantile) =>
        seconds(latency[quantiles[quantile]])
      )
    ),
    counter(
      "headgate_endpoint_input_tokens",
      "Tokens of prompts at an endpoint.",
      each(({ tokens }) => tokens.prompt)
    ),
    counter(
      "headgate_endpoint_output_tokens",
      "Tokens of answers of an endpoint.",
      each(({ tokens }) => tokens.completion)
    )
  ]
}
