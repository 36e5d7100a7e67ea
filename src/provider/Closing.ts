import { Effect, Exit, Scope } from "effect"
import type { Drain } from "../Drain.ts"
import type { Inside } from "./Inside.ts"
import type { Leftovers } from "./Leftovers.ts"

/** What is to be closed. */
export interface Closeable {
  readonly drain: Drain
  readonly inside: Inside
  readonly leftovers: Leftovers
  readonly scope: Scope.Closeable
}

/** Refuses new calls, lets those inside end for so many milliseconds, ends the rest, and leaves nothing running. */
export const close = Effect.fnUntraced(function* ({ drain, inside, leftovers, scope }: Closeable, within: number) {
  yield* drain.begin
  yield* Effect.timeoutOption(inside.empty, within)
  yield* drain.end
  // A call between two attempts is in no room that drains.
  yield* Effect.timeoutOption(inside.empty, "1 second")
  inside.end()
  yield* inside.empty
  leftovers.giveUp()
  yield* Scope.close(scope, Exit.void)
})
