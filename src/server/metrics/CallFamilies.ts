import type { Distributions } from "../../stats/Recorder.ts"
import type { Snapshot } from "../../stats/Snapshot.ts"
import type { Family } from "./Exposition.ts"
import { by, counter, gauge, histogram } from "./MetricBuilders.ts"

const times = ({ firstToken, latency, wait }: Distributions): ReadonlyArray<Family> => [
  histogram(
    "gen_ai_client_operation_duration",
    "Time from the first start of a call at the model to its end, of the calls that succeeded.",
    latency
  ),
  histogram(
    "gen_ai_client_operation_time_to_first_chunk",
    "Time from the first start of a call at the model to the first part of its streamed answer.",
    firstToken
  ),
  histogram("headgate_queue_wait", "Time from the arrival of a call to its first start.", wait)
]

const callers = (busiest: Snapshot["callers"]): ReadonlyArray<Family> => {
  const of = (pick: (caller: Snapshot["callers"][number]) => number) =>
    busiest.map((entry) => ({ labels: { caller: entry.caller }, value: pick(entry) }))
  return [
    counter(
      "headgate_caller_requests",
      "Calls that arrived, of the ten busiest callers; one that was forgotten begins anew.",
      of(({ total }) => total)
    ),
    counter(
      "headgate_caller_rejected",
      "Calls that the gate refused, of the ten busiest callers.",
      of(({ rejected }) => rejected)
    ),
    gauge(
      "headgate_caller_in_flight",
      "Calls that wait or run, of the ten busiest callers.",
      of(({ inFlight }) => inFlight)
    )
  ]
}

/** Metrics of the calls. */
export const of = (snapshot: Snapshot, distributions: Distributions): ReadonlyArray<Family> => {
  const { cancelled, failed, inFlight, rejected, rejections, retried, succeeded, timedOut, total, zombies } =
    snapshot.requests
  const { completion, prompt, saved } = snapshot.tokens
  const outcomes = { succeeded, failed, rejected, cancelled, timedOut }
  return [
    counter("headgate_requests", "Calls that arrived; each counts once, whatever its retries.", total),
    counter("headgate_requests_ended", "Calls that ended, by outcome.", by("outcome", outcomes)),
    gauge("headgate_requests_in_flight", "Calls that wait, run, or back off before a retry.", inFlight),
    counter("headgate_rejections", "Calls that the gate refused, by reason.", by("reason", rejections)),
    counter("headgate_retries", "Attempts after the first.", retried),
    counter("headgate_zombies", "Permits given back before the work behind them had ended.", zombies),
    ...times(distributions),
    counter("gen_ai_client_inference_usage_input_tokens", "Tokens of prompts.", prompt),
    counter("gen_ai_client_inference_usage_output_tokens", "Tokens of answers.", completion),
    counter("headgate_tokens_saved", "Tokens that calls did not use, but would have.", saved),
    ...callers(snapshot.callers)
  ]
}
