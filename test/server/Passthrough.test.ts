import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Redacted } from "effect"
import { type IncomingHttpHeaders, request as ask } from "node:http"
import * as UpstreamHttp from "../../src/upstream/UpstreamHttp.ts"
import { chat, endpoint, json, onLoopback, until } from "../support/gateway.ts"

const path = "/v1/chat/completions"
const apiKey = Redacted.make("the-real-key")

/** Sends bytes and reads bytes, without a client that interprets either. */
const exchange = (url: string, body: string, headers: Record<string, string> = {}) =>
  Effect.callback<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }>(
    (resume) => {
      const request = ask(url, { method: "POST", headers }, (response) => {
        const parts: Array<Buffer> = []
        response.on("data", (part: Buffer) => parts.push(part))
        response.on("end", () =>
          resume(
            Effect.succeed({
              status: response.statusCode!,
              headers: response.headers,
              body: Buffer.concat(parts).toString()
            })
          )
        )
      })
      request.end(body)
      return Effect.sync(() => request.destroy())
    }
  )

/** An endpoint that remembers what reached it, and answers so. */
const recording = Effect.fnUntraced(function* (status: number, body: string, headers: Record<string, string> = {}) {
  const seen: Array<{ readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: string }> = []
  const { url } = yield* endpoint((request, response) => {
    let text = ""
    request.on("data", (part: Buffer) => (text += part.toString()))
    request.on("end", () => {
      seen.push({ url: request.url!, headers: request.headers, body: text })
      response.writeHead(status, headers).end(body)
    })
  })
  return { seen, url }
})

describe("a call of an endpoint over HTTP", () => {
  it.live("bytes pass unchanged both ways, unknown fields and large numbers among them", () =>
    Effect.gen(function* () {
      const sent =
        '{ "messages":[], "x_unknown":{"b":1,"a":2}, "seed":9007199254740993, "n":1e0, "seed":12345678901234567890}'
      const answer =
        '{"id":18446744073709551615,\n "x":"\\u00e4ä", "usage":{"prompt_tokens":3,"completion_tokens":4}, "id":1.0}'
      const { seen, url } = yield* recording(200, answer, { "content-type": "application/json; charset=utf-8" })
      const gateway = yield* onLoopback({ upstream: UpstreamHttp.layer({ baseUrl: url }) })
      const reply = yield* exchange(gateway.url + path, sent)

      assert.strictEqual(seen[0]?.body, sent)
      assert.strictEqual(reply.body, answer)
      assert.strictEqual(reply.headers["content-type"], "application/json; charset=utf-8")
      const { tokens } = yield* gateway.stats.snapshot
      assert.deepStrictEqual([tokens.prompt, tokens.completion], [3, 4])
    })
  )

  it.live("the endpoint gets its own key and the path under its base URL, and nothing that is the gateway's", () =>
    Effect.gen(function* () {
      const { seen, url } = yield* recording(200, "{}")
      const upstream = UpstreamHttp.layer({ baseUrl: `${url}?version=2`, apiKey })
      const gateway = yield* onLoopback({ upstream })
      yield* exchange(`${gateway.url}${path}?trace=1`, '{"messages":[]}', {
        authorization: "Bearer the-callers-key",
        "openai-project": "p",
        "x-headgate-caller": "ada",
        "x-request-id": "mine"
      })

      const { headers, url: asked } = seen[0]!
      assert.strictEqual(asked, "/v1/chat/completions?version=2&trace=1")
      assert.strictEqual(headers.authorization, "Bearer the-real-key")
      assert.strictEqual(headers["openai-project"], "p")
      assert.strictEqual(headers["x-request-id"], "mine")
      assert.deepStrictEqual(
        Object.keys(headers).filter((name) => name.startsWith("x-headgate-")),
        []
      )
    })
  )

  it.live("without a key of its own, the endpoint gets none", () =>
    Effect.gen(function* () {
      const { seen, url } = yield* recording(200, "{}")
      const gateway = yield* onLoopback({ upstream: UpstreamHttp.layer({ baseUrl: url }) })
      yield* exchange(gateway.url + path, '{"messages":[]}', { authorization: "Bearer the-callers-key" })

      assert.isUndefined(seen[0]?.headers.authorization)
    })
  )

  it.live.each([
    [500, "text/html", "<h1>Broken</h1>", 3],
    [429, "application/json", '{"error":{"message":"slow down","code":"rate_limit_exceeded","extra":1}}', 3],
    [422, "application/json", '{"detail":"wrong"}', 1],
    [302, "text/plain", "elsewhere", 1]
  ] as const)("a %i comes back as it is when no retry is left", ([status, type, body, attempts]) =>
    Effect.gen(function* () {
      const headers = { "content-type": type, "retry-after-ms": "1", "x-request-id": "theirs", "x-own": "1" }
      const { seen, url } = yield* recording(status, body, headers)
      const upstream = UpstreamHttp.layer({ baseUrl: url })
      const gateway = yield* onLoopback({ upstream, limits: { maxRetries: 2 } })
      const reply = yield* exchange(gateway.url + path, '{"messages":[]}')

      assert.deepStrictEqual([reply.status, reply.body, seen.length], [status, body, attempts])
      assert.strictEqual(reply.headers["content-type"], type)
      assert.strictEqual(reply.headers["x-own"], "1")
      assert.strictEqual(reply.headers["x-upstream-request-id"], "theirs")
      assert.notStrictEqual(reply.headers["x-request-id"], "theirs")
    })
  )

  it.live("an endpoint that breaks the connection or is not there is out of reach", () =>
    Effect.gen(function* () {
      const broken = yield* endpoint((request, response) => {
        response.writeHead(200, { "content-length": "100" }).write("{")
        request.on("end", () => response.destroy()).resume()
      })
      const gone = yield* endpoint(() => {})
      gone.close()
      for (const { url } of [broken, gone]) {
        const gateway = yield* onLoopback({ upstream: UpstreamHttp.layer({ baseUrl: url }) })
        const response = yield* Effect.promise(() => fetch(gateway.url + path, chat()))

        assert.strictEqual(response.status, 502)
        const { error } = yield* json(response)
        assert.strictEqual(error.code, "upstream_unreachable")
        assert.notInclude(error.message, "127.0.0.1")
      }
    })
  )

  it.live("a caller that leaves closes the connection to the endpoint", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<boolean>()
      const { url } = yield* endpoint((_request, response) => {
        Deferred.doneUnsafe(asked, Effect.void)
        response.on("close", () => Deferred.doneUnsafe(closed, Effect.succeed(response.writableFinished)))
      })
      const gateway = yield* onLoopback({ upstream: UpstreamHttp.layer({ baseUrl: url }) })
      const leave = new AbortController()
      yield* Effect.forkChild(
        Effect.promise(() => fetch(gateway.url + path, { ...chat(), signal: leave.signal }).catch(() => undefined))
      )
      yield* Deferred.await(asked)
      leave.abort()

      assert.isFalse(yield* Deferred.await(closed))
      const figures = yield* until(gateway.stats, ({ requests }) => requests.cancelled === 1)
      assert.isTrue(figures._tag === "Some" && figures.value.queue.activeRequests === 0)
    })
  )

  it.live("the endpoint's models come through, by names with slashes too, and take no place at the gate", () =>
    Effect.gen(function* () {
      const { seen, url } = yield* recording(200, '{"object":"list","data":[],"x":1}')
      const gateway = yield* onLoopback({ upstream: UpstreamHttp.layer({ baseUrl: url, apiKey }) })
      const get = (path: string) => Effect.promise(() => fetch(gateway.url + path).then((answer) => answer.text()))

      assert.strictEqual(yield* get("/v1/models"), '{"object":"list","data":[],"x":1}')
      yield* get("/v1/models/Org/a%3Fb")
      yield* get(`/v1/models/${"x".repeat(300)}`)
      assert.deepStrictEqual(
        seen.map(({ url }) => url),
        ["/v1/models", "/v1/models/Org/a%3Fb", `/v1/models/${"x".repeat(300)}`]
      )
      assert.strictEqual((yield* gateway.stats.snapshot).requests.total, 0)
    })
  )
})
