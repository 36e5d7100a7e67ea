import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { Gate } from "../../src/Gate.ts"
import * as AdmissionQueue from "../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import * as ConcurrencyLimit from "../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as RateLimit from "../../src/policy/RateLimit/RateLimit.ts"
import * as Retry from "../../src/policy/Retry/Retry.ts"
import { check, Law } from "../../src/testing.ts"
import { gate, standing, steps } from "../support/gate.ts"
import { pile } from "../support/stacks.ts"

// A layer value is built once in a stack, so each place gets its own.
const wrapper = () => Gate.wrap((pass) => Effect.succeed(pass))

describe("EffectCall", () => {
  it.effect("fibers that the work forks as children end with it, others do not", () =>
    Effect.gen(function* () {
      const pass = yield* gate(ConcurrencyLimit.layer({ permits: 1 }))
      const work = Effect.all([
        Effect.forkChild(Effect.never, { startImmediately: true }),
        Effect.forkDetach(Effect.never, { startImmediately: true })
      ])

      const [child, detached] = yield* pass({}, work)
      yield* steps(3)

      assert.deepStrictEqual([standing(child), standing(detached)], ["interrupted", "pending"])
      yield* Fiber.interrupt(detached)
    })
  )

  it.effect("a call that is interrupted as the policy beneath a wrapper admits it gives its permit back", () =>
    check(
      [Law.noLeak, Law.liveness],
      pile([ConcurrencyLimit.layer({ permits: 3 }), wrapper(), RateLimit.layer({ perSecond: 5, burst: 2 })]),
      { permits: 3, perSecond: 5, burst: 2, runs: 1, yieldEvery: [2048] }
    )
  )

  it.effect("a call that is interrupted as it is retried above a wrapper gives its permit back", () =>
    check(
      [Law.noLeak, Law.conservation],
      pile([Retry.layer({ maxRetries: 2 }), wrapper(), ConcurrencyLimit.layer({ permits: 3 })]),
      { permits: 3, retries: 2, runs: 1, yieldEvery: [2048], counts: "nothing" }
    )
  )

  it.effect("a call with no place to wait starts at once beneath two wrappers", () =>
    check(
      Law.all,
      pile([
        AdmissionQueue.layer({ capacity: 0 }),
        wrapper(),
        ConcurrencyLimit.layer({ permits: 3 }),
        wrapper(),
        RateLimit.layer({ perSecond: 5, burst: 2 })
      ]),
      { capacity: 0, permits: 3, perSecond: 5, burst: 2, runs: 4, yieldEvery: [2048], counts: "nothing" }
    )
  )
})
