import { declined, type Evidence, missed, refused } from "../stats/Recent.ts"
import type { Remedy, Rule } from "./Finding.ts"
import { binding } from "./Pace.ts"
import { change, moreAgents, relief, remedy } from "./Remedies.ts"
import { threshold } from "./Threshold.ts"
import { circuit, success, timeouts } from "./Troubles.ts"

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`

const names = {
  rate: "the rate limit",
  permits: "the number of calls at once",
  tokens: "the token limit",
  queue: "the length of the queue",
  breaker: "the circuit breaker"
}

const because = (evidence: Evidence): string => {
  const limit = binding(evidence)
  return limit === null ? "no limit binds now" : `what binds is ${names[limit]}`
}

/** Too many calls wait. */
export const queue: Rule = (evidence) => {
  const figure = missed(evidence, "queue")
  if (figure === undefined) return undefined
  return {
    rule: "queue",
    severity: "warning",
    limit: binding(evidence),
    figure,
    threshold: threshold.queue,
    message: `The queue is ${percent(figure)} full on average; ${because(evidence)}.`,
    remedies: relief(evidence)
  }
}

/** Calls are refused for want of room in the queue, or of time. */
export const refusals: Rule = (evidence) => {
  const figure = refused(evidence)
  if (figure < threshold.refusals) return undefined
  const { outOfTime, queueFull } = evidence.recent
  return {
    rule: "refusals",
    severity: "warning",
    limit: binding(evidence),
    figure,
    threshold: threshold.refusals,
    message:
      `${percent(figure)} of the last hour's calls were refused (${queueFull} for want of room in the queue, ` +
      `${outOfTime} for want of time); ${because(evidence)}.`,
    remedies: relief(evidence)
  }
}

/** Jobs are not completed as fast as they come. */
export const jobs: Rule = (evidence) => {
  const figure = missed(evidence, "jobs")
  if (figure === undefined) return undefined
  const behind = figure < threshold.jobs
  const [cause, remedies] = behind ? causeOf(evidence, figure) : ["a backlog is being worked off", []]
  return {
    rule: "jobs",
    severity: behind ? "warning" : "info",
    limit: behind ? binding(evidence) : null,
    figure,
    threshold: behind ? threshold.jobs : 2 - threshold.jobs,
    message: `For 100 jobs created, ${Math.round(figure * 100)} are completed: ${cause}.`,
    remedies
  }
}

const causeOf = (evidence: Evidence, figure: number): readonly [string, ReadonlyArray<Remedy>] => {
  const remediesOf = (rule: Rule) => rule(evidence)?.remedies ?? []
  if (missed(evidence, "circuit") !== undefined) return ["the circuit was open", remediesOf(circuit)]
  if (refused(evidence) >= threshold.refusals) return ["the queue overflows", relief(evidence)]
  if (missed(evidence, "queue") !== undefined) return ["their calls wait in the queue", relief(evidence)]
  if (missed(evidence, "timeouts") !== undefined) return ["the endpoint is slow", remediesOf(timeouts)]
  if (missed(evidence, "success") !== undefined) return ["the endpoint fails", remediesOf(success)]
  if (declined(evidence) >= threshold.declined) return ["the model refuses their calls", []]
  return ["no limit holds their calls up, so there are too few agents or too slow ones", moreAgents(evidence, figure)]
}

const whileIdle = 600_000
const fewest = 20

// Where a limit holds calls up, how few pass the others says nothing.
const isIdle = (evidence: Evidence): boolean => {
  const { recent, snapshot } = evidence
  const judged = snapshot.uptimeMs >= whileIdle && recent.arrivals >= fewest && recent.startsPerSecond > 0
  return judged && binding(evidence) === null && refused(evidence) === 0
}

/** The rate limit is so wide that it would let a flood through. */
export const idleRate: Rule = (evidence) => {
  const { recent, snapshot } = evidence
  const { perSecond } = snapshot.rate
  if (perSecond === null || !isIdle(evidence)) return undefined
  const figure = recent.startsPerSecond / perSecond
  if (figure >= threshold.idleRate) return undefined
  return {
    rule: "idleRate",
    severity: "info",
    limit: "rate",
    figure,
    threshold: threshold.idleRate,
    message: `Of the calls that may start, ${percent(figure)} do: a tighter limit would guard the model better.`,
    remedies: remedy(
      "If the load stays as it is.",
      change("LLM_REQUESTS_PER_SECOND", perSecond, recent.startsPerSecond * 10, "ten times the starts of late")
    )
  }
}

/** More calls may run at once than ever do. */
export const idlePermits: Rule = (evidence) => {
  const { recent, snapshot } = evidence
  const { maxConcurrent } = snapshot.queue
  if (maxConcurrent === null || !isIdle(evidence)) return undefined
  const figure = recent.peak / maxConcurrent
  if (figure > threshold.idlePermits) return undefined
  return {
    rule: "idlePermits",
    severity: "info",
    limit: "permits",
    figure,
    threshold: threshold.idlePermits,
    message: `Of ${maxConcurrent} calls that may run at once, never more than ${recent.peak} did in the last hour.`,
    remedies: remedy(
      "If the load stays as it is.",
      change("LLM_MAX_CONCURRENT_REQUESTS", maxConcurrent, 2 * recent.peak, "twice the most of the last hour")
    )
  }
}
