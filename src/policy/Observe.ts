import { Effect } from "effect"
import { outcomeOf } from "../domain/Outcome.ts"
import { Gate } from "../Gate.ts"
import { now } from "../internal/Time.ts"
import { Progress } from "../Progress.ts"
import { Stats } from "../Stats.ts"
import { type Attempt, Work } from "../Work.ts"

/** Nothing to set: what is counted goes to the `Stats` in the context. */
export interface Options {}

/** Counts every call once in and once out, and each attempt while it runs. Outermost, or it misses refusals. */
export const layer = (_options?: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* (inner) {
      const { record } = yield* Stats.recorder
      const clock = yield* now

      const stopped = () => record({ _tag: "Stopped" })
      const firstPart = (progress: Progress, startedAt: number) => {
        const stop = progress.onPart(() => {
          stop()
          record({ _tag: "FirstPart", after: clock() - startedAt })
        })
      }

      return (ask, call) =>
        Effect.suspend(() => {
          const arrivedAt = clock()
          const work = Work.here()
          let arrived = false
          let running = false
          let earlier: Attempt | undefined
          let startedAt: number | undefined
          let progress: Progress | undefined
          const stop = () => {
            if (running) work.afterAttempt(stopped, earlier)
            running = false
            return undefined
          }
          const attempt = Effect.suspend(() => {
            const at = clock()
            progress = Progress.here()
            record({ _tag: "Started", wait: startedAt === undefined ? at - arrivedAt : undefined, at })
            startedAt ??= at
            if (progress !== undefined) firstPart(progress, startedAt)
            running = true
            earlier = work.attempt
            return Effect.onExitPrimitive(call, stop)
          })
          return Effect.onExitPrimitive(
            Effect.suspend(() => {
              arrived = true
              record({ _tag: "Arrived", caller: ask.caller, at: arrivedAt })
              return inner(ask, attempt)
            }),
            (exit) => {
              if (!arrived) return undefined
              // An attempt may be interrupted before it is watched.
              stop()
              const { declined, outcome, reason } = outcomeOf(exit, startedAt !== undefined, progress?.begun)
              const at = clock()
              const latency = startedAt === undefined ? undefined : at - startedAt
              if (declined !== undefined) record({ _tag: "Declined", status: declined })
              record({ _tag: "Ended", caller: ask.caller, outcome, reason, latency, at })
              return undefined
            }
          )
        })
    })
  )
