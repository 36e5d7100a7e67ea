import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as RateLimit from "../../src/policy/RateLimit/RateLimit.ts"
import * as Timeout from "../../src/policy/Timeout/Timeout.ts"
import { StreamProgress } from "../../src/StreamProgress.ts"
import { Observer } from "../../src/testing.ts"
import { fork, gate } from "../support/gate.ts"

describe("Line", () => {
  it.effect("the time of a step is not that of a chunk before it", () =>
    Effect.gen(function* () {
      const pass = yield* gate(
        RateLimit.layer({ perSecond: 20 }).pipe(Layer.provide(Timeout.layer({ timeout: "1 hour", idle: "1 minute" })))
      )
      const observer = yield* Observer.make
      const progress = new StreamProgress()
      const stream = Effect.andThen(
        Effect.delay(
          Effect.sync(() => progress.onChunk()),
          100
        ),
        Effect.never
      )
      yield* fork(observer.pass(pass, {}, () => Effect.never))
      yield* fork(observer.pass(pass, {}, () => stream, { progress }))
      yield* TestClock.adjust("30 seconds")
      for (let call = 0; call < 2; call++) yield* fork(observer.pass(pass, {}, () => Effect.void))
      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual(observer.starts, [0, 50, 30_000, 30_050])
    })
  )
})
