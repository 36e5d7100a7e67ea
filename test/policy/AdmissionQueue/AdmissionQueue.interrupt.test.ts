import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { Drain, Draining } from "../../../src/Drain.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as AdmissionQueue from "../../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import { fork, gate, standing } from "../../support/gate.ts"
import { runs } from "../../support/runs.ts"
import { interrupted, sweep } from "../../support/sweep.ts"

const queue = (options: AdmissionQueue.Options) =>
  gate(AdmissionQueue.layer(options).pipe(Layer.provide(ConcurrencyLimit.layer({ permits: 1 }))))

const plain = queue({ capacity: 4 })
const limited = queue({ capacity: 4, maxWait: "1 minute" })
const draining = Effect.suspend(() => Effect.provideService(plain, Draining, new Drain()))

const between = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))
const Cut = Arbitrary.all({ call: between(0, 3), step: between(0, 40) })
const Case = Arbitrary.all({ rhythm: between(5, 17), first: Cut, second: Cut })

describe("AdmissionQueue, interrupted", () => {
  it.effect("no place is lost, whichever call is interrupted at whatever step", () => sweep(plain, runs(2, 1)))

  it.effect("nor where waits are limited", () => sweep(limited, runs(4, 1)))

  it.effect("nor where the gate may drain", () => sweep(draining, runs(4, 1)))

  it.effect.prop(
    "nor by two interruptions",
    { given: Case },
    ({ given: { first, rhythm, second } }) => interrupted(plain, { rhythm, cuts: [first, second] }),
    { arbitrary: { runs: runs(300, 5_000) } }
  )

  it.effect("a waiter interrupted between being called to the door and going in hands the door on", () =>
    Effect.gen(function* () {
      const pass = yield* queue({ capacity: 4 })
      const options = {}
      const release = yield* Deferred.make<void>()
      yield* fork(pass(options, Deferred.await(release)))
      const head = yield* fork(pass(options, Effect.void))
      const called = yield* fork(pass(options, Effect.void))
      const last = yield* fork(pass(options, Effect.void))

      head.interruptUnsafe()
      called.interruptUnsafe()
      yield* Deferred.succeed(release, undefined)
      yield* Fiber.join(last)

      assert.deepStrictEqual([standing(head), standing(called)], ["interrupted", "interrupted"])
    })
  )
})
