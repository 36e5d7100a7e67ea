import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Upstream, type UpstreamReply } from "../../src/upstream/Upstream.ts"
import { chat, fetching } from "../support/gateway.ts"

const path = "/v1/chat/completions"

const reply = (status: number, body: string, headers: Record<string, string> = {}): UpstreamReply => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: new TextEncoder().encode(body)
})

const answering = (send: Parameters<typeof Upstream.sending>[0]) => Layer.succeed(Upstream, Upstream.sending(send))

describe("POST /v1/chat/completions, tried again", () => {
  it.live.each([500, 503, 429, 408])("a %i that passes is tried again, and the caller sees the answer", (status) =>
    Effect.gen(function* () {
      let attempts = 0
      const { fetch, stats } = yield* fetching({
        limits: { maxRetries: 1 },
        upstream: answering(() =>
          Effect.succeed(++attempts === 1 ? reply(status, "{}", { "retry-after-ms": "1" }) : reply(200, "{}"))
        )
      })

      assert.strictEqual((yield* fetch(path, chat())).status, 200)
      const { requests } = yield* stats.snapshot
      assert.deepStrictEqual([attempts, requests.succeeded, requests.retried], [2, 1, 1])
    })
  )

  it.live.each([
    [undefined, 3, null],
    ["0", 3, "false"],
    ["1", 1, null],
    ["2", 1, null]
  ] as const)("a client's retry %s of what keeps failing is asked %i times", ([count, expected, shouldRetry]) =>
    Effect.gen(function* () {
      let attempts = 0
      const { fetch } = yield* fetching({
        limits: { maxRetries: 2 },
        upstream: answering(() => Effect.sync(() => (attempts++, reply(500, "{}", { "retry-after-ms": "1" }))))
      })
      const headers: Record<string, string> = count === undefined ? {} : { "x-stainless-retry-count": count }

      const { headers: answered, status } = yield* fetch(path, chat({}, headers))

      assert.deepStrictEqual([status, attempts, answered.get("x-should-retry")], [500, expected, shouldRetry])
    })
  )

  it.live.each([
    ["an account without money", reply(429, '{"error":{"code":"insufficient_quota"}}')],
    ["an upstream that says so itself", reply(503, "{}", { "x-should-retry": "false" })]
  ] as const)("%s is asked only once", ([, refusal]) =>
    Effect.gen(function* () {
      let attempts = 0
      const { fetch } = yield* fetching({
        limits: { maxRetries: 2 },
        upstream: answering(() => Effect.sync(() => (attempts++, refusal)))
      })

      assert.strictEqual((yield* fetch(path, chat())).status, refusal.status)
      assert.strictEqual(attempts, 1)
    })
  )
})
