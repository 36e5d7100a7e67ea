import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Ask } from "../src/domain/Ask.ts"
import { Gate } from "../src/Gate.ts"
import { Stats } from "../src/Stats.ts"
import { holds, recovers, whole } from "./support/laws.ts"
import { Observer, type Work } from "./support/observer.ts"
import { defaultStack, entries, type Entry, limitsOf, on } from "./support/stack.ts"
import { everyStep, interruptedAt } from "./support/victim.ts"

const settings = {
  maxConcurrentRequests: 2,
  requestsPerSecond: 5,
  maxQueueSize: 2,
  circuitBreaker: { maxFailures: 2, timeout: "2 seconds" },
  maxWait: "20 seconds",
  requestTimeout: "30 seconds"
} as const

const stacks: ReadonlyArray<Entry> = [
  ...entries,
  {
    name: "The default stack",
    stack: () => defaultStack(settings),
    limits: { ...limitsOf(settings), openFor: 2, timeout: 30, attempt: 30 }
  }
]

const slowly: Work = () => Effect.as(Effect.sleep("1 second"), "answer")
const flaky: Work = (attempt) => (attempt === 1 ? Effect.fail({ status: 500 }) : Effect.succeed("answer"))

/** Four calls that share the gate, of which one is interrupted at a step; tells whether it came to that step. */
const scene =
  ({ limits, stack }: Entry, victim: number, work: Work) =>
  (step: number) =>
    on(
      stack,
      Effect.gen(function* () {
        const { pass } = yield* Gate
        const observer = yield* Observer.make
        const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
        let reached = () => false
        for (let i = 0; i < 4; i++) {
          const call = observer.pass(pass, Ask.make({ caller: `caller ${i}` }), i === victim ? work : slowly)
          if (i === victim) {
            const interrupted = yield* interruptedAt(step, call)
            reached = interrupted.reached
            fibers.push(interrupted.fiber)
          } else {
            fibers.push(yield* Effect.forkChild(call, { startImmediately: true }))
          }
        }
        yield* TestClock.adjust("20 seconds")

        holds(observer.wrongs)
        assert.deepStrictEqual(
          fibers.map((fiber) => fiber.pollUnsafe() !== undefined),
          [true, true, true, true]
        )
        holds(yield* recovers(limits))
        holds(yield* whole(limits))
        return reached()
      })
    )

describe("A call interrupted at any step", () => {
  for (const entry of stacks) {
    it.effect(`${entry.name}: leaves every place, permit and token as if it had never been`, () =>
      Effect.gen(function* () {
        for (const [victim, work] of [
          [0, slowly],
          [2, slowly],
          [1, flaky]
        ] as const) {
          assert.isAbove(yield* everyStep(scene(entry, victim, work)), 10)
        }
      })
    )
  }

  it.effect("a probe leaves its slot to another call", () =>
    Effect.gen(function* () {
      const probing = (step: number) =>
        on(
          () => defaultStack({ ...settings, maxRetries: 0, circuitBreaker: { maxFailures: 1, timeout: "2 seconds" } }),
          Effect.gen(function* () {
            const { pass } = yield* Gate
            yield* Effect.exit(pass(Ask.make(), Effect.fail({ status: 500 })))
            yield* TestClock.adjust("2 seconds")
            const probe = yield* interruptedAt(step, pass(Ask.make(), Effect.sleep("1 second")))
            yield* TestClock.adjust("500 millis")
            const left = probe.fiber.pollUnsafe() !== undefined
            const { circuitBreaker } = yield* (yield* Stats).snapshot
            assert.strictEqual(circuitBreaker.state, "half-open")

            const second = yield* Effect.forkChild(Effect.exit(pass(Ask.make(), Effect.succeed("answer"))))
            yield* TestClock.adjust("10 seconds")
            const exit = yield* Fiber.join(second)
            if (left) assert.deepStrictEqual(exit, Exit.succeed("answer"))
            holds(yield* recovers({ ...limitsOf(settings), openFor: 2, timeout: 30 }))
            holds(yield* whole({ ...limitsOf(settings), openFor: 2, timeout: 30 }))
            return probe.reached()
          })
        )

      assert.isAbove(yield* everyStep(probing), 30)
    })
  )
})
