import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Layer } from "effect"
import { TestClock } from "effect/testing"
import { type Call, Stage, waits } from "../../src/Call.ts"
import { Gate } from "../../src/Gate.ts"
import * as ConcurrencyLimit from "../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Metrics from "../../src/policy/Metrics/Metrics.ts"
import * as Retry from "../../src/policy/Retry/Retry.ts"
import { CircuitOpen, QueueFull, type Reason } from "../../src/Rejection.ts"
import { Stats } from "../../src/Stats.ts"
import { fork, gate, Observer, reasonOf, standing, times } from "../support/gate.ts"

const policy = (make: (call: Call) => Stage) => Gate.policy(() => Effect.succeed(make))
const one = ConcurrencyLimit.layer({ permits: 1 })
const bug = new Error("bug")

const full = new QueueFull({ capacity: 7, retryAfter: undefined })

/** A policy that cuts the call that came last. */
const cutter = () => {
  let cut = (_reason: Reason) => {}
  const layer = policy((call) => {
    const stage = new (class extends Stage {})()
    cut = (reason) => call.cut(stage, reason)
    return stage
  })
  return { layer, cut: (reason: Reason = full) => cut(reason) }
}

const throwing = (hook: "enter" | "start" | "stop" | "leave"): Stage => {
  const stage = new (class extends Stage {})()
  stage[hook] = () => {
    throw bug
  }
  return stage
}

describe("EngineCall", () => {
  for (const hook of ["enter", "start", "stop", "leave"] as const) {
    for (const [where, pile] of [
      ["above", (broken: Layer.Layer<Gate, never, Gate>) => Layer.provide(broken, one)],
      ["beneath", (broken: Layer.Layer<Gate, never, Gate>) => Layer.provide(one, broken)]
    ] as const) {
      it.effect(`a hook \`${hook}\` that throws ${where} a limit is a defect of its call, and costs no permit`, () =>
        Effect.gen(function* () {
          let calls = 0
          const broken = policy(() => (++calls === 3 ? throwing(hook) : new (class extends Stage {})()))
          const other = yield* gate(one)
          // The gate itself makes one stage or two of each policy.
          const pass = yield* gate(Layer.provide(Metrics.layer(), pile(broken)))
          calls = 2

          assert.deepStrictEqual(yield* Effect.exit(pass({}, Effect.succeed("answer"))), Exit.die(bug))
          assert.strictEqual(yield* pass({}, Effect.succeed("next")), "next")
          assert.strictEqual(yield* other({}, Effect.succeed("other")), "other")
          const { queue, requests } = yield* Effect.flatMap(Stats, ({ snapshot }) => snapshot)
          assert.deepStrictEqual([queue.activeRequests, requests.total, requests.inFlight], [0, 2, 0])
        }).pipe(Effect.provide(Stats.layer))
      )
    }
  }

  for (const hook of ["enter", "start", "leave"] as const) {
    for (const [name, answer, wanted] of [
      ["null", null, undefined],
      ["a value of another kind", "no reason", "defect"]
    ] as const) {
      it.effect(
        `a hook \`${hook}\` that returns ${name} ${wanted === undefined ? "lets the call on" : "is a defect"}`,
        () =>
          Effect.gen(function* () {
            const stage = new (class extends Stage {})()
            Object.assign(stage, { [hook]: () => answer })
            const pass = yield* gate(
              Layer.provide(
                Metrics.layer(),
                Layer.provide(
                  one,
                  policy(() => stage)
                )
              )
            )

            const exit = yield* Effect.exit(pass({}, Effect.succeed("answer")))

            if (wanted === undefined) assert.deepStrictEqual(exit, Exit.succeed("answer"))
            else assert.match(String(Exit.isFailure(exit) && Cause.squash(exit.cause)), /TypeError: A hook of a policy/)
            const { queue, requests } = yield* Effect.flatMap(Stats, ({ snapshot }) => snapshot)
            assert.deepStrictEqual([queue.activeRequests, requests.total, requests.inFlight], [0, 1, 0])
          }).pipe(Effect.provide(Stats.layer))
      )
    }
  }

  it.effect("a cut without a reason is a defect, and costs no permit", () =>
    Effect.gen(function* () {
      class Cutting extends Stage {
        readonly call: Call

        constructor(call: Call) {
          super()
          this.call = call
        }

        override start() {
          queueMicrotask(() => this.call.cut(this, null as never))
          return undefined
        }
      }
      const cutting = policy((call) => new Cutting(call))
      const pass = yield* gate(Layer.provide(Metrics.layer(), Layer.provide(one, cutting)))
      const call = yield* fork(pass({}, Effect.never))
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

      assert.strictEqual(standing(call), "defect")
      const { queue, requests } = yield* Effect.flatMap(Stats, ({ snapshot }) => snapshot)
      assert.deepStrictEqual([queue.activeRequests, requests.failed, requests.inFlight], [0, 1, 0])
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("proceed lets a call go on from the stage at which it waits, once", () =>
    Effect.gen(function* () {
      class Delayed extends Stage {
        readonly call: Call

        constructor(call: Call) {
          super()
          this.call = call
        }

        override enter(): typeof waits {
          for (const _ of times(3)) queueMicrotask(() => this.call.proceed(this))
          return waits
        }
      }
      const pass = yield* gate(
        Layer.provide(
          policy((call) => new Delayed(call)),
          one
        )
      )
      const observer = new Observer()
      const calls = yield* Effect.forEach(times(3), () => fork(pass({}, observer.call("call", Effect.sleep(10)))))
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual([observer.peak, observer.started.length], [1, 3])
      assert.deepStrictEqual(calls.map(standing), ["succeeded", "succeeded", "succeeded"])
    })
  )

  for (const hook of ["enter", "start"] as const) {
    it.effect(`work does not begin of a call that the hook \`${hook}\` has cut`, () =>
      Effect.gen(function* () {
        const cutting = policy((call) => {
          const stage = new (class extends Stage {})()
          stage[hook] = () => {
            call.cut(stage, full)
            return undefined
          }
          return stage
        })
        const pass = yield* gate(Layer.provide(cutting, one))

        for (const _ of times(2)) {
          const exit = yield* Effect.exit(pass({}, Effect.die("must not begin")))
          assert.strictEqual(reasonOf(exit)?._tag, "QueueFull")
        }
      })
    )
  }

  it.effect("a call that its own work cuts as it begins is interrupted", () =>
    Effect.gen(function* () {
      const { cut, layer } = cutter()
      const pass = yield* gate(Layer.provide(layer, one))

      for (const _ of times(2)) {
        const call = yield* fork(
          pass(
            {},
            Effect.andThen(
              Effect.sync(() => cut()),
              Effect.never
            )
          )
        )
        yield* TestClock.adjust(1)
        assert.strictEqual(standing(call), "QueueFull")
      }
    })
  )

  it.effect("of two cuts at one stage the first gives the reason", () =>
    Effect.gen(function* () {
      const { cut, layer } = cutter()
      const pass = yield* gate(Layer.provide(layer, one))
      const uncuttable = Effect.uninterruptible(Effect.sleep(10))
      const call = yield* fork(pass({}, Effect.andThen(uncuttable, Effect.never)))

      cut()
      cut(new CircuitOpen({ retryAfter: undefined }))
      yield* TestClock.adjust(10)

      assert.strictEqual(standing(call), "QueueFull")
    })
  )

  it.effect("a call that is cut further out ends, though a policy beneath keeps it", () =>
    Effect.gen(function* () {
      const { cut, layer } = cutter()
      const keeping = policy(() => {
        const stage = new (class extends Stage {})()
        let keeps = true
        stage.leave = () => {
          if (!keeps) return undefined
          keeps = false
          return waits
        }
        return stage
      })
      const pass = yield* gate(Layer.provide(layer, Layer.provide(keeping, one)))
      const call = yield* fork(pass({}, Effect.never))

      cut()
      yield* TestClock.adjust(1)

      assert.strictEqual(standing(call), "QueueFull")
    })
  )

  it.effect("a caller who goes on in the midst of repeated work makes calls that are repeated for themselves", () =>
    Effect.gen(function* () {
      const retry = Retry.layer({ maxRetries: 2, minPerSecond: 1e6, isTransient: () => true })
      const pass = yield* gate(retry)
      const answer = yield* Deferred.make<void>()
      const observer = new Observer()
      yield* fork(
        Effect.andThen(
          pass({}, Deferred.await(answer)),
          Effect.exit(pass({}, observer.call("next", Effect.fail("down"))))
        )
      )

      yield* pass(
        {},
        Effect.sync(() => Deferred.doneUnsafe(answer, Effect.void))
      )
      yield* TestClock.adjust("1 minute")

      assert.strictEqual(observer.started.length, 3)
    })
  )

  it.effect("a listener of Stats that throws is logged, and breaks no call", () =>
    Effect.gen(function* () {
      const { onEvent, snapshot } = yield* Stats
      onEvent(() => {
        throw bug
      })
      const pass = yield* gate(Layer.provide(Metrics.layer(), one))

      for (const _ of times(3)) assert.strictEqual(yield* pass({}, Effect.succeed("answer")), "answer")
      assert.strictEqual((yield* snapshot).requests.succeeded, 3)
    }).pipe(Effect.provide(Stats.layer))
  )
})
