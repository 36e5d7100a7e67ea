import type { CircuitState } from "../../domain/Event.ts"
import { Level } from "../../domain/Level.ts"
import type { Snapshot } from "../../domain/Snapshot.ts"
import { share } from "./Share.ts"
import type { Told } from "./Watched.ts"
import { hour } from "./Windows.ts"

/** Follows the state of the breaker. */
export class Circuit {
  state: CircuitState = "closed"
  private failures = 0
  openings = 0
  private readonly open: Level

  constructor(now: number) {
    this.open = new Level(now, hour)
  }

  changed(now: number, state: CircuitState, failures: number): void {
    if (state === "open" && this.state !== "open") this.openings++
    this.state = state
    this.failures = failures
    this.open.set(now, state === "closed" ? 0 : 1)
  }

  openFraction(now: number): number {
    return share(this.open.mean(now), 1, 0)
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
