import type { Gauges } from "./Event.ts"

/** What the policies tell of themselves; `null` for a limit that is off, and for what nobody tells. */
export type Told = Readonly<Record<keyof Gauges, number | null>>

/** Reads the gauges of the policies whenever a snapshot is made. */
export class PolicyGauges {
  private readonly sources: Array<() => Gauges> = []

  watch(gauges: () => Gauges): void {
    this.sources.push(gauges)
  }

  /** What the policies tell together: of two limits the tighter one, of two waits the longer one. */
  read(): Told {
    const gauges = this.sources.map((source) => source())
    const fold = (name: keyof Gauges, pick: (...values: ReadonlyArray<number>) => number) => {
      const told = gauges.flatMap((gauge) => gauge[name] ?? [])
      return told.length > 0 && Number.isFinite(pick(...told)) ? pick(...told) : null
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
