import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { RecentCalls } from "../../src/stats/RecentCalls.ts"
import { History } from "../../src/stats/History.ts"
import { calls } from "../support/calls.ts"
import { fetching, json } from "../support/gateway.ts"

const chat = {
  method: "POST",
  headers: { "content-type": "application/json", "x-headgate-caller": "ada" },
  body: JSON.stringify({ model: "gpt-4o-mini", messages: [{ role: "user", content: "secret words" }] })
}

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

describe("GET /stats/recent", () => {
  it.live("tells of the last calls without their content", () =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching()
      yield* fetch("/v1/chat/completions", chat)
      const response = yield* fetch("/stats/recent")
      const text = yield* Effect.promise(() => response.text())
      const { calls } = yield* Schema.decodeUnknownEffect(Schema.fromJsonString(RecentCalls))(text)

      assert.strictEqual(response.headers.get("cache-control"), "no-store")
      assert.deepStrictEqual([calls.length, calls[0]!.caller, calls[0]!.outcome], [1, "ada", "succeeded"])
      assert.notInclude(text, "secret words")
    })
  )
})
