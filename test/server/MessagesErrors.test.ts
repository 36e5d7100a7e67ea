import Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { before, client, json, question, rejected, keys, post } from "../support/anthropic.ts"
import { fetching, until } from "../support/gateway.ts"

describe("an error of the gateway's own on the routes of messages", () => {
  const shape = Effect.fnUntraced(function* (response: Response) {
    const body = yield* Effect.promise(() => response.json() as Promise<Record<string, unknown>>)
    assert.deepStrictEqual(Object.keys(body), ["type", "error", "request_id"])
    assert.strictEqual(body["type"], "error")
    assert.strictEqual(body["request_id"], response.headers.get("x-request-id"))
    assert.strictEqual(body["request_id"], response.headers.get("request-id"))
    const { details, message, type } = body["error"] as Record<string, unknown>
    assert.isString(message)
    return [response.status, type, (details as { error_code: string }).error_code]
  })
  const init = (body: unknown = question, headers: Record<string, string> = {}): RequestInit => ({
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body)
  })

  for (const path of ["/v1/messages", "/v1/messages/count_tokens"]) {
    it.live(`${path} answers in that API's form`, () =>
      Effect.gen(function* () {
        const { drain, fetch } = yield* fetching({ app: { maxBodyBytes: 1000 } })
        const invalid = [400, "invalid_request_error", "invalid_request"]
        assert.deepStrictEqual(yield* shape(yield* fetch(path, init("{"))), invalid)
        assert.deepStrictEqual(yield* shape(yield* fetch(path, init({}))), invalid)
        assert.deepStrictEqual(yield* shape(yield* fetch(path, init({ ...question, stream: "yes" }))), invalid)
        assert.deepStrictEqual(
          yield* shape(yield* fetch(path, init(question, { "x-headgate-priority": "none" }))),
          invalid
        )
        assert.deepStrictEqual(yield* shape(yield* fetch(path, init("x".repeat(2000)))), [
          413,
          "request_too_large",
          "body_too_large"
        ])
        assert.deepStrictEqual(yield* shape(yield* fetch(path)), [405, "invalid_request_error", "method_not_allowed"])
        assert.deepStrictEqual(yield* shape(yield* fetch(`${path}/batches`, init())), [
          404,
          "not_found_error",
          "not_found"
        ])
        yield* drain.begin
        assert.deepStrictEqual(yield* shape(yield* fetch(path, init())), [503, "overloaded_error", "shutting_down"])
      })
    )

    it.live(`${path} asks for a key, in either header`, () =>
      Effect.gen(function* () {
        const { fetch, stats } = yield* fetching({ app: { apiKeys: keys } })
        const unauthorized = [401, "authentication_error", "invalid_api_key"]
        for (const headers of [{}, { "x-api-key": "wrong" }, { authorization: "Bearer wrong" }, { "x-api-key": "" }]) {
          assert.deepStrictEqual(
            yield* shape(yield* fetch(path, init(question, headers as Record<string, string>))),
            unauthorized
          )
        }
        for (const headers of [{ "x-api-key": "key-of-ada" }, { authorization: "Bearer key-of-ada" }]) {
          assert.strictEqual((yield* fetch(path, init(question, headers as Record<string, string>))).status, 200)
        }
        const elsewhere = yield* fetch("/v1/chat/completions", init(question, { "x-api-key": "key-of-ada" }))
        assert.strictEqual(elsewhere.status, 401)
        const { callers } = yield* stats.snapshot
        assert.deepStrictEqual(
          callers.map(({ caller }) => caller),
          ["ada"]
        )
      })
    )
  }

  it.live("refuses for want of room, and says when to come back", () =>
    Effect.gen(function* () {
      const { stats, url } = yield* before(() => {}, { limits: { maxQueueSize: 0, maxConcurrentRequests: 1 } })
      yield* Effect.forkScoped(post(url, question))
      yield* until(stats, ({ queue }) => queue.activeRequests === 1)
      const error = yield* rejected(() => client(url).messages.create(question))

      assert.instanceOf(error, Anthropic.RateLimitError)
      assert.deepStrictEqual([error.type, error.errorCode], ["rate_limit_error", "queue_full"])
      assert.match(error.headers.get("retry-after") ?? "", /^\d+$/)
      assert.match(error.headers.get("retry-after-ms") ?? "", /^\d+$/)
    })
  )

  it.live("is one of the client's own errors, and a call whose circuit is open comes back in time", () =>
    Effect.gen(function* () {
      const overloaded = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }
      const { url } = yield* before(json(overloaded, 529), {
        limits: { circuitBreaker: { maxFailures: 1, timeout: "20 seconds" } }
      })
      const failed = yield* rejected(() => client(url).messages.create(question))
      const refused = yield* rejected(() => client(url).messages.create(question))
      const off = yield* rejected(() => client(url, "any").messages.countTokens(question))

      assert.deepStrictEqual([failed.status, failed.type], [529, "overloaded_error"])
      for (const error of [refused, off]) {
        assert.instanceOf(error, Anthropic.InternalServerError)
        assert.deepStrictEqual([error.status, error.type, error.errorCode], [503, "overloaded_error", "circuit_open"])
        assert.isAtLeast(Number(error.headers.get("retry-after")), 1)
        assert.isString(error.requestID)
      }
    })
  )
})
