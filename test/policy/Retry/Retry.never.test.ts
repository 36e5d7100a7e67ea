import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Retry from "../../../src/policy/Retry/Retry.ts"
import { StreamProgress } from "../../../src/StreamProgress.ts"
import { recorder } from "../../support/policies.ts"
import { fork, gate, standing } from "../../support/gate.ts"

const options = {}
/** Would try anything again. */
const eager: Retry.Options = { maxRetries: 3, minPerSecond: 1e6, isTransient: () => true }

describe("Retry, whatever its options say", () => {
  it.effect("never makes a call again that was refused", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Retry.layer(eager).pipe(Layer.provide(ConcurrencyLimit.layer({ permits: 1 }))))
      const call = yield* fork(pass({ permits: 2 }, Effect.void))

      assert.strictEqual(standing(call), "NeverAdmissible")
    })
  )

  for (const attempts of [1, 2]) {
    it.effect(`never makes a call again of whose attempt ${attempts} a first part has come`, () =>
      Effect.gen(function* () {
        const pass = yield* gate(Retry.layer(eager))
        const { seen, watch } = recorder()
        const progress = new StreamProgress()
        const breaking = Effect.suspend(() => {
          if (seen.starts.length === attempts) progress.onChunk()
          return Effect.fail(`attempt ${seen.starts.length}`)
        })
        const call = yield* fork(
          Effect.exit(pass(options, watch(breaking)).pipe(Effect.provideService(StreamProgress.current, progress)))
        )
        yield* TestClock.adjust("1 minute")

        assert.deepStrictEqual(yield* Fiber.join(call), Exit.fail(`attempt ${attempts}`))
        assert.strictEqual(seen.starts.length, attempts)
      })
    )
  }
})
