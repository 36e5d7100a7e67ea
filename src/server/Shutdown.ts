import { type Duration, Effect, Stream } from "effect"
import type { Drain } from "../Drain.ts"
import { Stats } from "../Stats.ts"

const idle = Effect.flatMap(Stats, ({ changes }) =>
  Stream.runHead(Stream.filter(changes, ({ requests }) => requests.inFlight === 0))
)

/** Refuses new calls, lets those in flight end and those being uploaded come, and after some time ends whatever still waits or runs. */
export const gracefully = Effect.fnUntraced(function* (drain: Drain, patience: Duration.Input) {
  yield* drain.begin
  yield* Effect.timeoutOption(Effect.andThen(drain.arrived, idle), patience)
  yield* drain.end
  // What was ended just now is still to be answered.
  yield* Effect.timeoutOption(idle, "1 second")
})
