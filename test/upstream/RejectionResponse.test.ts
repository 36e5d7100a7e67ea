import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Schema } from "effect"
import * as Rejection from "../../src/Rejection.ts"
import * as RejectionResponse from "../../src/upstream/RejectionResponse.ts"
import { runs } from "../support/runs.ts"

const retryAfter = Duration.millis(1500)
const hints = { "retry-after": "2", "retry-after-ms": "1500" }
const late = { limit: "call", elapsed: Duration.zero, retryAfter: undefined } as const
// Numbers with fractions are drawn by their bits, and most of them are next to nothing.
const percent = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 }))
const wait = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 120_000 }))

describe("RejectionResponse", () => {
  it.each([
    [new Rejection.QueueFull({ capacity: 1, retryAfter }), 429, "queue_full", hints],
    [new Rejection.RateLimited({ retryAfter }), 429, "rate_limited", hints],
    [new Rejection.CircuitOpen({ retryAfter }), 503, "circuit_open", hints],
    [new Rejection.ShuttingDown({ retryAfter }), 503, "shutting_down", hints],
    [
      new Rejection.DeadlineExceeded({ ...late, started: false }),
      504,
      "deadline_exceeded",
      { "retry-after": "1", "retry-after-ms": "1000" }
    ],
    [new Rejection.DeadlineExceeded({ ...late, started: true }), 504, "deadline_exceeded", {}],
    [new Rejection.DeadlineExceeded({ ...late, limit: "attempt", started: true }), 504, "upstream_timeout", {}],
    [
      new Rejection.NeverAdmissible({ limit: "tokens", asked: 2, capacity: 1 }),
      400,
      "never_admissible",
      { "x-should-retry": "false" }
    ]
  ])("%o has its status, code and headers", (reason, status, code, headers) => {
    const error = RejectionResponse.toHttp(reason, 0)

    assert.deepStrictEqual([error.status, error.code, error.headers], [status, code, headers])
  })

  it("callers that are refused together come back apart, none of them early", () => {
    const waits = [0, 0.5, 1].map(
      (share) => RejectionResponse.retryHeaders(Duration.seconds(10), share)["retry-after-ms"]
    )

    assert.deepStrictEqual(waits, ["10000", "11000", "12000"])
  })

  it.effect.prop(
    "a caller is never told to come back too early, nor later than clients will wait",
    { percent, wait },
    ({ percent, wait }) =>
      Effect.sync(() => {
        const headers = RejectionResponse.retryHeaders(Duration.millis(wait), percent / 100)
        const [seconds, millis] = [Number(headers["retry-after"]), Number(headers["retry-after-ms"])]
        assert.isTrue(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60)
        assert.isTrue(millis >= Math.min(wait, 60_000) && millis <= Math.max(2, 1.2 * wait + 1))
        assert.isTrue(seconds * 1000 >= millis && seconds * 1000 < millis + 1000)
        assert.strictEqual(headers["x-should-retry"], wait > 60_000 ? "false" : undefined)
      }),
    { arbitrary: { runs: runs(200, 5000), seed: 1 } }
  )
})
