import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer } from "effect"
import { Gate, type Pass, QueueFull, Rejection } from "../../src/index.ts"
import { check, type CheckOptions, Law, type LawBroken } from "../../src/testing.ts"

const policy = (make: (inner: Pass) => Pass) =>
  Gate.wrap((inner) => Effect.sync(() => make(inner))).pipe(Layer.provide(Gate.layerNoop))

/** What is said of a policy that breaks a law. */
const told = (layer: Layer.Layer<Gate>, options: CheckOptions, laws: ReadonlyArray<Law.Law> = Law.all) =>
  Effect.map(Effect.flip(check(laws, layer, options)), (broken) => {
    assert.strictEqual(broken._tag, "LawBroken")
    const { history, law, message, wrongs } = broken as LawBroken
    return { history: history.map((line) => line.replace(/^ +/, "")), law, message, wrongs }
  })

/** Two places; what is done with them is up to each newcomer. */
const places = () => {
  let free = 2
  const line: Array<Deferred.Deferred<void>> = []
  const enter = Effect.suspend(() => {
    if (free > 0) {
      free--
      return Effect.void
    }
    const turn = Deferred.makeUnsafe<void>()
    line.push(turn)
    return Deferred.await(turn)
  })
  const leave = Effect.suspend(() => {
    const next = line.shift()
    if (next !== undefined) return Effect.asVoid(Deferred.succeed(next, undefined))
    free++
    return Effect.void
  })
  return { enter, leave, giveBack: Effect.sync(() => free++) }
}

/** A newcomer knows nothing of calls that take several permits. */
const narrow: CheckOptions = { permits: 2, optionsOf: (drawn) => ({ ...drawn, permits: 1 }) }

describe("A newcomer's policy", () => {
  it.effect("that leaks its permit on interruption is told where it went", () =>
    Effect.gen(function* () {
      const leaking = policy((inner) => {
        const { enter, leave } = places()
        return (options, call) =>
          Effect.andThen(
            enter,
            Effect.tap(
              Effect.tapError(inner(options, call), () => leave),
              () => leave
            )
          )
      })
      const { history, law, message, wrongs } = yield* told(leaking, narrow, [Law.noLeak])

      assert.strictEqual(law, "no leak")
      assert.deepStrictEqual(wrongs, ["after a quiet time 1 call may start at once, where 2 must be able to"])
      assert.include(history, "0 ms  call 1 is interrupted: its caller leaves")
      assert.include(message, "no place, permit, token or probe slot is lost or doubled")
      assert.match(message, /\(1 call, cut down from 4 that were found with seed 1\)/)
    })
  )

  it.effect("that lets one call too many is told which", () =>
    Effect.gen(function* () {
      const generous = policy((inner) => {
        let running = 0
        return (options, call) =>
          Effect.suspend(() => {
            if (running > 2) {
              return Effect.fail(new Rejection({ reason: new QueueFull({ capacity: 0, retryAfter: undefined }) }))
            }
            running++
            return Effect.ensuring(
              inner(options, call),
              Effect.sync(() => running--)
            )
          })
      })
      const { history, law, message, wrongs } = yield* told(generous, { ...narrow, capacity: 0 })

      assert.strictEqual(law, "bounds")
      assert.deepStrictEqual(wrongs, ["3 permits were in use at once, of 2"])
      assert.strictEqual(history.filter((line) => line.includes("starts")).length, 3)
      assert.include(message, "3 calls, cut down from 4")
    })
  )

  it.effect("that forgets a waiter is told whom", () =>
    Effect.gen(function* () {
      const forgetful = policy((inner) => {
        const { enter, giveBack } = places()
        return (options, call) => Effect.andThen(enter, Effect.ensuring(inner(options, call), giveBack))
      })
      const { history, law, wrongs } = yield* told(forgetful, narrow)

      assert.strictEqual(law, "liveness")
      assert.deepStrictEqual(wrongs, [
        "call 3 waits at 100 ms, and no limit binds: 2 permits are free and a start is due"
      ])
      assert.include(history, "0 ms  call 3 arrives (of caller 0)")
      assert.notInclude(history, "100 ms  call 3 starts")
    })
  )

  it.effect("that swallows a failure is told whose", () =>
    Effect.gen(function* () {
      const silent = policy((inner) => (options, call) => Effect.catch(inner(options, call), () => Effect.never))
      const hiding = policy(
        (inner) => (options, call) => Effect.catchDefect(inner(options, call), () => Effect.interrupt)
      )

      const swallowed = yield* told(silent, {})
      const hidden = yield* told(hiding, {})

      assert.deepStrictEqual([swallowed.law, hidden.law], ["transparency", "transparency"])
      assert.deepStrictEqual(swallowed.wrongs, ["call 1 has its answer and does not end"])
      assert.deepStrictEqual(hidden.wrongs, ["call 1 did not end as the model ended it"])
    })
  )

  it.effect("that goes on with the work of those who left is told for whom", () =>
    Effect.gen(function* () {
      const careless = policy(
        (inner) => (options, call) =>
          Effect.contextWith((context) =>
            Effect.callback((resume) => {
              Effect.runForkWith(context as never)(inner(options, call) as Effect.Effect<never>).addObserver(resume)
            })
          )
      )
      const { law, wrongs } = yield* told(careless, {})

      assert.strictEqual(law, "conservation")
      assert.match(wrongs[0]!, /^call \d (ran after its end|ended while the model still worked for it)$/)
    })
  )

  it.effect("that asks chance elsewhere cannot be played again, and is told so", () =>
    Effect.gen(function* () {
      let drawn = 0
      const moody = policy(
        (inner) => (options, call) =>
          (drawn++ % 3 === 0 ? Effect.yieldNow : Effect.void).pipe(Effect.andThen(inner(options, call)))
      )
      const { law, message, wrongs } = yield* told(moody, {}, [Law.determinism])

      assert.strictEqual(law, "determinism")
      assert.match(wrongs[0]!, /^played again, it was "/)
      assert.include(message, "the same seed on a virtual clock makes the same history")
    })
  )

  it.effect("that knows some callers only keeps every law where the asks are its own", () =>
    Effect.gen(function* () {
      const guests = policy(
        (inner) => (options, call) =>
          options.caller === "ada"
            ? inner(options, call)
            : Effect.fail(new Rejection({ reason: new QueueFull({ capacity: 0, retryAfter: undefined }) }))
      )

      yield* check(Law.all, guests, { optionsOf: (drawn) => ({ ...drawn, caller: "ada" }), stride: 7 })
      const { law } = yield* told(guests, {})

      assert.strictEqual(law, "liveness")
    })
  )
})
