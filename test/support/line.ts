import { Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"

/** A call of a load: when it comes, after the one before, how many permits it takes, and for how long. */
export interface Load {
  readonly gap: number
  readonly permits: number
  readonly length: number
}

const between = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))

/** Loads whose calls want up to so many permits. */
export const loads = (widest: number) =>
  Arbitrary.array(Arbitrary.all({ gap: between(0, 6), permits: between(1, widest), length: between(1, 20) }), {
    maxLength: 40
  })

/** When each call starts if they start strictly in the order of arrival, each as soon as its permits are free. */
export const starts = (load: ReadonlyArray<Load>, permits: number): ReadonlyArray<number> => {
  const begun: Array<{ readonly at: number; readonly end: number; readonly permits: number }> = []
  let arrival = 0
  for (const call of load) {
    arrival += call.gap
    let at = Math.max(arrival, begun.at(-1)?.at ?? 0)
    for (;;) {
      const running = begun.filter(({ end }) => end > at)
      if (running.reduce((sum, { permits }) => sum + permits, call.permits) <= permits) break
      at = Math.min(...running.map(({ end }) => end))
    }
    begun.push({ at, end: at + call.length, permits: call.permits })
  }
  return begun.map(({ at }) => at)
}
