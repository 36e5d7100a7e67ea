import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Layer, References, Schedule, Stream } from "effect"
import { TestClock } from "effect/testing"
import { CircuitOpen, DeadlineExceeded, Rejection } from "../../../src/Rejection.ts"
import { Gate } from "../../../src/Gate.ts"
import * as Metrics from "../../../src/policy/Metrics/Metrics.ts"
import { StreamProgress } from "../../../src/StreamProgress.ts"
import { Stats } from "../../../src/Stats.ts"

const options = { caller: "ada" }
const open = Metrics.layer().pipe(Layer.provide(Gate.layerNoop), Layer.provideMerge(Stats.layer))
/** Over a gate that treats its calls as it likes. */
const over = (pass: Gate["Service"]["pass"]) =>
  Metrics.layer().pipe(Layer.provide(Layer.succeed(Gate, { pass })), Layer.provideMerge(Stats.layer))
const requests = Effect.map(
  Effect.flatMap(Stats, ({ snapshot }) => snapshot),
  ({ requests }) => requests
)

describe("Metrics", () => {
  it.effect("an answer, a failure, a defect and a caller that left are counted once each, as what they are", () =>
    Effect.gen(function* () {
      yield* Gate.pass(options, Effect.void)
      yield* Effect.exit(Gate.pass(options, Effect.fail("down")))
      yield* Effect.exit(Gate.pass(options, Effect.die("broken")))
      const leaver = yield* Effect.forkChild(Gate.pass(options, Effect.never), { startImmediately: true })
      yield* Fiber.interrupt(leaver)
      const { cancelled, failed, inFlight, succeeded, total } = yield* requests

      assert.deepStrictEqual([total, succeeded, failed, cancelled, inFlight], [4, 1, 2, 1, 0])
    }).pipe(Effect.provide(open))
  )

  it.effect("an error that says that the request is at fault is an answer, unless a part of another had come", () =>
    Effect.gen(function* () {
      const progress = new StreamProgress()
      yield* Effect.exit(Gate.pass(options, Effect.fail({ status: 401 })))
      yield* Effect.exit(Gate.pass(options, Effect.fail({ status: 429 })))
      yield* Effect.exit(
        Gate.pass(
          options,
          Effect.suspend(() => {
            progress.onChunk()
            return Effect.fail({ status: 400 })
          })
        )
      ).pipe(Effect.provideService(StreamProgress.current, progress))
      const { failed, succeeded, total } = yield* requests
      const { invalid, unauthorized } = yield* Effect.flatMap(Stats, ({ recent }) => recent)

      assert.deepStrictEqual([total, succeeded, failed], [3, 1, 2])
      assert.deepStrictEqual([unauthorized, invalid], [1, 0])
    }).pipe(Effect.provide(open))
  )

  it.effect("a call is in flight from its arrival, and active while it is at the model", () => {
    const door = Deferred.makeUnsafe<void>()
    return Effect.gen(function* () {
      const stats = yield* Stats
      const seen = Effect.map(stats.snapshot, ({ queue, requests }) => [requests.inFlight, queue.activeRequests])
      const call = yield* Effect.forkChild(Gate.pass(options, Effect.sleep("2 seconds")), { startImmediately: true })
      const waiting = yield* seen
      yield* TestClock.adjust("1 second")
      yield* Deferred.succeed(door, undefined)
      yield* TestClock.adjust("1 second")
      const running = yield* seen
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(call)
      const { latency, queue, requests, wait } = yield* stats.snapshot

      assert.deepStrictEqual(
        [waiting, running],
        [
          [1, 0],
          [1, 1]
        ]
      )
      assert.deepStrictEqual([requests.inFlight, queue.activeRequests], [0, 0])
      assert.approximately(wait.mean!, 1000, 20)
      assert.approximately(latency.mean!, 2000, 40)
    }).pipe(Effect.provide(over((_ask, call) => Effect.andThen(Deferred.await(door), call))))
  })

  it.effect("attempts after the first are counted as retried, the call as one", () =>
    Effect.gen(function* () {
      yield* Effect.exit(Gate.pass(options, Effect.fail("down")))
      const { failed, retried, total } = yield* requests

      assert.deepStrictEqual([total, failed, retried], [1, 1, 2])
    }).pipe(Effect.provide(over((_ask, call) => Effect.retry(call, { times: 2 }))))
  )

  it.effect("a refusal before the start is rejected with its reason; one after it is a failure", () =>
    Effect.gen(function* () {
      yield* Effect.exit(Gate.pass(options, Effect.void))
      const before = yield* requests
      yield* Effect.exit(Gate.pass({ caller: "late" }, Effect.void))
      const after = yield* requests

      assert.deepStrictEqual([before.rejected, before.rejections.CircuitOpen, before.failed], [1, 1, 0])
      assert.deepStrictEqual([after.rejected, after.failed, after.total], [1, 1, 2])
    }).pipe(
      Effect.provide(
        over(({ caller }, call) => {
          const refused = Effect.fail(new Rejection({ reason: new CircuitOpen({ retryAfter: undefined }) }))
          return caller === "late" ? Effect.andThen(call, refused) : refused
        })
      )
    )
  )

  it.effect("a deadline refuses a call that had not started, and times out one that had", () =>
    Effect.gen(function* () {
      yield* Effect.exit(Gate.pass(options, Effect.void))
      yield* Effect.exit(Gate.pass({ caller: "late" }, Effect.void))
      const { rejected, rejections, timedOut } = yield* requests

      assert.deepStrictEqual([rejected, rejections.DeadlineExceeded, timedOut], [1, 1, 1])
    }).pipe(
      Effect.provide(
        over(({ caller }, call) => {
          const started = caller === "late"
          const late = Effect.fail(
            new Rejection({
              reason: new DeadlineExceeded({ limit: "call", started, elapsed: Duration.zero, retryAfter: undefined })
            })
          )
          return started ? Effect.andThen(call, late) : late
        })
      )
    )
  )

  it.effect("without anybody who counts, it lets calls through all the same", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Gate.pass(options, Effect.succeed("answer")), "answer")
    }).pipe(Effect.provide(Layer.provide(Metrics.layer(), Gate.layerNoop)))
  )

  it.effect("the first part of a stream is told once", () =>
    Effect.gen(function* () {
      const { onEvent } = yield* Stats
      const firsts: Array<number> = []
      onEvent((event) => {
        if (event._tag === "FirstChunk") firsts.push(event.after)
      })
      const part = Stream.fromEffect(Effect.delay(Effect.succeed("part"), "1 second"))
      const reader = yield* Effect.forkChild(
        Stream.runDrain(Gate.stream(options, Stream.repeat(part, Schedule.recurs(2))))
      )
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.join(reader)

      assert.deepStrictEqual(firsts, [1000])
    }).pipe(Effect.provide(open))
  )

  it.effect("a caller that is gone before its call has arrived is not counted, wherever its fiber was", () =>
    Effect.gen(function* () {
      const pause = Effect.asVoid(Effect.yieldNow)
      for (let before = 0; before < 6; before++) {
        for (let steps = 0; steps < 12; steps++) {
          // The fiber gives way after five operations: so many before the call put that at each of its own.
          const way = Effect.forEach(Array.from({ length: before }), () => Effect.void, { discard: true })
          const call = Effect.andThen(way, Gate.pass(options, Effect.never))
          const caller = yield* Effect.forkChild(Effect.provideService(call, References.MaxOpsBeforeYield, 5), {
            startImmediately: true
          })
          for (let step = 0; step < steps; step++) yield* pause
          yield* Fiber.interrupt(caller)
          const { cancelled, inFlight, total } = yield* requests
          assert.deepStrictEqual([inFlight, total], [0, cancelled])
        }
      }
      assert.isAbove((yield* requests).total, 0)
    }).pipe(Effect.provide(open))
  )
})
