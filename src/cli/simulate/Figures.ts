import type { Snapshot } from "../../stats/Snapshot.ts"
import type { Outcome, Scenario } from "./Scenario.ts"

/** The figures of an outcome; times are milliseconds. */
export interface Figures {
  readonly preset: string
  readonly callsPerMinute: number
  readonly calls: number
  readonly started: number
  readonly succeeded: number
  readonly failed: number
  readonly timedOut: number
  /** Calls refused, by reason. */
  readonly refused: Snapshot["requests"]["rejections"]
  readonly wait: Snapshot["wait"]
  readonly latency: Snapshot["latency"]
  readonly averageFill: number
  readonly openings: number
  readonly verdict: Snapshot["health"]["status"]
  /** The most urgent finding, with the first change that would mend it. */
  readonly advice: string | null
}

const adviceOf = ({ advice }: Outcome): string | null => {
  const [finding] = advice.findings
  if (finding === undefined) return null
  const changes = finding.remedies[0]?.change.map(({ to, variable }) => `${variable}=${to}`) ?? []
  return changes.length === 0 ? finding.message : `${finding.message} Try ${changes.join(" ")}.`
}

/** Computes the figures of an outcome. */
export const of = ({ callsPerMinute, preset }: Scenario, outcome: Outcome): Figures => {
  const { closing, snapshot } = outcome
  const { failed, rejections, succeeded, timedOut, total } = closing.requests
  return {
    preset,
    callsPerMinute,
    calls: total,
    started: succeeded + failed + timedOut,
    succeeded,
    failed,
    timedOut,
    refused: rejections,
    wait: closing.wait,
    latency: closing.latency,
    averageFill: snapshot.queue.averageFill,
    openings: closing.circuitBreaker.openings,
    verdict: outcome.advice.status,
    advice: adviceOf(outcome)
  }
}
