import type { CircuitState } from "../../domain/Event.ts"
import { Level } from "../../domain/Level.ts"
import type { Snapshot } from "../../domain/Snapshot.ts"
import type { Totals } from "./Edge.ts"
import { Integral } from "./Integral.ts"
import { share } from "./Share.ts"
import type { Told } from "./Watched.ts"
import { hour } from "./Windows.ts"

/** Follows the state of the breaker. */
export class Circuit {
  state: CircuitState = "closed"
  private failures = 0
  openings = 0
  private readonly broken: Level
  private readonly open: Integral
  private readonly halfOpen: Integral

  constructor(now: number) {
    this.broken = new Level(now, hour)
    this.open = new Integral(now)
    this.halfOpen = new Integral(now)
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
