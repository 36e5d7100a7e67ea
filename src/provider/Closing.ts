import { Effect, Exit, Scope } from "effect"
import type { Drain } from "../Drain.ts"
import type { Doorway } from "./Doorway.ts"
import type { Leftovers } from "./Leftovers.ts"

/** What is to be closed. */
export interface Closeable {
  readonly drain: Drain
  readonly doorway: Doorway
  readonly leftovers: Leftovers
  readonly scope: Scope.Closeable
}

/** Refuses new calls, lets those inside end for so many milliseconds, ends the rest, and leaves nothing running. */
export const close = Effect.fnUntraced(function* ({ doorway, drain, leftovers, scope }: Closeable, within: number) {
  yield* drain.begin
  yield* Effect.timeoutOption(doorway.empty, within)
  yield* drain.end
  // A call between two attempts is in no room that drains.
  yield* Effect.timeoutOption(doorway.empty, "1 second")
  doorway.clear()
  yield* Effect.timeoutOption(doorway.empty, "1 second")
  leftovers.giveUp()
  yield* Scope.close(scope, Exit.void)
})
