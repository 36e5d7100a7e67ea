import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { TestClock } from "effect/testing"
import { Ask } from "../src/domain/Ask.ts"
import { Gate } from "../src/Gate.ts"
import * as Breaker from "../src/policy/Breaker.ts"
import * as Concurrency from "../src/policy/Concurrency.ts"
import * as Deadline from "../src/policy/Deadline.ts"
import * as RateLimit from "../src/policy/RateLimit.ts"
import * as Retry from "../src/policy/Retry.ts"
import * as Timeout from "../src/policy/Timeout.ts"
import * as WaitingRoom from "../src/policy/WaitingRoom.ts"
import { play, Plans, Rhythms, seconds } from "./support/chaos.ts"
import { faithful, holds, recovers, truthful, whole } from "./support/laws.ts"
import { Observer, refusal } from "./support/observer.ts"
import { runs } from "./support/runs.ts"
import { on, open, type Policy, stackOf } from "./support/stack.ts"

const policies: ReadonlyArray<() => Policy> = [
  () => Deadline.layer({ deadline: "1 hour" }),
  () => Retry.layer({ times: 1 }),
  () => WaitingRoom.layer({ capacity: 3 }),
  () => Breaker.layer({ maxFailures: 3, timeout: "1 second", probeTimeout: "5 seconds" }),
  () => Concurrency.layer({ permits: 2 }),
  () => RateLimit.layer({ perSecond: 5, burst: 2 }),
  () => Timeout.layer({ timeout: "20 seconds" })
]
const [retry, room, breaker, concurrency, rate] = [1, 2, 3, 4, 5]

const keys = Schema.Natural.check(Schema.isBetween({ minimum: 0, maximum: 999 }))
/** The policies in a random order, some of them left out. */
const Orders = Arbitrary.map(Arbitrary.all(policies.map(() => Arbitrary.schema(keys))), (keys) =>
  [...keys.entries()]
    .filter(([, key]) => key < 900)
    .sort((a, b) => a[1] - b[1])
    .map(([index]) => index)
)

describe("Any order of the policies", () => {
  it.effect.prop(
    "S77: it conserves calls, and neither loses nor doubles a permit, a place or a token",
    { order: Orders, plans: Plans, rhythm: Rhythms },
    ({ order, plans, rhythm }) => {
      const has = (policy: number) => order.includes(policy)
      const limits = {
        ...open,
        retries: has(retry) ? 1 : 0,
        permits: has(concurrency) ? 2 : Infinity,
        openFor: 1,
        timeout: 5
      }
      // A place is for those who wait in the gates beneath; above the room waits anybody.
      const bounded = has(concurrency) && has(room) && order.indexOf(room) < order.indexOf(concurrency) && !has(rate)
      return on(
        () => stackOf(order.map((index) => policies[index]!())),
        Effect.gen(function* () {
          const observer = yield* play(plans, rhythm, seconds(10), (observer) =>
            Effect.map(truthful(observer, false, limits), holds)
          )

          holds(observer.wrongs)
          // A retry beneath the breaker is another start for it, which it may refuse.
          const again = has(retry) && has(breaker) && order.indexOf(retry) > order.indexOf(breaker)
          const ended = observer.calls.filter((call) => !(again && refusal(call)?._tag === "CircuitOpen"))
          holds(ended.flatMap((call) => faithful(call, limits)))
          if (has(breaker)) holds(yield* recovers(limits))
          const tokens = has(rate) ? { perSecond: 5, burst: 2 } : {}
          if (bounded || !has(room)) holds(yield* whole({ ...limits, ...tokens, capacity: bounded ? 3 : Infinity }))
        })
      )
    },
    { arbitrary: { runs: runs(40, 600) }, timeout: 120_000 }
  )

  it.effect("S77: a token taken by a call that leaves before its start serves the next one", () =>
    on(
      () => stackOf([RateLimit.layer({ perSecond: 1 }), Concurrency.layer({ permits: 1 })]),
      Effect.gen(function* () {
        const { pass } = yield* Gate
        const observer = yield* Observer.make
        const start = (millis: number) =>
          Effect.forkChild(
            observer.pass(pass, Ask.make(), () => Effect.sleep(millis)),
            { startImmediately: true }
          )
        yield* start(1600)
        yield* TestClock.adjust("1 second")
        const leaver = yield* start(100)
        yield* TestClock.adjust("500 millis")
        yield* Fiber.interrupt(leaver)
        yield* TestClock.adjust("200 millis")
        yield* start(100)

        assert.deepStrictEqual(
          observer.calls.map(({ starts }) => starts.length),
          [1, 0, 1]
        )
      })
    )
  )
})
