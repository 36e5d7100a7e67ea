import type { SectionMetric } from "../../stats/Section.ts"
import type { Snapshot } from "../../stats/Snapshot.ts"
import type { Family } from "./Exposition.ts"
import { counter, gauge, seconds, state } from "./MetricBuilders.ts"

const queue = ({ queue }: Snapshot): ReadonlyArray<Family> => [
  gauge("headgate_queue_size", "Calls that wait for their first or next start.", queue.queueSize),
  gauge("headgate_queue_max_size", "Calls that may wait; left out if there is no such limit.", queue.maxSize),
  gauge(
    "headgate_queue_fill_ratio",
    "Mean of the queue's size as a share of its maximum over the last hour.",
    queue.averageFill
  ),
  gauge(
    "headgate_queue_oldest_wait_seconds",
    "How long the first in the queue has waited.",
    seconds(queue.oldestWaitMs)
  ),
  gauge(
    "headgate_queue_predicted_wait_seconds",
    "How long a call that arrives now would wait.",
    seconds(queue.predictedWaitMs)
  ),
  gauge("headgate_active_requests", "Attempts at the model now.", queue.activeRequests),
  gauge(
    "headgate_max_concurrent_requests",
    "Attempts at the model at the same time; left out if there is no such limit.",
    queue.maxConcurrent
  )
]

const circuit = ({ circuitBreaker }: Snapshot): ReadonlyArray<Family> => [
  gauge(
    "headgate_circuit_state",
    "1 for the state the circuit is in, else 0.",
    state("state", ["closed", "open", "half-open"], circuitBreaker.state)
  ),
  gauge("headgate_circuit_failures", "Failed attempts in a row.", circuitBreaker.failures),
  gauge("headgate_circuit_max_failures", "Failed attempts in a row that open the circuit.", circuitBreaker.maxFailures),
  counter("headgate_circuit_openings", "How often the circuit opened.", circuitBreaker.openings),
  gauge(
    "headgate_circuit_open_ratio",
    "Share of the last hour in which the circuit was not closed.",
    circuitBreaker.openFraction
  ),
  gauge(
    "headgate_circuit_retry_after_seconds",
    "When the next probe is due; left out while the circuit is closed.",
    seconds(circuitBreaker.retryAfterMs)
  )
]

const familyOf = ({ help, name, type, value }: SectionMetric): Family =>
  (type === "counter" ? counter : gauge)(`headgate_${name}`, help, value)

/** Metrics of the gate itself. */
export const of = (snapshot: Snapshot, sections: ReadonlyArray<SectionMetric>): ReadonlyArray<Family> => [
  ...queue(snapshot),
  gauge(
    "headgate_rate_limit_per_second",
    "Starts per second that are allowed; left out if there is no such limit.",
    snapshot.rate.perSecond
  ),
  gauge("headgate_starts_last_second", "Starts in the last second.", snapshot.rate.startsLastSecond),
  ...circuit(snapshot),
  ...sections.map(familyOf),
  gauge(
    "headgate_health",
    "1 for the state of health, else 0.",
    state("status", ["healthy", "degraded", "unhealthy"], snapshot.health.status)
  ),
  gauge("headgate_uptime_seconds", "Time since the gate was made.", seconds(snapshot.uptimeMs))
]
