import {
  bindingLimit,
  circuitRejectionRate,
  type Evidence,
  isAdaptive,
  missed,
  percent,
  rejectionRate,
  type Rule,
  threshold
} from "./Evidence.ts"
import { circuit } from "./ModelRules.ts"
import { change, matchDemand, remedy } from "./Remedies.ts"
import { counted } from "../config/Plural.ts"

const bottlenecks = {
  rate: "the rate limit",
  permits: "the concurrency limit",
  tokens: "the token limit",
  queue: "the size of the queue",
  breaker: "the circuit breaker"
}

const bottleneck = (evidence: Evidence): string => {
  const limit = bindingLimit(evidence)
  return limit === null ? "no limit is the bottleneck now" : `the bottleneck is ${bottlenecks[limit]}`
}

/** Too many calls wait. */
export const queue: Rule = (evidence) => {
  const figure = missed(evidence, "queue")
  if (figure === undefined) return undefined
  return {
    rule: "queue",
    severity: "warning",
    limit: bindingLimit(evidence),
    figure,
    threshold: threshold.queue,
    message: `The queue is ${percent(figure)} full on average; ${bottleneck(evidence)}.`,
    remedies: matchDemand(evidence)
  }
}

/**
 * Too many calls are rejected because the queue is full, because they cannot start in time, or because the circuits of
 * single endpoints or keys are open: the finding on the circuit of all calls tells of its own.
 */
export const refusals: Rule = (evidence) => {
  const byLimits = rejectionRate(evidence)
  const byCircuits = circuit(evidence) === undefined ? circuitRejectionRate(evidence) : 0
  const figure = Math.min(1, byLimits + byCircuits)
  if (figure < threshold.refusals) return undefined
  const { circuitOpen, outOfTime, queueFull } = evidence.recent
  const circuits = byCircuits === 0 ? "" : `, ${circuitOpen} because a circuit was open`
  const cause = byCircuits > byLimits ? "circuits of endpoints or of keys were open" : bottleneck(evidence)
  return {
    rule: "refusals",
    severity: "warning",
    limit: byCircuits > byLimits ? "breaker" : bindingLimit(evidence),
    figure,
    threshold: threshold.refusals,
    message:
      `${percent(figure)} of the last hour's calls were rejected (${queueFull} because the queue was full, ` +
      `${outOfTime} because they could not start in time${circuits}); ${cause}.`,
    remedies: byLimits < threshold.refusals ? [] : matchDemand(evidence)
  }
}

const fewestUptime = 600_000
const fewestCalls = 20

// While a limit holds calls up, the others see too few calls to be judged.
const canJudgeIdle = (evidence: Evidence): boolean => {
  const { recent, snapshot } = evidence
  const enough = snapshot.uptimeMs >= fewestUptime && recent.arrivals >= fewestCalls && recent.startsPerSecond > 0
  return enough && bindingLimit(evidence) === null && rejectionRate(evidence) + circuitRejectionRate(evidence) === 0
}

const steadyLoad = "If the load stays as it is."

/** The rate limit is so far above the load that it would not stop a flood of calls. */
export const idleRate: Rule = (evidence) => {
  const { recent, snapshot } = evidence
  const { perSecond } = snapshot.rate
  if (perSecond === null || !canJudgeIdle(evidence)) return undefined
  const figure = recent.startsPerSecond / perSecond
  if (figure >= threshold.idleRate) return undefined
  return {
    rule: "idleRate",
    severity: "info",
    limit: "rate",
    figure,
    threshold: threshold.idleRate,
    message: `Only ${percent(figure)} of the rate limit is used: a lower one would protect the model better.`,
    remedies: remedy(
      steadyLoad,
      change("LLM_REQUESTS_PER_SECOND", perSecond, recent.startsPerSecond * 10, "ten times the recent rate of starts")
    )
  }
}

/** The concurrency limit is far above the number of calls that run at once. */
export const idlePermits: Rule = (evidence) => {
  const { recent, snapshot } = evidence
  const { maxConcurrent } = snapshot.queue
  if (maxConcurrent === null || isAdaptive(evidence) || !canJudgeIdle(evidence)) return undefined
  const figure = recent.peak / maxConcurrent
  if (figure > threshold.idlePermits) return undefined
  return {
    rule: "idlePermits",
    severity: "info",
    limit: "permits",
    figure,
    threshold: threshold.idlePermits,
    message: `${counted(maxConcurrent, "call")} may run at once, and at most ${recent.peak} did in the last hour.`,
    remedies: remedy(
      steadyLoad,
      change("LLM_MAX_CONCURRENT_REQUESTS", maxConcurrent, 2 * recent.peak, "twice the peak of the last hour")
    )
  }
}
