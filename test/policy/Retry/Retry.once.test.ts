import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Fiber, Layer, Random, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../../../src/Gate.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Retry from "../../../src/policy/Retry/Retry.ts"
import { make, type RunOptions } from "../../../src/Provider.ts"
import { recorder } from "../../support/policies.ts"
import { fork, gate, times } from "../../support/gate.ts"

const retry = (options: Partial<Retry.Options> = {}) =>
  Retry.layer({ maxRetries: 2, minPerSecond: 1e6, isTransient: () => true, ...options })
const noop = Gate.wrap((pass) => Effect.succeed((options, call) => pass(options, call)))

/** Runs a call to its end, however long it backs off, and returns how often it was attempted. */
const attempts = Effect.fnUntraced(function* (
  call: (work: Effect.Effect<never, unknown>) => Effect.Effect<unknown, unknown>,
  failure: unknown = { status: 500 }
) {
  const { seen, watch } = recorder()
  const fiber = yield* fork(Effect.exit(call(watch(Effect.fail(failure)))))
  yield* TestClock.adjust("10 minutes")
  assert.deepStrictEqual(yield* Fiber.join(fiber), Exit.fail(failure))
  return seen.starts.length
})

type Inner = (options?: RunOptions) => Promise<unknown>

describe("Retry, one set of retries however many gates", () => {
  for (const failure of [{ status: 500 }, new Error("down"), "down"]) {
    it.effect(`S73: a retry of 3 attempts inside a retry of 3 makes 3 (${String(failure)})`, () =>
      Effect.gen(function* () {
        const pass = yield* gate(Layer.provide(retry(), retry()))
        assert.strictEqual(yield* attempts((work) => pass({}, work), failure), 3)
      })
    )

    it.effect(`the same with a wrapper between them (${String(failure)})`, () =>
      Effect.gen(function* () {
        const pass = yield* gate(retry().pipe(Layer.provide(noop), Layer.provide(retry())))
        assert.strictEqual(yield* attempts((work) => pass({}, work), failure), 3)
      })
    )

    it.effect(`the same through two gates of one program (${String(failure)})`, () =>
      Effect.gen(function* () {
        const [outer, inner] = [yield* gate(retry()), yield* gate(retry())]
        assert.strictEqual(
          yield* attempts((work) => outer({}, Effect.andThen(Effect.yieldNow, inner({}, work))), failure),
          3
        )
      })
    )
  }

  it.effect("a gate whose outer policies make no retries makes its own", () =>
    Effect.gen(function* () {
      const [outer, inner] = [yield* gate(ConcurrencyLimit.layer({ permits: 3 })), yield* gate(retry())]
      assert.strictEqual(yield* attempts((work) => outer({}, inner({}, work))), 3)
    })
  )

  it.effect("a failure that one call has retried is retried for the next one too", () =>
    Effect.gen(function* () {
      const pass = yield* gate(retry())
      const failure = new Error("shared")
      for (const _ of times(2)) assert.strictEqual(yield* attempts((work) => pass({}, work), failure), 3)
    })
  )

  it.effect.each([
    ["at once", (inner: Inner) => inner()],
    [
      "with the signal of the work",
      (inner: Inner, signal: AbortSignal) => Promise.resolve().then(() => inner({ signal }))
    ]
  ] as const)("through two gates of promises, where the inner one is called %s", ([, work]) =>
    Effect.gen(function* () {
      const options = { maxRetries: 2, requestsPerSecond: Infinity }
      const [outer, inner] = [yield* make(options), yield* make(options)]
      let made = 0
      const failing = () => {
        made++
        return Promise.reject(Object.assign(new Error("down"), { status: 500 }))
      }
      const call = outer.run((signal) => work((options) => inner.run(failing, options), signal)).catch(() => {})
      yield* TestClock.adjust("10 minutes")
      yield* Effect.promise(() => call)

      assert.strictEqual(made, 3)
    })
  )
})

describe("Retry, on a schedule", () => {
  const moments = Effect.fnUntraced(function* (schedule: Schedule.Schedule<unknown, unknown>, maxRetries = 20) {
    const pass = yield* gate(retry({ schedule, maxRetries }))
    const { seen, watch } = recorder()
    yield* fork(Effect.exit(pass({}, watch(Effect.fail({ status: 500 })))))
    yield* TestClock.adjust("1 hour")
    return seen.starts
  })

  it.effect("waits as the schedule says, for as long as it goes on", () =>
    Effect.gen(function* () {
      const schedule = Schedule.exponential("1 second").pipe(Schedule.upTo({ times: 3 }))
      assert.deepStrictEqual(yield* moments(schedule), [0, 1_000, 3_000, 7_000])
    })
  )

  it.effect("makes no more retries than maxRetries", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* moments(Schedule.spaced("1 second"), 2), [0, 1_000, 2_000])
    })
  )

  for (const [kind, schedule] of [
    ["waits for a promise", Schedule.modifyDelay(Schedule.forever, () => Effect.promise(() => Promise.resolve(1)))],
    ["sleeps", Schedule.modifyDelay(Schedule.forever, () => Effect.as(Effect.sleep(1), 1))],
    ["dies", Schedule.modifyDelay(Schedule.forever, () => Effect.die(new Error("bug")))],
    ["fails", Schedule.modifyDelay(Schedule.forever, () => Effect.fail("no delay"))]
  ] as const) {
    it.effect(`a schedule that ${kind} is a defect of its call, and costs nothing`, () =>
      Effect.gen(function* () {
        const limit = ConcurrencyLimit.layer({ permits: 1 })
        const pass = yield* gate(
          Layer.provide(retry({ schedule: schedule as Schedule.Schedule<unknown, unknown>, maxRetries: 3 }), limit)
        )
        const call = yield* fork(pass({}, Effect.fail({ status: 500 })))
        yield* TestClock.adjust("1 minute")

        const exit = call.pollUnsafe()!
        assert.match(
          String(Exit.isFailure(exit) && Cause.squash(exit.cause)),
          /^TypeError: The schedule of Retry must be synchronous and must not fail/
        )
        assert.strictEqual(yield* pass({}, Effect.succeed("free")), "free")
      })
    )
  }

  it.effect("the schedule sees the failure and Effect's Random", () =>
    Effect.gen(function* () {
      const schedule = Schedule.forever.pipe(
        Schedule.setInputType<unknown>(),
        Schedule.modifyDelay(({ input }) =>
          Effect.map(Random.next, (chance) =>
            Duration.millis((input as { readonly status: number }).status + (chance < 0 ? 1 : 0))
          )
        )
      )
      assert.deepStrictEqual(yield* moments(schedule, 2), [0, 500, 1_000])
    })
  )

  it.effect("the failure's own retryAfter is the least delay", () =>
    Effect.gen(function* () {
      const pass = yield* gate(retry({ schedule: Schedule.spaced("1 second"), maxRetries: 1 }))
      const { seen, watch } = recorder()
      yield* fork(Effect.exit(pass({}, watch(Effect.fail({ status: 429, retryAfter: Duration.seconds(5) })))))
      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(seen.starts, [0, 5_000])
    })
  )
})
