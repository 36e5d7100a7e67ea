import { Effect, Option, Stream } from "effect"
import type { Snapshot } from "../stats/Snapshot.ts"
import { Stats } from "../Stats.ts"

// Of the queue's maximum: above it, urgent calls need the room.
const overloadedFill = 0.2

const hasNoRoom = ({ circuitBreaker, queue: { maxSize, queueSize } }: Snapshot): boolean =>
  circuitBreaker.state !== "closed" || (maxSize !== null && queueSize > overloadedFill * maxSize)

/** Whether the gate has no room for a call that can wait. */
export const isOverloaded: Effect.Effect<Effect.Effect<boolean>> = Effect.map(
  Effect.serviceOption(Stats),
  Option.match({
    onNone: () => Effect.succeed(false),
    onSome: ({ snapshot }) => Effect.map(snapshot, hasNoRoom)
  })
)

/** Waits until the gate has room for a call that can wait. */
export const untilCalm: Effect.Effect<Effect.Effect<void>> = Effect.map(
  Effect.serviceOption(Stats),
  Option.match({
    onNone: () => Effect.void,
    onSome: ({ changes }) => Stream.runDrain(Stream.takeUntil(changes, (snapshot) => !hasNoRoom(snapshot)))
  })
)
