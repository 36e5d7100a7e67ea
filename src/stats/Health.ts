import { Schema } from "effect"
import type { CircuitState } from "./Event.ts"

/** The overall health. */
export const Status = Schema.Literals(["healthy", "degraded", "unhealthy"])
export type Status = typeof Status.Type

/** What health is judged by, over the last hour or since the start. */
export interface HealthInputs {
  readonly circuit: CircuitState
  /** Succeeded / (succeeded + failed + timed out), without a few deadlines of callers; 1 before the first. */
  readonly success: number
  /** Time-weighted mean of the queue's size divided by its maximum. */
  readonly fill: number
  /** Share of the time in which the circuit was not closed. */
  readonly open: number
  /** Timed out by limits of the gate / all calls that ended; 0 for none, and for one of fewer than a hundred. */
  readonly timeouts: number
}

/** A health target, the figure it is judged by, and whether it is met. */
export const Target = Schema.Struct({
  name: Schema.String.annotate({
    description: "`success`, `queue`, `circuit`, `timeouts`, `jobs`, or a target of another section."
  }),
  aim: Schema.String,
  figure: Schema.Finite,
  met: Schema.Boolean
}).annotate({ identifier: "Target" })
export type Target = typeof Target.Type

/** Judges each target of the gate. */
export const targets = ({ fill, open, success, timeouts }: HealthInputs): ReadonlyArray<Target> => [
  { name: "success", aim: "more than 90 % of the calls that start succeed", figure: success, met: success > 0.9 },
  { name: "queue", aim: "the queue is on average less than 20 % full", figure: fill, met: fill < 0.2 },
  { name: "circuit", aim: "the circuit is open less than 1 % of the time", figure: open, met: open < 0.01 },
  { name: "timeouts", aim: "less than 1 % of calls time out", figure: timeouts, met: timeouts < 0.01 }
]

/** `unhealthy` while the circuit is open or less than half of the calls succeed, `degraded` if a target is missed. */
export const status = ({ circuit, success }: HealthInputs, targets: ReadonlyArray<Target>): Status => {
  if (circuit === "open" || success < 0.5) return "unhealthy"
  return targets.every(({ met }) => met) ? "healthy" : "degraded"
}

const second = 1_000
const minute = 60_000

/** Tracks the status and the time of its last change: to the second, or to the minute while there are no events. */
export class HealthTracker {
  status: Status = "healthy"
  since: string
  private readonly statusAt: (at: number) => Status
  private readonly wallTime: (at: number) => number
  private lastUpdate: number

  constructor(start: number, statusAt: (at: number) => Status, wallTime: (at: number) => number) {
    this.statusAt = statusAt
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
    const current = this.statusAt(at)
    if (current === this.status) return
    this.status = current
    this.since = new Date(this.wallTime(at)).toISOString()
  }
}
