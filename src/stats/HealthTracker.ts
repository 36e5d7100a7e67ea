import { type Figures, type Status, status } from "./Health.ts"

const second = 1_000
const minute = 60_000

/** Remembers since when health has had its present status, to the second; to the minute where nothing happens. */
export class HealthTracker {
  private readonly figures: (at: number) => Figures
  private readonly wall: (at: number) => number
  private followed: number
  status: Status = "healthy"
  since: string

  constructor(start: number, figures: (at: number) => Figures, wall: (at: number) => number) {
    this.figures = figures
    this.wall = wall
    this.followed = start
    this.since = new Date(wall(start)).toISOString()
  }

  /** When the status has not been looked at for a second. */
  get due(): number {
    return this.followed + second
  }

  /** Looks at the status at a moment, and at those since the last look at which time alone may have changed it. */
  follow(now: number): void {
    const from = this.followed + second
    // An hour after the last event no figure moves any more.
    for (let passed = 0; passed <= 61 && from + passed * minute < now; passed++) this.look(from + passed * minute)
    this.look(now)
    this.followed = now
  }

  private look(at: number): void {
    const present = status(this.figures(at))
    if (present === this.status) return
    this.status = present
    this.since = new Date(this.wall(at)).toISOString()
  }
}
