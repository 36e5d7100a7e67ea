import type { Draw } from "../wire/Draw.ts"
import { apis } from "./Apis.ts"
import { type Fault, faults } from "./Faults.ts"

/** When a caller leaves. */
export type Phase = "in the head" | "in the body" | "sent" | "soon" | "at the model" | "at the head" | "in the answer"

const phases: ReadonlyArray<Phase> = [
  "in the head",
  "in the body",
  "sent",
  "soon",
  "at the model",
  "at the head",
  "in the answer"
]

/** One request of a storm, and what befalls it. */
export interface Plan {
  readonly index: number
  readonly id: string
  readonly api: string
  readonly streamed: boolean
  readonly model: string
  readonly fault: Fault | undefined
  /** Whether only the first attempt meets the fault. */
  readonly once: boolean
  readonly leaves: Phase | undefined
  readonly how: "close" | "reset" | "half-close"
  /** Turns of the event loop, or parts of the answer, until the caller leaves. */
  readonly after: number
}

const names = Object.keys(apis)
const streamable = names.filter((name) => apis[name]!.events !== undefined)

/** Plans a storm: 20 % streams, 10 % faults of every kind, 30 % that leave; a few outages. */
export const plans = (draw: Draw, count: number): ReadonlyArray<Plan> => {
  const outage = Math.max(100, Math.floor(count / 5))
  return Array.from({ length: count }, (_, index): Plan => {
    const streamed = draw.chance(0.2)
    const isOutage = index % outage === outage / 2
    const leaves = draw.chance(0.3) ? draw.of(phases) : undefined
    // An answer that takes its time is one that can be left.
    const pace = leaves !== undefined && draw.chance(0.7) ? "trickle" : undefined
    const fault = draw.chance(0.1) ? draw.of(faults) : pace
    return {
      index,
      id: `storm-${index}`,
      api: draw.of(streamed ? streamable : names),
      streamed,
      model: `model-${draw.below(8)}`,
      fault: isOutage ? "refused" : fault,
      once: draw.chance(0.3),
      leaves: isOutage ? undefined : leaves,
      how: draw.of(["close", "reset", "half-close"]),
      after: draw.below(12)
    }
  })
}
