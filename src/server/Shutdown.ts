import { type Duration, Effect, Stream } from "effect"
import type { Drain } from "../Drain.ts"
import { Stats } from "../Stats.ts"

const idle = Effect.flatMap(Stats, ({ changes }) =>
  Stream.runHead(Stream.filter(changes, ({ requests }) => requests.inFlight === 0))
)

/** Refuses new calls, lets calls in flight and uploads end, and cuts the rest when patience is over. */
export const gracefully = Effect.fnUntraced(function* (drain: Drain, patience: Duration.Input) {
  yield* drain.begin
  yield* Effect.timeoutOption(Effect.andThen(drain.arrived, idle), patience)
  yield* drain.end
  // The calls that were cut are still to be answered.
  yield* Effect.timeoutOption(idle, "1 second")
})
