import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Random } from "effect"
import { TestClock } from "effect/testing"
import { Ask } from "../src/domain/Ask.ts"
import { Gate } from "../src/Gate.ts"
import { type Plan, play } from "./support/chaos.ts"
import { faithful, holds, truthful } from "./support/laws.ts"
import { Observer, refusal } from "./support/observer.ts"
import { runs } from "./support/runs.ts"
import { defaultStack, limitsOf } from "./support/stack.ts"

const kinds = ["succeed", "fail", "wrong", "die", "hang", "interrupt"] as const

const crowd = (size: number): Effect.Effect<ReadonlyArray<Plan>> =>
  Effect.forEach(Array.from({ length: size }), () =>
    Effect.gen(function* () {
      const draw = (below: number) => Effect.map(Random.next, (share) => Math.floor(share * below))
      const kind = kinds[yield* draw(kinds.length)]!
      const leaves = (yield* draw(4)) === 0 || kind === "hang" ? yield* draw(20) : Infinity
      const [at, takes, caller, priority] = [yield* draw(30), yield* draw(15), yield* draw(50), yield* draw(3)]
      return { at, kind, takes, leaves, caller, priority, weight: 1, permits: 1 }
    })
  )

describe("The truth of what the default stack tells", () => {
  it.effect("S36: of a crowd that ends in every way nothing is left in use, and the sums hold throughout", () => {
    const options = { maxConcurrentRequests: 200, requestsPerSecond: Infinity, maxQueueSize: 200, maxRetries: 0 }
    const limits = limitsOf(options)
    return Effect.gen(function* () {
      const plans = yield* crowd(runs(2_000, 10_000))
      const observer = yield* play(plans, 2048, 60, (observer) => Effect.map(truthful(observer, true, limits), holds))

      holds([...observer.wrongs, ...observer.calls.flatMap((call) => faithful(call, limits))])
      assert.deepStrictEqual([observer.running.length, observer.waiting.length], [0, 0])
      assert.isAtMost(observer.peak, 200)
    }).pipe(
      Random.withSeed("crowd"),
      Effect.provide(defaultStack({ ...options, circuitBreaker: { maxFailures: 40, timeout: 300 } }))
    )
  })

  it.effect("an open circuit admits a lone caller who comes when it was told, and none who comes before", () =>
    Effect.gen(function* () {
      const { pass } = yield* Gate
      yield* Effect.exit(pass(Ask.make(), Effect.fail({ status: 500 })))
      yield* TestClock.adjust("1234 millis")
      const observer = yield* Observer.make
      const call = Effect.exit(observer.pass(pass, Ask.make(), () => Effect.void))
      yield* call
      const told = Duration.toMillis(refusal(observer.calls[0]!)!.retryAfter!)
      yield* TestClock.adjust(told - 1)
      yield* call
      yield* TestClock.adjust(1)
      yield* call

      assert.strictEqual(told, 30_000 - 1234)
      assert.deepStrictEqual(
        observer.calls.map(({ starts }) => starts.length),
        [0, 0, 1]
      )
    }).pipe(Effect.provide(defaultStack({ maxRetries: 0, circuitBreaker: { maxFailures: 1 } })))
  )

  it.effect("S47: the late success of a call begun before the circuit opened closes nothing", () =>
    Effect.gen(function* () {
      const { pass } = yield* Gate
      const observer = yield* Observer.make
      const slow = observer.pass(pass, Ask.make(), () => Effect.sleep("4 seconds"))
      const late = yield* Effect.forkChild(slow, { startImmediately: true })
      const hung = yield* Effect.forkChild(slow, { startImmediately: true })
      yield* Effect.exit(observer.pass(pass, Ask.make(), () => Effect.fail({ status: 500 })))
      yield* TestClock.adjust("3 seconds")
      const probe = yield* Effect.forkChild(slow, { startImmediately: true })
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(late)
      yield* Fiber.join(hung)
      yield* Effect.exit(observer.pass(pass, Ask.make(), () => Effect.void))

      assert.isUndefined(probe.pollUnsafe())
      assert.strictEqual(refusal(observer.calls.at(-1)!)?._tag, "CircuitOpen")
    }).pipe(
      Effect.provide(
        defaultStack({
          maxRetries: 0,
          requestsPerSecond: Infinity,
          circuitBreaker: { maxFailures: 1, timeout: "3 seconds" }
        })
      )
    )
  )
})
