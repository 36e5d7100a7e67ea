import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer } from "effect"
import { Gate, type Pass, QueueFull, Rejection } from "../../src/index.ts"
import { check, type CheckOptions, Law, type LawBroken } from "../../src/testing.ts"

const policy = (make: (inner: Pass) => Pass) =>
  Gate.wrap((inner) => Effect.sync(() => make(inner))).pipe(Layer.provide(Gate.layerNoop))

/** The report on a policy that breaks a law. */
const report = (layer: Layer.Layer<Gate>, options: CheckOptions, laws: ReadonlyArray<Law.Law> = Law.all) =>
  Effect.map(Effect.flip(check(laws, layer, options)), (broken) => {
    assert.strictEqual(broken._tag, "LawBroken")
    const { history, law, message, violations } = broken as LawBroken
    return { history: history.map((line) => line.replace(/^ +/, "")), law, message, violations }
  })

/** Two places; each policy uses them in its own wrong way. */
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

/** The broken policies give every call one permit. */
const narrow: CheckOptions = { permits: 2, optionsOf: (options) => ({ ...options, permits: 1 }) }

describe("A broken policy", () => {
  it.effect("that leaks a permit on interruption breaks no leak", () =>
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
      const { history, law, message, violations } = yield* report(leaking, narrow, [Law.noLeak])

      assert.strictEqual(law, "no leak")
      assert.deepStrictEqual(violations, ["after an idle period 1 call can start at once, expected 2"])
      assert.include(history, "0 ms  call 1 is cancelled by its caller")
      assert.include(message, "no place, permit, token or probe slot is lost or duplicated")
      assert.match(message, /\(1 call, shrunk from 4, seed 1\)/)
    })
  )

  it.effect("that admits one call too many breaks bounds", () =>
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
      const { history, law, message, violations } = yield* report(generous, { ...narrow, capacity: 0 })

      assert.strictEqual(law, "bounds")
      assert.deepStrictEqual(violations, ["3 permits were in use at once, allowed 2"])
      assert.strictEqual(history.filter((line) => line.includes("starts")).length, 3)
      assert.include(message, "3 calls, shrunk from 4")
    })
  )

  it.effect("that forgets a waiting call breaks liveness", () =>
    Effect.gen(function* () {
      const forgetful = policy((inner) => {
        const { enter, giveBack } = places()
        return (options, call) => Effect.andThen(enter, Effect.ensuring(inner(options, call), giveBack))
      })
      const { history, law, violations } = yield* report(forgetful, narrow)

      assert.strictEqual(law, "liveness")
      assert.deepStrictEqual(violations, [
        "call 3 waits at 100 ms, and no limit binds: 2 permits are free and the rate allows a start"
      ])
      assert.include(history, "0 ms  call 3 arrives (of caller 0)")
      assert.notInclude(history, "100 ms  call 3 starts")
    })
  )

  it.effect("that swallows a failure or a defect breaks transparency", () =>
    Effect.gen(function* () {
      const silent = policy((inner) => (options, call) => Effect.catch(inner(options, call), () => Effect.never))
      const hiding = policy(
        (inner) => (options, call) => Effect.catchDefect(inner(options, call), () => Effect.interrupt)
      )

      const swallowed = yield* report(silent, {})
      const hidden = yield* report(hiding, {})

      assert.deepStrictEqual([swallowed.law, hidden.law], ["transparency", "transparency"])
      assert.deepStrictEqual(swallowed.violations, ["call 1 has the model's result and does not end"])
      assert.deepStrictEqual(hidden.violations, ["call 1 did not end as the model ended it"])
    })
  )

  it.effect("whose work goes on after its caller cancelled breaks conservation", () =>
    Effect.gen(function* () {
      const careless = policy(
        (inner) => (options, call) =>
          Effect.contextWith((context) =>
            Effect.callback((resume) => {
              Effect.runForkWith(context as never)(inner(options, call) as Effect.Effect<never>).addObserver(resume)
            })
          )
      )
      const { law, violations } = yield* report(careless, {})

      assert.strictEqual(law, "conservation")
      assert.match(violations[0]!, /^call \d (ran after its end|ended while the model still worked for it)$/)
    })
  )

  it.effect("that keeps state across stacks breaks determinism", () =>
    Effect.gen(function* () {
      let drawn = 0
      const moody = policy(
        (inner) => (options, call) =>
          (drawn++ % 3 === 0 ? Effect.yieldNow : Effect.void).pipe(Effect.andThen(inner(options, call)))
      )
      const { law, message, violations } = yield* report(moody, {}, [Law.determinism])

      assert.strictEqual(law, "determinism")
      assert.match(violations[0]!, /^the second run logged "/)
      assert.include(message, "the same seed on a virtual clock gives the same event log")
    })
  )

  it.effect("that admits known callers only keeps every law when optionsOf names one of them", () =>
    Effect.gen(function* () {
      const knownCallers = policy(
        (inner) => (options, call) =>
          options.caller === "ada"
            ? inner(options, call)
            : Effect.fail(new Rejection({ reason: new QueueFull({ capacity: 0, retryAfter: undefined }) }))
      )

      yield* check(Law.all, knownCallers, { optionsOf: (options) => ({ ...options, caller: "ada" }), stride: 7 })
      const { law } = yield* report(knownCallers, {})

      assert.strictEqual(law, "liveness")
    })
  )
})
