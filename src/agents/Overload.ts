import { Effect, Option } from "effect"
import { Stats } from "../Stats.ts"

// Of the queue's maximum: above it, urgent calls need the room.
const overloadedFill = 0.2

/** Whether the gate has no room for a call that can wait. */
export const isOverloaded: Effect.Effect<Effect.Effect<boolean>> = Effect.map(
  Effect.serviceOption(Stats),
  Option.match({
    onNone: () => Effect.succeed(false),
    onSome: ({ snapshot }) =>
      Effect.map(
        snapshot,
        ({ circuitBreaker, queue: { maxSize, queueSize } }) =>
          circuitBreaker.state !== "closed" || (maxSize !== null && queueSize > overloadedFill * maxSize)
      )
  })
)
