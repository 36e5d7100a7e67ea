import { declined as share, type Evidence, missed } from "../stats/Recent.ts"
import type { Remedy, Rule } from "./Finding.ts"
import { change, gentler, remedy } from "./Remedies.ts"
import { threshold } from "./Threshold.ts"

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`

const underLoad = "If the model fails or slows down under load."

const longestOpen = 600_000

/** The circuit opens often, or stays open long. */
export const circuit: Rule = (evidence) => {
  const { isOpen, openFraction } = evidence.snapshot.circuitBreaker
  const figure = missed(evidence, "circuit") ?? (isOpen ? openFraction : undefined)
  if (figure === undefined) return undefined
  const { openings } = evidence.recent
  return {
    rule: "circuit",
    severity: isOpen ? "critical" : "warning",
    limit: "breaker",
    figure,
    threshold: threshold.circuit,
    message:
      `${isOpen ? "The circuit is open. It" : "The circuit"} was not closed ${percent(figure)} of the last hour, and ` +
      `opened ${openings === 1 ? "once" : `${openings} times`}: check the health of the endpoint.`,
    remedies: sparing(evidence)
  }
}

const sparing = (evidence: Evidence): ReadonlyArray<Remedy> => {
  const { recent, settings } = evidence
  const from = settings.circuitBreaker?.timeout
  const longer =
    recent.openings < 2 || from === undefined
      ? []
      : change(
          "LLM_CIRCUIT_BREAKER_TIMEOUT_MS",
          from,
          Math.max(from, Math.min(longestOpen, 2 * from)),
          "the model is not well again when the probe comes"
        )
  return [
    ...remedy(underLoad, gentler(evidence, 0.5)),
    ...remedy("If its outages last longer than the circuit stays open.", longer)
  ]
}

/** Too few calls succeed. */
export const success: Rule = (evidence) => {
  const figure = missed(evidence, "success")
  if (figure === undefined) return undefined
  const { maxRetries } = evidence.settings
  const retries = maxRetries === undefined || maxRetries >= 2 ? [] : change("LLM_MAX_RETRIES", maxRetries, 2, passing)
  return {
    rule: "success",
    severity: figure < 0.5 ? "critical" : "warning",
    limit: null,
    figure,
    threshold: threshold.success,
    message: `Only ${percent(figure)} of calls succeeded in the last hour: check the endpoint and its errors.`,
    remedies: [...remedy("If the failures pass by themselves.", retries), ...remedy(underLoad, gentler(evidence, 0.5))]
  }
}

const passing = "most failures of a model pass, and a retry hides them"

/** The model answers, but only to find fault with the key, the path or the request: none of its limits helps. */
export const declined: Rule = (evidence) => {
  const figure = share(evidence)
  if (figure < threshold.declined) return undefined
  return {
    rule: "declined",
    severity: figure < 0.5 ? "warning" : "critical",
    limit: null,
    figure,
    threshold: threshold.declined,
    message: faultOf(evidence),
    remedies: []
  }
}

const faultOf = ({ recent: { arrivals, invalid, notFound, unauthorized } }: Evidence): string => {
  const of = (count: number) => `of the last hour's ${arrivals} calls, ${count} were answered`
  if (unauthorized >= Math.max(notFound, invalid))
    return `The model refuses the key: ${of(unauthorized)} 401 or 403. Check OPENAI_API_KEY, or the key that calls carry.`
  return notFound >= invalid
    ? `The endpoint knows no such path or model: ${of(notFound)} 404. Check OPENAI_BASE_URL, LLM_MODEL and the models that calls name.`
    : `The model finds fault with requests: ${of(invalid)} 4xx. Check what its answers say of them.`
}

/** Calls are cut because they take too long. */
export const timeouts: Rule = (evidence) => {
  const figure = missed(evidence, "timeouts")
  if (figure === undefined) return undefined
  return {
    rule: "timeouts",
    severity: "warning",
    limit: null,
    figure,
    threshold: threshold.timeouts,
    message: `${percent(figure)} of calls timed out in the last hour: check how long the endpoint takes to answer.`,
    remedies: patience(evidence)
  }
}

const patience = (evidence: Evidence): ReadonlyArray<Remedy> => {
  const { settings, snapshot } = evidence
  const { deadline, maxRetries, requestTimeout: limit } = settings
  const load = remedy(underLoad, gentler(evidence, 0.5))
  if (limit === undefined || !Number.isFinite(limit)) return load
  const slow = snapshot.latency.p99
  if (slow !== null && slow < limit / 4)
    return [...remedy("If some requests hang.", ...sooner(slow, limit, maxRetries)), ...load]
  const whole =
    deadline !== undefined && deadline < 3 * limit ? change("LLM_DEADLINE_MS", deadline, 3 * limit, room) : []
  const longer = change("LLM_REQUEST_TIMEOUT_MS", limit, 2 * limit, "answers take about as long as an attempt may")
  return [...remedy("If long answers are wanted.", longer, whole), ...load]
}

const room = "a whole call needs room for more than one attempt"

/** What hangs is better cut soon and made again. */
const sooner = (slow: number, limit: number, retries: number | undefined) => [
  change(
    "LLM_REQUEST_TIMEOUT_MS",
    limit,
    Math.max(1000, 3 * slow),
    `of a hundred answers one takes longer than ${Math.round(slow)} ms; the requests that time out hang`
  ),
  retries === undefined || retries >= 2 ? [] : change("LLM_MAX_RETRIES", retries, 2, passing)
]

/** The model takes longer than it did. */
export const latency: Rule = (evidence) => {
  const { earlierLatencyMs, latencyMs } = evidence.recent
  if (earlierLatencyMs === null || latencyMs === null || earlierLatencyMs === 0) return undefined
  const figure = latencyMs / earlierLatencyMs
  if (figure < threshold.latency) return undefined
  return {
    rule: "latency",
    severity: "warning",
    limit: null,
    figure,
    threshold: threshold.latency,
    message:
      `The model takes ${Math.round(latencyMs)} ms on average, and took ${Math.round(earlierLatencyMs)} ms ` +
      "before the last ten minutes: check the endpoint.",
    remedies: remedy(underLoad, gentler(evidence, 1 / figure))
  }
}
