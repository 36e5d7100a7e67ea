import { covers } from "../config/Models.ts"
import type { Endpoint } from "../stats/Snapshot.ts"
import { type Evidence, percent, threshold } from "./Evidence.ts"
import type { Change, Finding } from "./Finding.ts"
import { counted } from "../config/Plural.ts"

// Fewer attempts than this say little of an endpoint.
const enough = 10

/** Attempts answered with 429, as a share, from which an endpoint is asked too often. */
const rateLimited = 0.05

/** Variables that stand for limits which each endpoint has for itself. */
const ofEachEndpoint = new Set([
  "LLM_PRESET",
  "LLM_MAX_CONCURRENT_REQUESTS",
  "LLM_REQUESTS_PER_SECOND",
  "LLM_TOKENS_PER_MINUTE",
  "LLM_REQUEST_TIMEOUT_MS",
  "LLM_STREAM_IDLE_TIMEOUT_MS",
  "LLM_CIRCUIT_BREAKER_MAX_FAILURES",
  "LLM_CIRCUIT_BREAKER_TIMEOUT_MS"
])

const fieldOf = ({ name }: Endpoint, field: string) => `endpoints.${name}.${field}`

const change = (endpoint: Endpoint, field: string, from: number | null, to: number, why: string): Change => ({
  variable: fieldOf(endpoint, field),
  from,
  to,
  why
})

// More names would hide what is wrong.
const mostNamed = 5

const named = (models: ReadonlyArray<string>): string =>
  models.length <= mostNamed
    ? models.join(", ")
    : `${models.slice(0, mostNamed).join(", ")} and ${models.length - mostNamed} more`

/** What becomes of the calls of an endpoint whose circuit is not closed. */
const meanwhile = ({ models }: Endpoint, others: ReadonlyArray<Endpoint>): string => {
  const serving = others
    .filter(({ circuitBreaker }) => circuitBreaker.state === "closed")
    .flatMap(({ models }) => models)
  const alone = models.filter((model) => !serving.some((other) => covers(other, model)))
  if (alone.length === 0) return "the others take its calls."
  const refused = `no other endpoint can take calls of ${named(alone)}, which are refused unless a fallback model answers`
  return alone.length < models.length ? `the others take its other calls, but ${refused}.` : `${refused}.`
}

const circuit = (endpoint: Endpoint, others: ReadonlyArray<Endpoint>): Finding | undefined => {
  const { circuitBreaker, name } = endpoint
  if (circuitBreaker.state === "closed") return undefined
  return {
    rule: `endpoint ${name}: circuit`,
    severity: "warning",
    limit: "breaker",
    figure: circuitBreaker.openFraction,
    threshold: threshold.circuit,
    message: `The endpoint ${name} kept failing, and its circuit is ${circuitBreaker.state}: ${meanwhile(endpoint, others)}`,
    remedies: []
  }
}

const success = (endpoint: Endpoint): Finding | undefined => {
  const { name, requests } = endpoint
  const { failed, succeeded, successRate, timedOut } = requests
  if (succeeded + failed + timedOut < enough || successRate > threshold.success) return undefined
  const timeouts = timedOut > failed ? ", most of them by a timeout or a deadline" : ""
  return {
    rule: `endpoint ${name}: success`,
    severity: "warning",
    limit: null,
    figure: successRate,
    threshold: threshold.success,
    message: `Of the attempts at the endpoint ${name} ${percent(1 - successRate)} failed${timeouts}.`,
    remedies: []
  }
}

const refusals = (endpoint: Endpoint): Finding | undefined => {
  const { name, rate, requests } = endpoint
  const share = requests.total < enough ? 0 : requests.rateLimited / requests.total
  if (share < rateLimited) return undefined
  const { perSecond } = rate
  const why = "the endpoint refuses what comes faster"
  const slower = perSecond === null ? undefined : Number((perSecond * (1 - share)).toPrecision(2))
  return {
    rule: `endpoint ${name}: rate`,
    severity: "warning",
    limit: "rate",
    figure: share,
    threshold: rateLimited,
    message: `The endpoint ${name} answered ${percent(share)} of its attempts with 429: it is asked too often.`,
    remedies:
      slower === undefined
        ? []
        : [
            {
              when: "If no one else spends the same limit.",
              change: [change(endpoint, "limits.requestsPerSecond", perSecond, slower, why)]
            }
          ]
  }
}

const full = (endpoint: Endpoint): Finding | undefined => {
  const { name, queue } = endpoint
  const { activeRequests, maxConcurrent, queueSize } = queue
  if (maxConcurrent === null || activeRequests < maxConcurrent || queueSize === 0) return undefined
  const more = change(
    endpoint,
    "limits.maxConcurrentRequests",
    maxConcurrent,
    maxConcurrent + queueSize,
    "calls wait for it"
  )
  return {
    rule: `endpoint ${name}: permits`,
    severity: "info",
    limit: "permits",
    figure: activeRequests,
    threshold: maxConcurrent,
    message:
      `The endpoint ${name} runs ${maxConcurrent === 1 ? "the only call" : `all the ${maxConcurrent} calls`} that it may, ` +
      `and ${counted(queueSize, "waits", "wait")}.`,
    remedies: [{ when: "If the endpoint has spare capacity.", change: [more] }]
  }
}

/** What is to be said of each endpoint, where there are several. */
export const endpoints = ({ snapshot }: Evidence): ReadonlyArray<Finding> => {
  const all = (snapshot.endpoints ?? []).filter(({ draining }) => !draining)
  return all.flatMap((endpoint) => {
    const others = all.filter((other) => other !== endpoint)
    return [circuit, success, refusals, full].flatMap((rule) => rule(endpoint, others) ?? [])
  })
}

/** Takes out of a finding what would change limits that each endpoint has for itself; nothing is left of idle ones. */
export const withoutShared = (finding: Finding): ReadonlyArray<Finding> => {
  if (finding.rule === "idleRate" || finding.rule === "idlePermits") return []
  const remedies = finding.remedies
    .map((remedy) => ({ ...remedy, change: remedy.change.filter(({ variable }) => !ofEachEndpoint.has(variable)) }))
    .filter(({ change }) => change.length > 0)
  return [{ ...finding, remedies }]
}
