import type { CircuitState, Gauges } from "./Event.ts"
import type { Totals } from "./History.ts"
import type { Snapshot } from "./Snapshot.ts"
import { hour, share, TimeIntegral, TimeWeightedMean } from "./Windows.ts"

/** The gauges of all policies together; `null` for a limit that is off and for a value that no policy reports. */
export type GaugeValues = Readonly<Record<keyof Gauges, number | null>>

/** Reads the gauges of the policies for each snapshot. */
export class PolicyGauges {
  private readonly sources: Array<() => Gauges> = []

  watch(gauges: () => Gauges): void {
    this.sources.push(gauges)
  }

  /** Takes the tighter of two limits and the longer of two waits. */
  read(): GaugeValues {
    const gauges = this.sources.map((source) => source())
    const fold = (name: keyof Gauges, pick: (...values: ReadonlyArray<number>) => number) => {
      const values = gauges.flatMap((gauge) => gauge[name] ?? [])
      return values.length > 0 && Number.isFinite(pick(...values)) ? pick(...values) : null
    }
    return {
      maxSize: fold("maxSize", Math.min),
      maxConcurrent: fold("maxConcurrent", Math.min),
      perSecond: fold("perSecond", Math.min),
      maxFailures: fold("maxFailures", Math.min),
      oldestWaitMs: fold("oldestWaitMs", Math.max),
      predictedWaitMs: fold("predictedWaitMs", Math.max),
      circuitRetryAfterMs: fold("circuitRetryAfterMs", Math.max)
    }
  }
}

/** The size of the queue, now and over time. */
export class QueueStats {
  private size = 0
  private readonly sizes: TimeIntegral
  private readonly fill: TimeWeightedMean

  constructor(now: number) {
    this.fill = new TimeWeightedMean(now, hour)
    this.sizes = new TimeIntegral(now)
  }

  onChanged(now: number, size: number, capacity: number): void {
    this.size = size
    this.sizes.set(now, size)
    this.fill.set(now, capacity > 0 ? size / capacity : 0)
  }

  totals(now: number): Pick<Totals, "fill" | "queueSize"> {
    return { queueSize: this.sizes.total(now), fill: this.fill.total(now) }
  }

  averageFill(now: number): number {
    return share(this.fill.mean(now), 1, 0)
  }

  snapshot(now: number, activeRequests: number, gauges: GaugeValues): Snapshot["queue"] {
    const { maxConcurrent, maxSize, oldestWaitMs, predictedWaitMs } = gauges
    return {
      queueSize: this.size,
      maxSize,
      activeRequests,
      maxConcurrent,
      averageFill: this.averageFill(now),
      oldestWaitMs,
      predictedWaitMs
    }
  }
}

/** The state of the circuit breaker, now and over time. */
export class CircuitStats {
  state: CircuitState = "closed"
  openings = 0
  private failures = 0
  private readonly notClosed: TimeWeightedMean
  private readonly open: TimeIntegral
  private readonly halfOpen: TimeIntegral

  constructor(now: number) {
    this.notClosed = new TimeWeightedMean(now, hour)
    this.open = new TimeIntegral(now)
    this.halfOpen = new TimeIntegral(now)
  }

  onChanged(now: number, state: CircuitState, failures: number): void {
    if (state === "open" && this.state !== "open") this.openings++
    this.state = state
    this.failures = failures
    this.notClosed.set(now, state === "closed" ? 0 : 1)
    this.open.set(now, state === "open" ? 1 : 0)
    this.halfOpen.set(now, state === "half-open" ? 1 : 0)
  }

  totals(now: number): Pick<Totals, "halfOpen" | "open"> {
    return { open: this.open.total(now), halfOpen: this.halfOpen.total(now) }
  }

  openFraction(now: number): number {
    return share(this.notClosed.mean(now), 1, 0)
  }

  snapshot(now: number, { circuitRetryAfterMs, maxFailures }: GaugeValues): Snapshot["circuitBreaker"] {
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
