import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Queue, Ref, Scope } from "effect"
import { TestClock } from "effect/testing"
import type * as Board from "../../src/agent/Board.ts"
import * as Population from "../../src/agent/Population.ts"
import { QueueFull, Rejection, ShuttingDown } from "../../src/domain/Rejection.ts"
import { Drain, Draining } from "../../src/Drain.ts"
import { GuardedUpstream } from "../../src/provider/GuardedUpstream.ts"
import { UpstreamUnreachable } from "../../src/provider/Upstream.ts"
import { Stats } from "../../src/Stats.ts"

type Send = GuardedUpstream["Service"]["send"]

const reply = (status: number) => ({ status, headers: {}, body: new Uint8Array() })
const after =
  (millis: number, status = 200): Send =>
  () =>
    Effect.as(Effect.sleep(millis), reply(status))

/** Runs a population for some time, and tells the figures and the jobs left on the board. */
const lives = Effect.fnUntraced(
  function* (send: Send, options: Partial<Population.Options>, time: number) {
    const board = yield* Queue.unbounded<Board.Job>()
    const scope = yield* Scope.make()
    yield* Population.run(board, { size: 2, jobsPerMinute: 60, model: "m", ...options }).pipe(
      Effect.provideService(GuardedUpstream, { send, open: () => Effect.die("Unexpected") }),
      Scope.provide(scope)
    )
    yield* TestClock.adjust(time)
    const { jobs } = yield* Effect.flatMap(Stats, ({ snapshot }) => snapshot)
    yield* Scope.close(scope, Exit.void)
    return { ...jobs, left: yield* Queue.size(board) }
  },
  (effect) => Effect.provide(effect, Stats.layer)
)

describe("Population", () => {
  it.effect("jobs come as often as asked, at random moments", () =>
    Effect.gen(function* () {
      const { completed, created } = yield* lives(after(10), { jobsPerMinute: 600 }, 600_000)

      assert.closeTo(created, 6000, 300)
      assert.closeTo(completed, created, 20)
    })
  )

  it.effect("jobs come faster than a timer ticks", () =>
    Effect.gen(function* () {
      const { created } = yield* lives(after(0), { jobsPerMinute: 300_000 }, 2000)

      assert.closeTo(created, 10_000, 500)
    })
  )

  it.effect("the same seed brings the same jobs", () =>
    Effect.gen(function* () {
      const days = yield* Effect.forEach(["a", "a", "b"], (seed) =>
        Effect.provide(lives(after(0), { seed }, 600_000), TestClock.layer())
      )

      assert.deepStrictEqual(days[0], days[1])
      assert.notDeepEqual(days[0], days[2])
    })
  )

  it.effect("each agent has one job in hand at a time", () =>
    Effect.gen(function* () {
      const busy = yield* Ref.make<readonly [now: number, most: number]>([0, 0])
      const send: Send = () =>
        Effect.acquireUseRelease(
          Ref.update(busy, ([now, most]) => [now + 1, Math.max(most, now + 1)] as const),
          () => Effect.as(Effect.sleep(5000), reply(200)),
          () => Ref.update(busy, ([now, most]) => [now - 1, most] as const)
        )
      yield* lives(send, { size: 3, jobsPerMinute: 600 }, 60_000)

      assert.strictEqual((yield* Ref.get(busy))[1], 3)
    })
  )

  it.effect.each([
    ["an error of the model", after(0, 500)],
    ["a refusal", () => Effect.fail(new Rejection({ reason: new QueueFull({ capacity: 1, retryAfter: undefined }) }))],
    ["an endpoint out of reach", () => Effect.fail(new UpstreamUnreachable({ reason: undefined }))]
  ] as const)("%s fails the job, and the agent goes on", ([, send]) =>
    Effect.gen(function* () {
      const { completed, created, failed } = yield* lives(send as Send, { size: 1 }, 600_000)

      assert.isAbove(created, 100)
      assert.deepStrictEqual([completed, failed], [0, created])
    })
  )

  it.effect("jobs in hand go back on the board when the population stops", () =>
    Effect.gen(function* () {
      const { completed, created, failed, left } = yield* lives(after(7000), { size: 3 }, 60_000)

      assert.isAbove(completed, 0)
      assert.strictEqual(created, completed + failed + left)
    })
  )

  it.effect("when the gate closes, no job is created, and none is lost", () =>
    Effect.gen(function* () {
      const drain = new Drain()
      const send: Send = () =>
        Effect.suspend(() =>
          drain.begun()
            ? Effect.fail(new Rejection({ reason: new ShuttingDown({ retryAfter: undefined }) }))
            : Effect.as(Effect.sleep(1000), reply(200))
        )
      yield* Effect.forkChild(Effect.delay(drain.begin, 60_000))
      const { created, completed, failed, left } = yield* Effect.provide(
        lives(send, { jobsPerMinute: 300 }, 600_000),
        Layer.succeed(Draining, drain)
      )

      assert.closeTo(created, 300, 60)
      assert.strictEqual(failed, 0)
      assert.strictEqual(created, completed + left)
    })
  )

  it.effect("without agents there are no jobs, and without jobs no calls", () =>
    Effect.gen(function* () {
      const none: Send = () => Effect.die("asked")

      assert.strictEqual((yield* lives(none, { size: 0 }, 600_000)).created, 0)
      assert.strictEqual((yield* lives(none, { jobsPerMinute: 0 }, 600_000)).created, 0)
    })
  )
})
