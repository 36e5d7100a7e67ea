import { Schema } from "effect"
import type { CircuitState } from "./Event.ts"

/** The overall health. */
export const Status = Schema.Literals(["healthy", "degraded", "unhealthy"])
export type Status = typeof Status.Type

/** What health is judged by, over the last hour or since the start. */
export interface HealthInputs {
  readonly circuit: CircuitState
  /** Succeeded / (succeeded + failed + timed out); 1 before the first. */
  readonly success: number
  /** Time-weighted mean of the queue's size divided by its maximum. */
  readonly fill: number
  /** Share of the time in which the circuit was not closed. */
  readonly open: number
  /** Timed out / all calls that ended; 0 before the first. */
  readonly timeouts: number
  /** Jobs completed per job created over ten minutes; 1 if none were created, and in the first ten minutes of jobs. */
  readonly jobs: number
}

/** A health target, the figure it is judged by, and whether it is met. */
export const Target = Schema.Struct({
  name: Schema.Literals(["success", "queue", "circuit", "timeouts", "jobs"]),
  aim: Schema.String,
  figure: Schema.Finite,
  met: Schema.Boolean
}).annotate({ identifier: "Target" })
export type Target = typeof Target.Type

/** Judges each target. */
export const targets = ({ fill, jobs, open, success, timeouts }: HealthInputs): ReadonlyArray<Target> => [
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

/** `unhealthy` while the circuit is open or less than half of the calls succeed, `degraded` if a target is missed. */
export const status = (inputs: HealthInputs): Status => {
  if (inputs.circuit === "open" || inputs.success < 0.5) return "unhealthy"
  return targets(inputs).every(({ met }) => met) ? "healthy" : "degraded"
}

const second = 1_000
const minute = 60_000

/** Tracks the status and the time of its last change: to the second, or to the minute while there are no events. */
export class HealthTracker {
  status: Status = "healthy"
  since: string
  private readonly inputs: (at: number) => HealthInputs
  private readonly wallTime: (at: number) => number
  private lastUpdate: number

  constructor(start: number, inputs: (at: number) => HealthInputs, wallTime: (at: number) => number) {
    this.inputs = inputs
    this.wallTime = wallTime
    this.lastUpdate = start
    this.since = new Date(wallTime(start)).toISOString()
  }

  /** When the next update is due, a second after the last. */
  get due(): number {
    return this.lastUpdate + second
  }

  /** Evaluates the status now, and at each minute since the last update, at which time alone may have changed it. */
  update(now: number): void {
    const from = this.lastUpdate + second
    // An hour after the last event every window is empty.
    for (let passed = 0; passed <= 61 && from + passed * minute < now; passed++) this.evaluate(from + passed * minute)
    this.evaluate(now)
    this.lastUpdate = now
  }

  private evaluate(at: number): void {
    const current = status(this.inputs(at))
    if (current === this.status) return
    this.status = current
    this.since = new Date(this.wallTime(at)).toISOString()
  }
}
