import type { CircuitState } from "./Event.ts"
import { Level } from "./TimeWeightedMean.ts"
import type { Snapshot } from "./Snapshot.ts"
import type { Totals } from "./Sample.ts"
import { TimeIntegral } from "./TimeIntegral.ts"
import { share } from "./Share.ts"
import type { Told } from "./Gauges.ts"
import { hour } from "./Windows.ts"

/** Follows the state of the breaker. */
export class Circuit {
  state: CircuitState = "closed"
  private failures = 0
  openings = 0
  private readonly broken: Level
  private readonly open: TimeIntegral
  private readonly halfOpen: TimeIntegral

  constructor(now: number) {
    this.broken = new Level(now, hour)
    this.open = new TimeIntegral(now)
    this.halfOpen = new TimeIntegral(now)
  }

  changed(now: number, state: CircuitState, failures: number): void {
    if (state === "open" && this.state !== "open") this.openings++
    this.state = state
    this.failures = failures
    this.broken.set(now, state === "closed" ? 0 : 1)
    this.open.set(now, state === "open" ? 1 : 0)
    this.halfOpen.set(now, state === "half-open" ? 1 : 0)
  }

  openFraction(now: number): number {
    return share(this.broken.mean(now), 1, 0)
  }

  totals(now: number): Pick<Totals, "halfOpen" | "open"> {
    return { open: this.open.total(now), halfOpen: this.halfOpen.total(now) }
  }

  figures(now: number, { circuitRetryAfterMs, maxFailures }: Told): Snapshot["circuitBreaker"] {
    return {
      isOpen: this.state === "open",
      state: this.state,
      failures: this.failures,
      maxFailures,
      openings: this.openings,
      openFraction: this.openFraction(now),
      retryAfterMs: circuitRetryAfterMs
    }
  }
}
