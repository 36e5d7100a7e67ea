import type { Event, Outcome } from "../../src/stats/Event.ts"

type Record = (event: Event) => void

/** Records calls that arrive, start, stop and end within one moment. */
export const calls = (record: Record, count: number, outcome: Outcome, caller = "ada", latency = 0): void => {
  for (let call = 0; call < count; call++) {
    record({ _tag: "Arrived", caller })
    record({ _tag: "Started", wait: 0 })
    record({ _tag: "Stopped" })
    record({ _tag: "Ended", caller, outcome, reason: undefined, latency })
  }
}
