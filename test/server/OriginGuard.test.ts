import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { request } from "node:http"
import { chat, type Failure, onLoopback } from "../support/gateway.ts"

type Headers = Readonly<Record<string, string>>

const keyed = { apiKeys: [{ name: "ada", key: Redacted.make("key-of-ada") }] }

/** Asks the gateway with these headers, of which `fetch` would set some itself. */
const ask = (url: string, path: string, headers: Headers, body = "") =>
  Effect.callback<{ readonly status: number; readonly text: string }>((resume) => {
    const sent = request(`${url}${path}`, { method: body === "" ? "GET" : "POST", headers }, (answer) => {
      let text = ""
      answer.setEncoding("utf8")
      answer.on("data", (part: string) => (text += part))
      answer.on("end", () => resume(Effect.succeed({ status: answer.statusCode!, text })))
    })
    sent.end(body)
    return Effect.sync(() => sent.destroy())
  })

const question = String(chat().body)

describe("a gateway on loopback without keys", () => {
  it.live.each(["127.0.0.1", "127.9.9.9:80", "localhost", "LocalHost:3000", "[::1]", "[::1]:3000"])(
    "answers who names it %s, and pages from there",
    (host) =>
      Effect.gen(function* () {
        const { url } = yield* onLoopback()

        for (const path of ["/stats", "/", "/docs"]) assert.strictEqual((yield* ask(url, path, { host })).status, 200)
        for (const origin of [`http://${host}`, `https://${host}`]) {
          const { status } = yield* ask(url, "/v1/chat/completions", { host, origin }, question)
          assert.strictEqual(status, 200)
        }
      })
  )

  it.live.each([
    ["the host of a page", { host: "evil.test:3000" }, "host"],
    ["a host that begins like one of its own", { host: "127.0.0.1.evil.test" }, "host"],
    ["another address", { host: "192.168.0.1" }, "host"],
    ["a host that is none", { host: "[::1" }, "host"],
    ["another page", { origin: "https://evil.test" }, "origin"],
    ["a page that begins like one of its own", { origin: "http://localhost.evil.test" }, "origin"],
    ["a page without an origin", { origin: "null" }, "origin"],
    ["a page of an extension", { origin: "chrome-extension://localhost" }, "origin"]
  ] as const)("refuses %s, whatever it asks, and says what to set", ([, headers, param]) =>
    Effect.gen(function* () {
      const { stats, url } = yield* onLoopback()
      const asked: Headers = { "content-type": "text/plain", ...headers }

      for (const [path, body] of [["/v1/chat/completions", question], ["/stats"], ["/"], ["/nowhere"]] as const) {
        const { status, text } = yield* ask(url, path, asked, body)
        const { error } = JSON.parse(text) as Failure

        assert.deepStrictEqual(
          [status, error.type, error.param, error.code],
          [403, "invalid_request_error", param, "forbidden"]
        )
        assert.include(error.message, JSON.stringify(Object.values(headers)[0]))
        assert.match(error.message, /HEADGATE_API_KEYS/)
      }
      assert.strictEqual((yield* stats.snapshot).requests.total, 0)
    })
  )

  it.live("tells everyone of its health", () =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback()

      for (const path of ["/health/live", "/health/ready?x=1"]) {
        assert.strictEqual((yield* ask(url, path, { host: "probe.test", origin: "null" })).status, 200)
      }
    })
  )

  it.live.each([
    ["has keys", keyed, { authorization: "Bearer key-of-ada" }],
    ["lets everyone in", { allowAnonymous: true }, {}]
  ] as const)("asks nobody from where they come if it %s", ([, app, headers]) =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback({ app })

      for (const from of [{ host: "gate.test" }, { origin: "https://app.test" }, { origin: "null" }]) {
        const { status } = yield* ask(url, "/v1/chat/completions", { ...headers, ...from }, question)
        assert.strictEqual(status, 200)
      }
    })
  )
})
