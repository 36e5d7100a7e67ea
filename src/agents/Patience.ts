import { Duration, Effect, Random, Schedule } from "effect"
import { isTransient, rejectionOf, retryAfterOf } from "../Failure.ts"
import type * as Time from "../engine/Time.ts"

/** Whether a call may yet be answered if it is made again. */
export const isWorthIt = (error: unknown): boolean => {
  const reason = rejectionOf(error)?.reason
  if (reason === undefined) return isTransient(error)
  // A call cut by its own deadline has no time left; one refused ahead of it may find the queue shorter.
  if (reason._tag === "DeadlineExceeded") return reason.limit !== "call" || !reason.started
  return reason._tag !== "NeverAdmissible" && reason._tag !== "ShuttingDown"
}

const longest = Duration.seconds(10)

/** Comes back as late as it is told to, else later and later, and never when there would be no time left. */
export const until = (moment: number, clock: Time.Now) =>
  Schedule.exponential("500 millis").pipe(
    Schedule.setInputType<unknown>(),
    Schedule.modifyDelay(({ duration, input }) =>
      Effect.map(Random.next, (share) => {
        const pause = Duration.max(Duration.min(duration, longest), retryAfterOf(input) ?? Duration.zero)
        // Callers refused together must not come back together.
        return Duration.times(pause, 1 + share / 5)
      })
    ),
    Schedule.while(({ duration, input }) => isWorthIt(input) && clock() + Duration.toMillis(duration) < moment)
  )
