import { Effect, Exit, Scope } from "effect"
import type { Drain } from "../Drain.ts"
import type { ActiveCalls } from "./ActiveCalls.ts"
import type { AbandonedAttempts } from "./AbandonedAttempts.ts"

/** What is to be closed. */
export interface Closeable {
  readonly drain: Drain
  readonly active: ActiveCalls
  readonly abandoned: AbandonedAttempts
  readonly scope: Scope.Closeable
}

/**
 * Refuses new calls, lets those that have begun end for so many milliseconds, ends the rest, and leaves nothing running.
 *
 * After that time every wait of the gate has ended; only the finalizers of work that is being interrupted may take longer,
 * by two seconds at most.
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
