import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Random } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../src/Gate.ts"
import * as Headgate from "../src/Headgate.ts"
import { check, Law, Observer, rejection, Scenario } from "../src/testing.ts"
import { runs } from "./support/runs.ts"
import { guaranteesOf } from "./support/stacks.ts"

const kinds: ReadonlyArray<Scenario.Kind> = [
  "succeed",
  "fail",
  "badRequest",
  "die",
  "hang",
  "interrupt",
  "slowAbort",
  "truncated"
]

const crowd = (size: number): Effect.Effect<Scenario.Scenario> =>
  Effect.map(Random.Random, (random) => {
    const draw = (below: number) => Math.floor(random.nextDoubleUnsafe() * below)
    const call = (): Scenario.Call => {
      const kind = kinds[draw(kinds.length)]!
      const at = draw(30) * 100
      const cancelAt = draw(4) === 0 || kind === "hang" ? at + draw(20) * 100 : Infinity
      return { ...Scenario.plain, at, kind, duration: draw(15) * 100, cancelAt, caller: draw(50), priority: draw(3) }
    }
    return { calls: Array.from({ length: size }, call), yieldEvery: Scenario.defaultYieldEvery, seed: 1 }
  })

describe("The truth of what the default stack tells", () => {
  it.effect("S36: of a crowd that ends in every way nothing is left in use, and the sums hold throughout", () => {
    const options = {
      maxConcurrentRequests: 200,
      requestsPerSecond: Infinity,
      maxQueueSize: 200,
      maxRetries: 0,
      circuitBreaker: { maxFailures: 40, timeout: 300 }
    }
    return Effect.gen(function* () {
      const replay = yield* crowd(runs(1_000, 10_000))
      yield* check(Law.all, Headgate.make(options), { ...guaranteesOf(options), replay })
    }).pipe(Random.withSeed("crowd"))
  })

  it.effect("an open circuit admits a lone caller who comes when it was told, and none who comes before", () =>
    Effect.gen(function* () {
      const { pass } = yield* Gate
      yield* Effect.exit(pass({}, Effect.fail({ status: 500 })))
      yield* TestClock.adjust("1234 millis")
      const observer = yield* Observer.make
      const call = Effect.exit(observer.pass(pass, {}, () => Effect.void))
      yield* call
      const told = Duration.toMillis(rejection(observer.calls[0]!)!.retryAfter!)
      yield* TestClock.adjust(told - 1)
      yield* call
      yield* TestClock.adjust(1)
      yield* call

      assert.strictEqual(told, 30_000 - 1234)
      assert.deepStrictEqual(
        observer.calls.map(({ starts }) => starts.length),
        [0, 0, 1]
      )
    }).pipe(Effect.provide(Headgate.make({ maxRetries: 0, circuitBreaker: { maxFailures: 1 } })))
  )

  it.effect("S47: the late success of a call begun before the circuit opened closes nothing", () =>
    Effect.gen(function* () {
      const { pass } = yield* Gate
      const observer = yield* Observer.make
      const slow = observer.pass(pass, {}, () => Effect.sleep("4 seconds"))
      const late = yield* Effect.forkChild(slow, { startImmediately: true })
      const hung = yield* Effect.forkChild(slow, { startImmediately: true })
      yield* Effect.exit(observer.pass(pass, {}, () => Effect.fail({ status: 500 })))
      yield* TestClock.adjust("3 seconds")
      const probe = yield* Effect.forkChild(slow, { startImmediately: true })
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(late)
      yield* Fiber.join(hung)
      yield* Effect.exit(observer.pass(pass, {}, () => Effect.void))

      assert.isUndefined(probe.pollUnsafe())
      assert.strictEqual(rejection(observer.calls.at(-1)!)?._tag, "CircuitOpen")
    }).pipe(
      Effect.provide(
        Headgate.make({
          maxRetries: 0,
          requestsPerSecond: Infinity,
          circuitBreaker: { maxFailures: 1, timeout: "3 seconds" }
        })
      )
    )
  )
})
