import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Logger, Ref, Schema } from "effect"
import { AiError } from "effect/ai"
import { TestClock } from "effect/testing"
import { QueueFull, type Reason, Rejection, ShuttingDown } from "../../src/Rejection.ts"
import * as Kind from "../../src/demo/Kind.ts"
import { Drain, Draining } from "../../src/Drain.ts"
import { toAiError } from "../../src/ai/guarded/GatedCalls.ts"
import { fork } from "../support/gate.ts"
import { after, lives, type Model, obedient } from "../support/population.ts"
import { failure } from "../support/scripted.ts"

const refused = (reason: Reason) =>
  Effect.mapError(Effect.fail(new Rejection({ reason })), (rejection) => toAiError(rejection, "generateText"))

describe("Population", () => {
  it.effect("as many jobs come as asked, and then no more", () =>
    Effect.gen(function* () {
      const { completed, created, left } = yield* lives(after(10), { jobs: 7 }, 600_000)

      assert.deepStrictEqual([created, completed, left], [7, 7, 0])
    })
  )

  it.effect("each agent has one job in hand at a time", () =>
    Effect.gen(function* () {
      const busy = yield* Ref.make<readonly [now: number, most: number]>([0, 0])
      const model: Model = (heard) =>
        Effect.acquireUseRelease(
          Ref.update(busy, ([now, most]) => [now + 1, Math.max(most, now + 1)] as const),
          () => Effect.as(Effect.sleep(5000), obedient(heard)),
          () => Ref.update(busy, ([now, most]) => [now - 1, most] as const)
        )
      yield* lives(model, { size: 3, jobsPerMinute: 600 }, 60_000)

      assert.strictEqual((yield* Ref.get(busy))[1], 3)
    })
  )

  it.effect("more agents do the same jobs, each of them fewer", () =>
    Effect.gen(function* () {
      const work = Effect.fnUntraced(function* (size: number) {
        const { completed, most } = yield* lives(after(2000), { size, jobs: 60 }, 600_000)
        return [completed, most] as const
      })
      const [few, most] = yield* work(2)
      const [many, least] = yield* work(20)

      assert.deepStrictEqual([few, many], [60, 60])
      assert.isAtMost(least, most / 4)
    })
  )

  it.effect.each([
    ["wrong", () => Effect.succeed('{"yes":false}')],
    ["wrong", () => Effect.succeed("I would rather not.")],
    ["late", () => Effect.never],
    ["late", () => Effect.fail(failure(new AiError.InternalProviderError({ description: "down" })))],
    ["late", () => refused(new QueueFull({ capacity: 1, retryAfter: Duration.minutes(1) }))],
    ["refused", () => Effect.fail(failure(new AiError.InvalidRequestError({ description: "no such model" })))]
  ] as ReadonlyArray<readonly ["wrong" | "late" | "refused", Model]>)(
    "a job that is %s is given up with that reason, and the agent goes on",
    ([reason, model]) =>
      Effect.gen(function* () {
        const { completed, created, failed, failures, left, pending } = yield* lives(
          model,
          { size: 1, jobs: 3, deadline: "50 seconds" },
          600_000
        )

        assert.deepStrictEqual([created, completed, pending, left], [3, 0, 0, 0])
        assert.deepStrictEqual([failed, failures[reason]], [3, 3])
      })
  )

  it.effect("a defect fails its job, is told, and ends no agent", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const logger = Logger.make(({ message }) => void told.push(String(message)))
      const { completed, created, failed, failures, pending } = yield* Effect.provide(
        lives(
          (heard, call) => (call === 2 ? Effect.die(new Error("oh")) : after(10)(heard, call)),
          { size: 1, jobs: 3 },
          600_000
        ),
        Logger.layer([logger])
      )

      assert.deepStrictEqual([created, completed, failed, pending], [3, 2, 1, 0])
      assert.deepStrictEqual(failures, { wrong: 0, late: 0, refused: 0 })
      assert.match(told.join("\n"), /broke down/)
    })
  )

  it.effect("no job is completed twice, whatever goes wrong on the way", () =>
    Effect.gen(function* () {
      const accepted = new Map<string, number>()
      let made = 0
      const counted = Kind.make({
        name: "counted",
        goal: "Say yes.",
        result: Schema.Struct({ yes: Schema.Boolean }),
        make: () => {
          const name = `job ${++made}`
          return { task: name, check: () => void accepted.set(name, (accepted.get(name) ?? 0) + 1) }
        }
      })
      const down = Effect.fail(failure(new AiError.InternalProviderError({ description: "down" })))
      const model: Model = (heard, call) => (call % 3 === 0 ? down : after(700)(heard, call))
      const { completed } = yield* lives(model, { kinds: [counted], jobs: 40, size: 5 }, 600_000)

      assert.strictEqual(completed, 40)
      assert.deepStrictEqual(
        [...accepted.values()],
        Array.from({ length: 40 }, () => 1)
      )
    })
  )

  it.effect("a refused call comes back when it is told to, and the job is completed", () =>
    Effect.gen(function* () {
      const moments: Array<number> = []
      const model: Model = (heard, call) =>
        Effect.flatMap(
          TestClock.testClockWith((clock) => clock.currentTimeMillis),
          (now) => {
            moments.push(now)
            return call === 1
              ? refused(new QueueFull({ capacity: 1, retryAfter: Duration.seconds(20) }))
              : Effect.succeed(obedient(heard))
          }
        )
      const { completed } = yield* lives(model, { size: 1, jobs: 1 }, 600_000)

      assert.strictEqual(completed, 1)
      assert.isAtLeast(moments[1]! - moments[0]!, 20_000)
      assert.isAtMost(moments[1]! - moments[0]!, 24_000)
    })
  )

  it.effect("jobs in hand go back on the board when the population stops", () =>
    Effect.gen(function* () {
      const { completed, created, failed, left } = yield* lives(after(7000), { size: 3 }, 60_000)

      assert.isAbove(completed, 0)
      assert.strictEqual(created, completed + failed + left)
    })
  )

  it.effect("agents stop all at once, though each takes its time", () =>
    Effect.gen(function* () {
      const model: Model = () => Effect.onInterrupt(Effect.never, () => Effect.sleep("10 seconds"))
      const living = yield* fork(lives(model, { size: 5, jobs: 5, jobsPerMinute: 600 }, 5000))
      yield* TestClock.adjust("10 seconds")

      assert.isDefined(living.pollUnsafe())
    })
  )

  it.effect("when the gate closes, no job is lost or given up", () =>
    Effect.gen(function* () {
      const drain = new Drain()
      const model: Model = (heard) =>
        Effect.suspend(() =>
          drain.isDraining()
            ? refused(new ShuttingDown({ retryAfter: undefined }))
            : Effect.as(Effect.sleep(1000), obedient(heard))
        )
      yield* Effect.forkChild(Effect.delay(drain.begin, 60_000))
      const { created, completed, failed, left } = yield* Effect.provide(
        lives(model, { jobsPerMinute: 300 }, 600_000),
        Layer.succeed(Draining, drain)
      )

      assert.isAbove(left, 0)
      assert.strictEqual(failed, 0)
      assert.strictEqual(created, completed + left)
    })
  )

  it.effect("without agents there are no jobs, and without jobs no calls", () =>
    Effect.gen(function* () {
      const none: Model = () => Effect.die("asked")

      assert.strictEqual((yield* lives(none, { size: 0 }, 600_000)).created, 0)
      assert.strictEqual((yield* lives(none, { jobsPerMinute: 0 }, 600_000)).created, 0)
    })
  )
})
