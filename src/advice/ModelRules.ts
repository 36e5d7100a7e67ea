import {
  callerDeadlineRate,
  declineRate,
  type Evidence,
  failuresInWords,
  missed,
  percent,
  type Rule,
  slowdown,
  threshold
} from "./Evidence.ts"
import type { Remedy } from "./Finding.ts"
import { change, moreRetries, reduceLoad, relieve, remedy } from "./Remedies.ts"
import { counted } from "../config/Plural.ts"

const longestOpen = 600_000

/** The circuit is open, or was open too often or too long. */
export const circuit: Rule = (evidence) => {
  const { isOpen, openFraction } = evidence.snapshot.circuitBreaker
  const figure = missed(evidence, "circuit") ?? (isOpen ? openFraction : undefined)
  if (figure === undefined) return undefined
  const { circuitOpen, openings } = evidence.recent
  const refused = circuitOpen === 0 ? "" : ` It refused ${counted(circuitOpen, "call")}.`
  return {
    rule: "circuit",
    severity: isOpen ? "critical" : "warning",
    limit: "breaker",
    figure,
    threshold: threshold.circuit,
    message:
      `${isOpen ? "The circuit is open. It" : "The circuit"} was not closed for ${percent(figure)} of the last hour, ` +
      `and opened ${openings === 1 ? "once" : `${openings} times`}${failuresInWords(evidence)}: check the health of the endpoint.${refused}`,
    remedies: [...relieve(evidence, 0.5), ...longerOpenDuration(evidence)]
  }
}

const longerOpenDuration = ({ recent, settings }: Evidence): ReadonlyArray<Remedy> => {
  const from = settings.circuitBreaker?.timeout
  if (recent.openings < 2 || from === undefined) return []
  const to = Math.max(from, Math.min(longestOpen, 2 * from))
  return remedy(
    "If outages last longer than the circuit stays open.",
    change("LLM_CIRCUIT_BREAKER_TIMEOUT_MS", from, to, "the model has not recovered when the probe comes")
  )
}

/** Too few calls succeed. */
export const success: Rule = (evidence) => {
  const figure = missed(evidence, "success")
  if (figure === undefined) return undefined
  const { callerDeadlines, load } = evidence.recent
  const byCallers = callerDeadlines > 0 && callerDeadlines >= load.failed / 2
  return {
    rule: "success",
    severity: figure < 0.5 ? "critical" : "warning",
    limit: null,
    figure,
    threshold: threshold.success,
    message:
      `Only ${percent(figure)} of the calls that started succeeded in the last hour${failuresInWords(evidence)}: ` +
      (byCallers
        ? `deadlines that callers set ended ${callerDeadlines}. Check what callers allow, and how long the endpoint takes.`
        : "check the endpoint and its errors."),
    remedies: byCallers
      ? []
      : [
          ...remedy("If the failures are transient.", moreRetries(evidence.settings.maxRetries)),
          ...relieve(evidence, 0.5)
        ]
  }
}

/** The model answers with 4xx: the key, the path or the requests are wrong, and no setting of the gate helps. */
export const declined: Rule = (evidence) => {
  const figure = declineRate(evidence)
  if (figure < threshold.declined) return undefined
  return {
    rule: "declined",
    severity: figure < 0.5 ? "warning" : "critical",
    limit: null,
    figure,
    threshold: threshold.declined,
    message: declinedMessage(evidence),
    remedies: []
  }
}

const declinedMessage = ({ recent: { arrivals, invalid, notFound, unauthorized } }: Evidence): string => {
  const answered = (count: number) =>
    `of the last hour's ${counted(arrivals, "call")}, ${counted(count, "was", "were")} answered with`
  if (unauthorized >= Math.max(notFound, invalid))
    return (
      `The model rejects the API key: ${answered(unauthorized)} 401 or 403. ` +
      "Check OPENAI_API_KEY, or the key that callers send."
    )
  return notFound >= invalid
    ? `The endpoint does not know the path or the model: ${answered(notFound)} 404. ` +
        "Check OPENAI_BASE_URL, LLM_MODEL and the models that callers name."
    : `The model rejects requests as invalid: ${answered(invalid)} 4xx. Check the error messages in its responses.`
}

/** Too many calls time out. */
export const timeouts: Rule = (evidence) => {
  const figure = missed(evidence, "timeouts")
  if (figure === undefined) return undefined
  const byCallers = endSooner(evidence, figure)
  const cause = byCallers
    ? ", sooner than by the gate's limits: callers set deadlines that leave the endpoint too little time."
    : " in the last hour: check how long the endpoint takes to answer."
  return {
    rule: "timeouts",
    severity: "warning",
    limit: null,
    figure,
    threshold: threshold.timeouts,
    message: `${percent(figure)} of calls timed out${cause}`,
    remedies: byCallers ? [] : [...otherTimeout(evidence), ...relieve(evidence, 0.5)]
  }
}

/** Callers set deadlines that end calls before the model answers: their affair, unless the endpoint has become slow. */
export const deadlines: Rule = (evidence) => {
  const figure = callerDeadlineRate(evidence)
  if (figure < threshold.timeouts || missed(evidence, "success") !== undefined) return undefined
  const { arrivals, callerDeadlines } = evidence.recent
  const { p50 } = evidence.snapshot.latency
  const usual = p50 === null ? "" : ` Half of its answers take longer than ${Math.round(p50)} ms.`
  return {
    rule: "deadlines",
    severity: "info",
    limit: null,
    figure,
    threshold: threshold.timeouts,
    message:
      `Deadlines that callers set ended ${callerDeadlines} of the last hour's ${counted(arrivals, "call")} ` +
      `before the model had answered.${usual}`,
    remedies: []
  }
}

/** Whether so many calls cannot have waited for the gate's own limits: calls hold their permits too short for that. */
const endSooner = ({ recent: { heldMs }, settings, snapshot: { wait } }: Evidence, share: number): boolean => {
  const limit = Math.min(settings.requestTimeout ?? Infinity, settings.deadline ?? Infinity)
  return heldMs !== null && limit < Infinity && heldMs < (share * limit) / 4 && (wait.p99 ?? 0) < limit / 4
}

/** A shorter timeout if requests hang, a longer one if answers take about as long as it allows. */
const otherTimeout = ({ settings, snapshot }: Evidence): ReadonlyArray<Remedy> => {
  const { deadline, maxRetries, requestTimeout } = settings
  const { p99 } = snapshot.latency
  if (requestTimeout === undefined || !Number.isFinite(requestTimeout)) return []
  if (p99 !== null && p99 < requestTimeout / 4) {
    const why = `1 % of answers take longer than ${Math.round(p99)} ms, so the requests that time out hang`
    const shorter = change("LLM_REQUEST_TIMEOUT_MS", requestTimeout, Math.max(1000, 3 * p99), why)
    return remedy("If some requests hang.", shorter, moreRetries(maxRetries))
  }
  const why = "answers take about as long as one attempt may"
  const longer = change("LLM_REQUEST_TIMEOUT_MS", requestTimeout, 2 * requestTimeout, why)
  const whole =
    deadline !== undefined && deadline < 3 * requestTimeout
      ? change("LLM_DEADLINE_MS", deadline, 3 * requestTimeout, "a call needs time for more than one attempt")
      : []
  return remedy("If long answers are expected.", longer, whole)
}

/** The model has become slower. */
export const latency: Rule = (evidence) => {
  const { earlierLatencyMs, latencyMs } = evidence.recent
  const figure = slowdown(evidence)
  if (earlierLatencyMs === null || latencyMs === null || figure < threshold.latency) return undefined
  return {
    rule: "latency",
    severity: "warning",
    limit: null,
    figure,
    threshold: threshold.latency,
    message:
      `The model takes ${Math.round(latencyMs)} ms on average, up from ${Math.round(earlierLatencyMs)} ms ` +
      "before the last ten minutes: check the endpoint.",
    remedies: reduceLoad(evidence, 1 / figure)
  }
}
