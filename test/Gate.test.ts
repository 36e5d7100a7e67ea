import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Duration, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../src/Gate.ts"
import * as ConcurrencyLimit from "../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Deadline from "../src/policy/Deadline/Deadline.ts"
import * as Metrics from "../src/policy/Metrics/Metrics.ts"
import { Stats } from "../src/Stats.ts"
import * as AdmissionQueue from "../src/policy/AdmissionQueue/AdmissionQueue.ts"
import { fork, gate, reasonOf, standing, steps, times } from "./support/gate.ts"

const options = {}
const stack = (deadline: Duration.Input = Infinity) =>
  Deadline.layer({ deadline }).pipe(
    Layer.provide(AdmissionQueue.layer({ capacity: 1 })),
    Layer.provide(ConcurrencyLimit.layer({ permits: 1 })),
    Layer.provide(Gate.layerNoop)
  )

class Name extends Context.Service<Name, string>()("test/Name") {}

describe("Gate", () => {
  for (const [kind, policies] of [
    ["an admission queue", AdmissionQueue.layer({ capacity: 5 })],
    ["an admission queue with a longest wait", AdmissionQueue.layer({ capacity: 5, maxWait: "1 second" })],
    ["an admission queue without places", AdmissionQueue.layer({ capacity: 0 })],
    ["permits", ConcurrencyLimit.layer({ permits: 2 })]
  ] as const) {
    it.effect(`${kind} changes nothing of what it lets in`, () =>
      Effect.gen(function* () {
        const pass = yield* gate(policies)
        const exits = <A, E>(call: Effect.Effect<A, E>) => Effect.exit(pass(options, call))

        assert.deepStrictEqual(yield* exits(Effect.succeed(7)), Exit.succeed(7))
        assert.deepStrictEqual(yield* exits(Effect.fail("no")), Exit.fail("no"))
        assert.deepStrictEqual(yield* exits(Effect.die("bug")), Exit.die("bug"))
        assert.deepStrictEqual(yield* exits(Effect.andThen(Effect.yieldNow, Effect.fail("no"))), Exit.fail("no"))
        assert.isTrue(Exit.hasInterrupts(yield* exits(Effect.interrupt)))
        assert.strictEqual(yield* Effect.provideService(pass(options, Name), Name, "ada"), "ada")
      })
    )
  }

  it.effect("a policy sees a call on arrival and around its start", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const note = (what: string) => Effect.sync(() => void log.push(what))
      const noting = (name: string) =>
        Gate.wrap((inner) =>
          Effect.succeed((options, call) =>
            Effect.andThen(note(`${name} in`), inner(options, Effect.andThen(note(`${name} start`), call)))
          )
        )

      yield* Gate.pass(options, note("call")).pipe(
        Effect.provide(noting("outer").pipe(Layer.provide(noting("inner")), Layer.provide(Gate.layerNoop)))
      )

      assert.deepStrictEqual(log, ["outer in", "inner in", "inner start", "outer start", "call"])
    })
  )
})

describe("Gate.wrap", () => {
  it.effect("a function that throws is a defect of its call, which counts as failed", () =>
    Effect.gen(function* () {
      const bug = new Error("bug")
      const throwing = Gate.wrap(() =>
        Effect.succeed(() => {
          throw bug
        })
      )
      const pass = yield* gate(Layer.provide(Metrics.layer(), throwing))

      assert.deepStrictEqual(yield* Effect.exit(pass(options, Effect.void)), Exit.die(bug))
      const { requests } = yield* Effect.flatMap(Stats, ({ snapshot }) => snapshot)
      assert.deepInclude(requests, { total: 1, failed: 1, cancelled: 0, inFlight: 0 })
    }).pipe(Effect.provide(Stats.layer))
  )
})

describe("Gate.acquire", () => {
  it.effect("the place is held until the scope closes, and is free at once then", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      yield* Scope.provide(Gate.acquire(options), scope)
      const next = yield* fork(Gate.pass(options, Effect.void))
      yield* steps(10)
      assert.strictEqual(standing(next), "pending")

      yield* Scope.close(scope, Exit.void)

      yield* Fiber.join(next)
    }).pipe(Effect.provide(stack()))
  )

  it.effect("a refusal is the failure of admit, and holds nothing", () =>
    Effect.gen(function* () {
      yield* Gate.acquire(options)
      const waiting = yield* fork(Effect.scoped(Gate.acquire(options)))
      yield* steps(10)

      const refused = yield* Effect.exit(Gate.acquire(options))

      assert.strictEqual(reasonOf(refused)?._tag, "QueueFull")
      assert.strictEqual(standing(waiting), "pending")
    }).pipe(Effect.provide(stack()), Effect.scoped)
  )

  it.effect("an admit that is interrupted while it waits gives its place back, although its scope stays open", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const holder = yield* fork(Gate.pass(options, Effect.never))
      const waiting = yield* fork(Scope.provide(Gate.acquire(options), scope))
      yield* steps(10)
      assert.strictEqual(standing(yield* fork(Gate.pass(options, Effect.void))), "QueueFull")

      yield* Fiber.interrupt(waiting)
      const next = yield* fork(Gate.pass(options, Effect.void))
      assert.strictEqual(standing(next), "pending")
      yield* Fiber.interrupt(holder)

      yield* Fiber.join(next)
      yield* Scope.close(scope, Exit.void)
    }).pipe(Effect.provide(stack()))
  )

  it.effect("closing the scope while admit waits ends the wait", () =>
    Effect.gen(function* () {
      yield* fork(Gate.pass(options, Effect.never))
      const scope = yield* Scope.make()
      const waiting = yield* fork(Scope.provide(Gate.acquire(options), scope))
      yield* steps(10)

      yield* Scope.close(scope, Exit.void)

      yield* Fiber.await(waiting)
      assert.strictEqual(standing(yield* fork(Gate.pass(options, Effect.void))), "pending")
    }).pipe(Effect.provide(stack()))
  )

  it.effect("a scope that has closed already holds nothing", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      yield* Scope.close(scope, Exit.void)

      assert.isTrue(Exit.hasInterrupts(yield* Effect.exit(Scope.provide(Gate.acquire(options), scope))))

      yield* Gate.pass(options, Effect.void)
    }).pipe(Effect.provide(stack()))
  )

  it.effect("its fiber fails when the gate gives up on the place, which is free then", () =>
    Effect.gen(function* () {
      const held = yield* Gate.acquire(options)
      assert.strictEqual(standing(held), "pending")

      yield* TestClock.adjust("1 second")

      assert.strictEqual(standing(held), "DeadlineExceeded")
      yield* Gate.pass(options, Effect.void)
    }).pipe(Effect.provide(stack("1 second")), Effect.scoped)
  )

  it.effect("no place is lost, after whatever number of steps admit is interrupted", () =>
    Effect.forEach(
      times(30),
      (step) =>
        Effect.gen(function* () {
          const release = yield* Deferred.make<void>()
          const holder = yield* fork(Gate.pass(options, Effect.andThen(Deferred.await(release), steps(3))))
          const admitted = yield* fork(Effect.scoped(Effect.andThen(Gate.acquire(options), steps(5))))
          yield* Deferred.succeed(release, undefined)
          yield* steps(step)
          yield* Fiber.interrupt(admitted)
          yield* Fiber.join(holder)

          assert.strictEqual(standing(yield* fork(Gate.pass(options, Effect.void))), "succeeded")
        }).pipe(Effect.provide(stack())),
      { discard: true }
    )
  )
})
