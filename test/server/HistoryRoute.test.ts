import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { History } from "../../src/stats/History.ts"
import { calls } from "../support/calls.ts"
import { fetching, json } from "../support/gateway.ts"

const decode = Schema.decodeUnknownEffect(History)

describe("GET /stats/history", () => {
  it.effect("is JSON of its schema, and what has been told is not told again", () =>
    Effect.gen(function* () {
      const { fetch, stats } = yield* fetching()
      calls(stats.record, 1, "succeeded")
      yield* TestClock.adjust("2 seconds")
      const response = yield* fetch("/stats/history")
      const history = yield* decode(yield* json(response))
      const rest = yield* decode(yield* json(yield* fetch("/stats/history?since=1000")))

      assert.strictEqual(response.headers.get("cache-control"), "no-store")
      assert.deepStrictEqual(history.succeeded, [1, 0])
      assert.deepStrictEqual([rest.time, rest.succeeded], [[2000], [0]])
    })
  )

  it.live.each(["", "x", "-1", "1e3", "99999999999999999"])("since=%s is refused with what it takes", (since) =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching()
      const response = yield* fetch(`/stats/history?since=${since}`)
      const { error } = yield* json(response)

      assert.strictEqual(response.status, 400)
      assert.deepStrictEqual([error.code, error.param], ["invalid_request", "since"])
    })
  )
})
