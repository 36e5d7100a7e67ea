import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import { Snapshot } from "../../src/stats/Snapshot.ts"
import { chat, fetching, json } from "../support/gateway.ts"

const keys = [{ name: "ada", key: Redacted.make("key-of-ada") }]
const shown = { headers: { authorization: "Bearer key-of-ada" } }

describe("the routes", () => {
  it.live.each([
    ["GET", "/nope", 404, "not_found", null],
    ["POST", "/v1/nope", 404, "not_found", null],
    ["DELETE", "/stats", 405, "method_not_allowed", "GET, HEAD"],
    ["POST", "/", 405, "method_not_allowed", "GET, HEAD"],
    ["OPTIONS", "/health/live", 405, "method_not_allowed", "GET, HEAD"],
    ["OPTIONS", "/v1/chat/completions", 405, "method_not_allowed", "POST"],
    ["PUT", "/login", 405, "method_not_allowed", "GET, HEAD, POST"],
    ["GET", "/logout", 405, "method_not_allowed", "POST"],
    ["POST", "/stats/history", 405, "method_not_allowed", "GET, HEAD"],
    ["DELETE", "/metrics", 405, "method_not_allowed", "GET, HEAD"],
    ["POST", "/docs", 405, "method_not_allowed", "GET, HEAD"],
    ["POST", "/health/ready", 405, "method_not_allowed", "GET, HEAD"],
    ["PUT", "/stats/stream", 405, "method_not_allowed", "GET, HEAD"],
    ["DELETE", "/v1/models/org/model", 405, "method_not_allowed", "GET, HEAD"],
    ["POST", "/v1/models", 405, "method_not_allowed", "GET, HEAD"],
    ["GET", "/v1/chat/completions", 405, "method_not_allowed", "POST"],
    ["HEAD", "/v1/chat/completions", 405, "method_not_allowed", "POST"],
    ["GET", "/v1/models/%2E%2E%2Ffiles", 404, "not_found", null]
  ] as const)("%s %s is %i in JSON", ([method, path, status, code, allow]) =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching()
      const response = yield* fetch(path, { method })

      assert.strictEqual(response.status, status)
      assert.strictEqual(response.headers.get("allow"), allow)
      assert.isNotEmpty(response.headers.get("x-request-id"))
      if (method === "HEAD") return
      const { error } = yield* json(response)
      assert.deepStrictEqual([error.type, error.code, error.param], ["invalid_request_error", code, null])
      assert.isString(error.message)
    })
  )

  it.live.each([
    "/",
    "/docs",
    "/openapi.json",
    "/metrics",
    "/stats/history",
    "/stats/recent",
    "/assets/uPlot.iife.min.js"
  ])("HEAD %s is GET without a body", (path) =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching()
      const response = yield* fetch(path, { method: "HEAD" })

      assert.strictEqual(response.status, 200)
      assert.strictEqual(yield* Effect.promise(() => response.text()), "")
    })
  )

  it.live.each(["/stats", "/health/live", "/health/ready", "/v1/models", "/v1/models/gpt-4o", "/stats/stream"])(
    "HEAD %s is GET without a body",
    (path) =>
      Effect.gen(function* () {
        const { fetch } = yield* fetching()
        const response = yield* fetch(path, { method: "HEAD" })

        assert.strictEqual(response.status, 200)
        assert.strictEqual(yield* Effect.promise(() => response.text()), "")
      })
  )

  it.live("a sane request id is kept, any other replaced", () =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching()
      const idOf = (headers: Record<string, string>) =>
        Effect.map(fetch("/stats", { headers }), (response) => response.headers.get("x-request-id"))

      assert.strictEqual(yield* idOf({ "x-request-id": "a.B-9_:" }), "a.B-9_:")
      assert.match((yield* idOf({ "x-request-id": "no spaces" }))!, /^req_[0-9a-f]{24}$/)
      assert.match((yield* idOf({ "x-request-id": "x".repeat(129) }))!, /^req_/)
      assert.notStrictEqual(yield* idOf({}), yield* idOf({}))
    })
  )

  it.live("the figures are a Snapshot", () =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching()
      yield* fetch("/v1/chat/completions", chat())
      const figures = Schema.decodeUnknownSync(Snapshot)(yield* json(yield* fetch("/stats")))

      assert.strictEqual(figures.requests.succeeded, 1)
    })
  )

  it.live("the page loads its own server's assets alone, runs nothing else, and holds no figures", () =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching()
      const response = yield* fetch("/")
      const policy = response.headers.get("content-security-policy")!
      const page = yield* Effect.promise(() => response.text())
      const loaded = [...page.matchAll(/(?:src|href)="([^"#]*)"/g)].map(([, path]) => path!)
      const scripts = [...page.matchAll(/<script([^>]*)>([^<]*)</g)]

      assert.match(response.headers.get("content-type")!, /^text\/html/)
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; /)
      assert.notMatch(page, /https?:|<style| style=| on\w+=/)
      assert.isTrue(scripts.every(([, attributes, content]) => attributes!.includes("src=") && content === ""))
      for (const path of loaded) assert.strictEqual((yield* fetch(`/${path}`)).status, 200, path)
    })
  )

  it.live("the page's scripts load only one another, and put no markup together from texts", () =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching()
      const seen = new Set<string>()
      const visit = (path: string): Effect.Effect<void> =>
        Effect.gen(function* () {
          if (seen.has(path)) return
          seen.add(path)
          const response = yield* fetch(path)
          const script = yield* Effect.promise(() => response.text())

          assert.strictEqual(response.headers.get("content-type"), "text/javascript; charset=utf-8", path)
          assert.notMatch(script, /https?:|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b/)
          for (const [, name] of script.matchAll(/ from "\.\/([^"]+)"/g)) yield* visit(`/assets/${name}`)
        })
      yield* visit("/assets/dashboard.js")

      assert.isAbove(seen.size, 5)
    })
  )

  it.live("there are no assets but those of the page, and they are only read", () =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching()
      const statusOf = (path: string, method = "GET") => Effect.map(fetch(path, { method }), ({ status }) => status)

      assert.strictEqual(yield* statusOf("/assets/nope.js"), 404)
      assert.strictEqual(yield* statusOf("/assets/..%2fdashboard.html"), 404)
      assert.strictEqual(yield* statusOf("/assets/dashboard.js", "POST"), 405)
      assert.strictEqual(yield* statusOf("/assets/dashboard.js", "HEAD"), 200)
    })
  )

  it.live("browsers may not guess what an answer is", () =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching()
      for (const path of ["/", "/stats", "/assets/icon.svg", "/nope", "/v1/models", "/metrics"]) {
        assert.strictEqual((yield* fetch(path)).headers.get("x-content-type-options"), "nosniff", path)
      }
    })
  )

  it.live("while draining, the process lives and is not ready, and new calls are refused", () =>
    Effect.gen(function* () {
      const { drain, fetch } = yield* fetching()
      assert.strictEqual((yield* fetch("/health/ready")).status, 200)
      yield* drain.begin
      const ready = yield* fetch("/health/ready")
      const call = yield* fetch("/v1/chat/completions", chat())

      assert.strictEqual((yield* fetch("/health/live")).status, 200)
      for (const response of [ready, call]) {
        assert.strictEqual(response.status, 503)
        assert.isNotNull(response.headers.get("retry-after"))
        assert.strictEqual((yield* json(response)).error.code, "shutting_down")
      }
    })
  )
})

describe("the routes, with keys", () => {
  it.live.each(["/", "/stats", "/stats/stream", "/v1/models", "/nope", "/v1/chat/completions", "/health/live/x"])(
    "%s asks for a key",
    (path) =>
      Effect.gen(function* () {
        const { fetch } = yield* fetching({ app: { apiKeys: keys } })
        for (const headers of [{}, { authorization: "Bearer key-of-eve" }]) {
          const response = yield* fetch(path, { headers })
          const { error } = yield* json(response)

          assert.strictEqual(response.status, 401)
          assert.deepStrictEqual([error.type, error.code], ["authentication_error", "invalid_api_key"])
        }
      })
  )

  it.live("health asks for none", () =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching({ app: { apiKeys: keys } })

      assert.strictEqual((yield* fetch("/health/live")).status, 200)
      assert.strictEqual((yield* fetch("/health/ready")).status, 200)
    })
  )

  it.live("a key opens, and names the caller", () =>
    Effect.gen(function* () {
      const { fetch, stats } = yield* fetching({ app: { apiKeys: keys } })
      const request = chat({}, shown.headers)

      assert.strictEqual((yield* fetch("/stats", shown)).status, 200)
      assert.strictEqual((yield* fetch("/v1/chat/completions", request)).status, 200)
      assert.strictEqual((yield* stats.snapshot).callers[0]?.caller, "ada")
    })
  )
})
