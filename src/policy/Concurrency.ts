import { Effect, type SubscriptionRef } from "effect"
import * as Range from "../domain/Range.ts"
import { NeverAdmissible, refuse } from "../domain/Rejection.ts"
import { Gate } from "../Gate.ts"
import * as Live from "../internal/Live.ts"
import { Claim, Permits } from "../internal/Permits.ts"
import { Stats } from "../Stats.ts"
import { Work } from "../Work.ts"

export interface Options {
  /** Calls that may run at once, a whole number from 1 to 100000, or `Infinity`; a `SubscriptionRef` changes it while calls wait. */
  readonly permits: number | SubscriptionRef.SubscriptionRef<number>
}

const names: Range.Names<Options> = { permits: true }

/**
 * Bounds how many calls run at once; the others wait in the order they came, wide ones too.
 *
 * A call takes `Ask.permits` and holds them until its work has really ended. One that asks for more than there are is
 * refused as `NeverAdmissible`. When the number falls, running calls go on and the next waits until there is room.
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* (inner) {
      const checker = new Range.Checker()
      const given = checker.options(options, names)
      const permits = new Permits(checker.number("permits", Live.current(given.permits), Range.permits))
      yield* checker.done
      const { watch } = yield* Stats.recorder
      watch(() => ({ maxConcurrent: permits.total }))
      const tooWide = (asked: number) =>
        refuse(new NeverAdmissible({ limit: "permits", asked, capacity: permits.total }))
      yield* Live.follow("permits", options.permits, Range.permits, (total) =>
        permits.resize(total, (claim) => tooWide(claim.permits))
      )

      return (ask, call) =>
        Effect.suspend(() => {
          if (ask.permits > permits.total) return tooWide(ask.permits)
          const claim = new Claim(ask.permits)
          const work = Work.here()
          const earlier = work.attempt
          return Effect.onExitPrimitive(
            Effect.suspend(() =>
              permits.tryTake(claim) ? inner(ask, call) : Effect.andThen(permits.take(claim), inner(ask, call))
            ),
            () => {
              work.afterAttempt(() => permits.release(claim), earlier)
              return undefined
            }
          )
        })
    })
  )
