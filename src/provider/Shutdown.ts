import { Effect, Exit, Scope } from "effect"
import type { Drain } from "../Drain.ts"
import type { ActiveCalls } from "./ActiveCalls.ts"
import type { AbandonedAttempts } from "./AbandonedAttempts.ts"

/** What `shutdown` closes. */
export interface Closeable {
  readonly drain: Drain
  readonly active: ActiveCalls
  readonly abandoned: AbandonedAttempts
  readonly scope: Scope.Closeable
}

/**
 * Refuses new calls, gives running calls so many milliseconds to end, ends the rest, and closes the scope.
 *
 * After that time every wait of the gate has ended. Only finalizers of interrupted work may take longer, by two seconds
 * at most.
 */
export const shutdown = Effect.fnUntraced(function* ({ abandoned, active, drain, scope }: Closeable, within: number) {
  yield* drain.begin
  yield* Effect.timeoutOption(active.empty, within)
  yield* drain.end
  yield* Effect.timeoutOption(active.empty, "1 second")
  active.interruptAll()
  yield* Effect.timeoutOption(active.empty, "1 second")
  abandoned.giveUp()
  yield* Scope.close(scope, Exit.void)
})
