import { assert, describe, it } from "@effect/vitest"
import { Effect, Random, Schema } from "effect"
import { TestClock } from "effect/testing"
import { play, Plans, Rhythms, seconds } from "./support/chaos.ts"
import { bounded, faithful, holds, lively, recovers, roomy, truthful, whole } from "./support/laws.ts"
import { runs } from "./support/runs.ts"
import { defaultStack, limitsOf, on, Settings } from "./support/stack.ts"

describe("The default stack, under random loads", () => {
  it.effect.prop(
    "S36: it keeps what it admits, counts each call once, holds its bounds, and loses nothing",
    { plans: Plans, rhythm: Rhythms, settings: Settings },
    ({ plans, rhythm, settings }) => {
      const limits = limitsOf(settings)
      return on(
        () => defaultStack(settings),
        Effect.gen(function* () {
          const observer = yield* play(plans, rhythm, seconds(12), (observer, last) =>
            Effect.gen(function* () {
              holds(yield* truthful(observer, true, limits))
              if (!last) holds(yield* lively(observer, limits, rhythm))
            })
          )

          holds(observer.wrongs)
          holds(observer.calls.flatMap((call) => faithful(call, limits)))
          holds(bounded(observer, limits))
          if (rhythm > 100) holds(roomy(observer, limits))
          holds(yield* recovers(limits))
          holds(yield* whole(limits))
        })
      )
    },
    { arbitrary: { runs: runs(40, 600) }, timeout: 120_000 }
  )

  it.effect.prop(
    "S79: the same seed makes the same log, after which nothing moves any more",
    { plans: Plans, settings: Settings, seed: Schema.Int },
    ({ plans, seed, settings }) => {
      const limits = limitsOf(settings)
      // A clock and a generator of its own for each run.
      const run = () =>
        on(
          () => defaultStack(settings),
          Effect.gen(function* () {
            const samples: Array<unknown> = []
            const { log } = yield* play(plans, 2048, seconds(8), (observer) =>
              Effect.map(truthful(observer, true, limits), (wrongs) => samples.push(wrongs, observer.running.length))
            )
            const length = log.length
            yield* TestClock.adjust("1 day")
            return { log, samples, more: log.length - length }
          })
        ).pipe(Random.withSeed(seed), Effect.provide(TestClock.layer()))
      return Effect.gen(function* () {
        const first = yield* run()
        const second = yield* run()

        assert.deepStrictEqual(second, first)
        assert.strictEqual(first.more, 0)
      })
    },
    { arbitrary: { runs: runs(15, 300) } }
  )
})
