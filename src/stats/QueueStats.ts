import { Level } from "./TimeWeightedMean.ts"
import type { Snapshot } from "./Snapshot.ts"
import type { Totals } from "./Sample.ts"
import { TimeIntegral } from "./TimeIntegral.ts"
import { share } from "./Share.ts"
import type { Told } from "./Gauges.ts"
import { hour } from "./Windows.ts"

/** Follows how many calls wait. */
export class Line {
  private size = 0
  private readonly sizes: TimeIntegral
  private readonly fill: Level

  constructor(now: number) {
    this.fill = new Level(now, hour)
    this.sizes = new TimeIntegral(now)
  }

  changed(now: number, size: number, capacity: number): void {
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

  figures(
    now: number,
    activeRequests: number,
    { maxConcurrent, maxSize, oldestWaitMs, predictedWaitMs }: Told
  ): Snapshot["queue"] {
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
