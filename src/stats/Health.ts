import { Schema } from "effect"
import type { CircuitState } from "./Event.ts"

/** How the gate does, in a word. */
export const Status = Schema.Literals(["healthy", "degraded", "unhealthy"])
export type Status = typeof Status.Type

/** What health is judged by, over the last hour or since the start. */
export interface Figures {
  readonly circuit: CircuitState
  /** Succeeded of the calls that succeeded, failed or timed out; 1 before the first. */
  readonly success: number
  /** Mean of the queue's size as a share of its maximum. */
  readonly fill: number
  /** Share of the time in which the breaker was not closed. */
  readonly open: number
  /** Timed out of all calls that ended; 0 before the first. */
  readonly timeouts: number
  /** Jobs completed for each created over ten minutes; 1 where none were created, and before ten minutes of jobs. */
  readonly jobs: number
}

/** One thing to reach, the figure it is judged by, and whether it is met. */
export const Target = Schema.Struct({
  name: Schema.Literals(["success", "queue", "circuit", "timeouts", "jobs"]),
  aim: Schema.String,
  figure: Schema.Finite,
  met: Schema.Boolean
}).annotate({ identifier: "Target" })
export type Target = typeof Target.Type

/** Lists each target, met or missed. */
export const targets = ({ fill, jobs, open, success, timeouts }: Figures): ReadonlyArray<Target> => [
  { name: "success", aim: "more than 90 % of calls succeed", figure: success, met: success > 0.9 },
  { name: "queue", aim: "the queue is on average less than 20 % full", figure: fill, met: fill < 0.2 },
  { name: "circuit", aim: "the circuit is open less than 1 % of the time", figure: open, met: open < 0.01 },
  { name: "timeouts", aim: "less than 1 % of calls time out", figure: timeouts, met: timeouts < 0.01 },
  {
    name: "jobs",
    aim: "for 100 jobs created, 75 to 125 are completed",
    figure: jobs,
    met: jobs >= 0.75 && jobs <= 1.25
  }
]

/** Sums the targets up; an open circuit, or less than half of the calls succeeding, is worse than a missed target. */
export const status = (figures: Figures): Status => {
  if (figures.circuit === "open" || figures.success < 0.5) return "unhealthy"
  return targets(figures).every(({ met }) => met) ? "healthy" : "degraded"
}
