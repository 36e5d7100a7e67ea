import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, References, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Drain, Draining, Gate, Headgate, Stats, Timeout } from "../src/index.ts"
import { fork, reasonOf, steps, times } from "./support/gate.ts"

const limits = { requestsPerSecond: Infinity, maxConcurrentRequests: 1, requestTimeout: "5 seconds" } as const
const gate = Headgate.make({ ...limits, streamIdleTimeout: "2 seconds" })

const options = {}
const snapshot = Effect.flatMap(Stats, (stats) => stats.snapshot)
const numbers = (from: number, to: number) => Stream.range(from, to).pipe(Stream.rechunk(1))

/** A model that opens a connection for each attempt, and looks on. */
const model = <A, E>(attempt: (count: number) => Stream.Stream<A, E>) => {
  const seen = { asked: 0, connections: 0 }
  const connection = Effect.acquireRelease(
    Effect.sync(() => seen.connections++),
    () => Effect.sync(() => seen.connections--)
  )
  const opening = Effect.map(connection, () => {
    seen.asked++
    return { head: `head ${seen.asked}`, body: attempt(seen.asked) }
  })
  return { seen, opening }
}

/** Fails unless the only place is free again, no connection is open, and the calls before have ended so. */
const free = Effect.fnUntraced(function* (seen: { readonly connections: number }, outcome: string) {
  const { queue, requests } = yield* snapshot
  assert.deepInclude(queue, { activeRequests: 0, queueSize: 0 })
  assert.deepInclude(requests, { inFlight: 0, [outcome]: requests.total })
  assert.strictEqual(seen.connections, 0)
  assert.strictEqual(yield* Gate.pass(options, Effect.succeed("free")), "free")
})

describe("Gate.open", () => {
  it.effect("hands the head out with the first part, the parts in order, and gives the place back after the last", () =>
    Effect.gen(function* () {
      const first = yield* Deferred.make<void>()
      const { opening, seen } = model(() =>
        Stream.concat(Stream.fromEffectDrain(Deferred.await(first)), numbers(1, 50))
      )
      const opened = yield* fork(Gate.open(options, opening))
      yield* steps(20)
      assert.isUndefined(opened.pollUnsafe())

      yield* Deferred.succeed(first, undefined)
      const { body, head } = yield* Fiber.join(opened)

      assert.strictEqual(head, "head 1")
      assert.strictEqual((yield* snapshot).queue.activeRequests, 1)
      assert.deepStrictEqual(
        yield* Stream.runCollect(body),
        times(50).map((n) => n + 1)
      )
      yield* free(seen, "succeeded")
    }).pipe(Effect.provide(gate))
  )

  it.effect("an empty body hands the head out at its end", () =>
    Effect.gen(function* () {
      const { opening, seen } = model(() => Stream.empty)

      const { body, head } = yield* Gate.open(options, opening)

      assert.strictEqual(head, "head 1")
      yield* free(seen, "succeeded")
      assert.deepStrictEqual(yield* Stream.runCollect(body), [])
    }).pipe(Effect.provide(gate))
  )

  it.effect("what fails before the first part is tried again, each time with a connection of its own", () =>
    Effect.gen(function* () {
      const { opening, seen } = model((count) => (count < 3 ? Stream.fail("busy" as const) : numbers(1, 1)))
      const opened = yield* fork(Gate.open(options, opening))
      yield* TestClock.adjust("30 seconds")

      const { body, head } = yield* Fiber.join(opened)

      assert.strictEqual(head, "head 3")
      assert.deepStrictEqual(yield* Stream.runCollect(body), [1])
      yield* free(seen, "succeeded")
    }).pipe(Effect.provide(gate))
  )

  it.effect("a failure to open and one before the first part are the effect's own", () =>
    Effect.gen(function* () {
      const { opening, seen } = model(() => Stream.fail("busy"))

      assert.deepStrictEqual(yield* Effect.exit(Gate.open(options, Effect.fail("shut"))), Exit.fail("shut"))
      assert.deepStrictEqual(yield* Effect.exit(Gate.open(options, Effect.die("bug"))), Exit.die("bug"))
      assert.deepStrictEqual(yield* Effect.exit(Gate.open(options, opening)), Exit.fail("busy"))
      yield* free(seen, "failed")
    }).pipe(Effect.provide(Headgate.make({ ...limits, maxRetries: 0 })))
  )

  it.effect("a refusal is the effect's failure, and nothing is opened", () =>
    Effect.gen(function* () {
      const { opening, seen } = model(() => numbers(1, 2))

      const refused = yield* Effect.exit(Gate.open({ permits: 9 }, opening))

      assert.strictEqual(reasonOf(refused)?._tag, "NeverAdmissible")
      assert.strictEqual(seen.asked, 0)
      yield* free(seen, "rejected")
    }).pipe(Effect.provide(gate))
  )

  it.effect("a failure half-way is the body's, comes after the parts before it, and is not tried again", () =>
    Effect.gen(function* () {
      const { opening, seen } = model(() => Stream.concat(numbers(1, 3), Stream.fail("broken" as const)))
      const parts: Array<number> = []

      const { body } = yield* Gate.open(options, opening)
      const exit = yield* Effect.exit(Stream.runForEach(body, (n) => Effect.sync(() => void parts.push(n))))

      assert.deepStrictEqual(parts, [1, 2, 3])
      assert.deepStrictEqual(exit, Exit.fail("broken"))
      assert.strictEqual(seen.asked, 1)
      yield* free(seen, "failed")
    }).pipe(Effect.provide(gate))
  )

  it.effect("a defect half-way reaches the reader", () =>
    Effect.gen(function* () {
      const { opening, seen } = model(() => Stream.concat(numbers(1, 3), Stream.die("bug")))

      const { body } = yield* Gate.open(options, opening)

      assert.deepStrictEqual(yield* Effect.exit(Stream.runDrain(body)), Exit.die("bug"))
      yield* free(seen, "failed")
    }).pipe(Effect.provide(gate))
  )

  const endless = () => model(() => Stream.concat(numbers(1, 3), Stream.never))

  it.effect("a reader that has enough gives the place back before it goes on", () =>
    Effect.gen(function* () {
      const { opening, seen } = endless()

      const { body } = yield* Gate.open(options, opening)
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(body, 2)), [1, 2])

      yield* free(seen, "cancelled")
    }).pipe(Effect.provide(gate))
  )

  it.effect("a reader that is interrupted gives the place back", () =>
    Effect.gen(function* () {
      const { opening, seen } = endless()
      const { body } = yield* Gate.open(options, opening)
      const reader = yield* fork(Stream.runDrain(body))
      yield* steps(20)

      yield* Fiber.interrupt(reader)

      yield* free(seen, "cancelled")
    }).pipe(Effect.provide(gate))
  )

  for (const [when, attempt] of [
    ["before the first part", () => Stream.never],
    ["after it", () => Stream.concat(numbers(1, 3), Stream.never)]
  ] as const) {
    it.effect(`a scope that closes ${when} gives the place back`, () =>
      Effect.gen(function* () {
        const { opening, seen } = model(attempt)
        const scope = yield* Scope.make()
        const opened = yield* fork(Scope.provide(Gate.open(options, opening), scope))
        yield* steps(20)

        yield* Scope.close(scope, Exit.void)

        yield* Fiber.await(opened)
        yield* free(seen, "cancelled")
      }).pipe(Effect.provide(gate))
    )
  }

  it.effect("a scope that has closed already lets nothing begin", () =>
    Effect.gen(function* () {
      const { opening, seen } = endless()
      const scope = yield* Scope.make()
      yield* Scope.close(scope, Exit.void)

      const exit = yield* Effect.exit(Scope.provide(Gate.open(options, opening), scope))

      assert.isTrue(Exit.hasInterrupts(exit))
      assert.strictEqual(seen.asked, 0)
    }).pipe(Effect.provide(gate))
  )

  it.effect("an opener that is interrupted before the head leaves nothing behind, although its scope stays open", () =>
    Effect.gen(function* () {
      const { opening, seen } = model(() => Stream.never)
      const opened = yield* fork(Gate.open(options, opening))
      yield* steps(20)

      yield* Fiber.interrupt(opened)

      yield* free(seen, "cancelled")
    }).pipe(Effect.provide(gate))
  )

  it.effect("a model that opens and sends nothing is cut by the timeout of its attempt", () =>
    Effect.gen(function* () {
      const { opening, seen } = model(() => Stream.never)
      const opened = yield* fork(Effect.exit(Gate.open(options, opening)))

      yield* TestClock.adjust("5 seconds")

      assert.strictEqual(reasonOf(yield* Fiber.join(opened))?.code, "upstream_timeout")
      yield* free(seen, "timedOut")
    }).pipe(Effect.provide(Headgate.make({ ...limits, maxRetries: 0 })))
  )

  it.effect("a silence that is too long ends the body, whether the model or the reader is slow", () =>
    Effect.gen(function* () {
      const { opening, seen } = endless()
      const { body } = yield* Gate.open(options, opening)
      const reader = yield* fork(Effect.exit(Stream.runDrain(body)))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(reasonOf(yield* Fiber.join(reader))?.code, "upstream_idle_timeout")

      let made = 0
      const busy = model(() => numbers(1, 1000).pipe(Stream.tap(() => Effect.sync(() => made++))))
      const unread = yield* Gate.open(options, busy.opening)
      yield* TestClock.adjust("2 seconds")

      yield* free(seen, "timedOut")
      assert.strictEqual(busy.seen.connections, 0)
      assert.isAtMost(made, 5)
      assert.strictEqual(reasonOf(yield* Effect.exit(Stream.runDrain(unread.body)))?.code, "upstream_idle_timeout")
    }).pipe(Effect.provide(gate))
  )

  it.effect("the deadline and the timeout bound the first part only", () =>
    Effect.gen(function* () {
      const slow = Stream.tick("1 second").pipe(Stream.take(30))
      const { opening, seen } = model(() => slow)
      const { body } = yield* Gate.open({ deadline: "3 seconds" }, opening)
      const reader = yield* fork(Stream.runCollect(body))

      yield* TestClock.adjust("30 seconds")

      assert.strictEqual((yield* Fiber.join(reader)).length, 30)
      yield* free(seen, "succeeded")
    }).pipe(Effect.provide(gate))
  )

  it.effect("the end of draining cuts the body", () =>
    Effect.gen(function* () {
      const drain = new Drain()
      yield* Effect.gen(function* () {
        const { opening, seen } = endless()
        const { body } = yield* Gate.open(options, opening)
        const reader = yield* fork(Effect.exit(Stream.runDrain(body)))
        yield* steps(20)

        yield* drain.end

        assert.strictEqual(reasonOf(yield* Fiber.join(reader))?._tag, "ShuttingDown")
        assert.strictEqual(seen.connections, 0)
        assert.strictEqual((yield* snapshot).queue.activeRequests, 0)
      }).pipe(Effect.provide(gate.pipe(Layer.provide(Layer.succeed(Draining, drain)))))
    })
  )

  it.effect("after whatever number of steps a reader is interrupted, its place and its connection are given back", () =>
    Effect.gen(function* () {
      for (let rhythm = 5; rhythm <= 17; rhythm++) {
        yield* TestClock.adjust("1 millis")
        for (const step of times(60)) {
          const { opening, seen } = model(() => numbers(1, 4).pipe(Stream.tap(() => steps(3))))
          const reader = yield* Effect.scoped(
            Effect.flatMap(Gate.open(options, opening), ({ body }) => Stream.runDrain(body))
          ).pipe(Effect.provideService(References.MaxOpsBeforeYield, rhythm), fork)
          yield* steps(step)

          yield* Fiber.interrupt(reader)

          const { queue, requests } = yield* snapshot
          assert.deepStrictEqual([queue.activeRequests, requests.inFlight, seen.connections], [0, 0, 0])
        }
      }
      yield* Gate.pass(options, Effect.void)
    }).pipe(Effect.provide(gate))
  )

  it.effect("without any limit it changes nothing", () =>
    Effect.gen(function* () {
      const { body, head } = yield* Gate.open(options, Effect.succeed({ head: 7, body: numbers(1, 3) }))

      assert.strictEqual(head, 7)
      assert.deepStrictEqual(yield* Stream.runCollect(body), [1, 2, 3])
    }).pipe(Effect.provide(Timeout.layer({ timeout: Infinity }).pipe(Layer.provide(Gate.layerNoop))))
  )
})
