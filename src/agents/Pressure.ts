import { Effect, Option } from "effect"
import type { Snapshot } from "../stats/Snapshot.ts"
import { Stats } from "../Stats.ts"

// Of the queue's room: from here on the model has more urgent things to do.
const full = 0.2

/** Whether a gate has no room for what can wait. */
export const isHigh = ({ circuitBreaker, queue: { maxSize, queueSize } }: Snapshot): boolean =>
  circuitBreaker.state !== "closed" || (maxSize !== null && queueSize > full * maxSize)

/** Tells whether the gate is under pressure now; never where nobody counts. */
export const make: Effect.Effect<Effect.Effect<boolean>> = Effect.map(
  Effect.serviceOption(Stats),
  Option.match({
    onNone: () => Effect.succeed(false),
    onSome: ({ snapshot }) => Effect.map(snapshot, isHigh)
  })
)
