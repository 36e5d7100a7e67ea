import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { chat, fetching, json } from "../support/gateway.ts"

const keys = [
  { name: "ada", key: Redacted.make("key-of-ada") },
  { name: undefined, key: Redacted.make("p&ss=w+rd%20") }
]

const browser = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" }

const guarded = fetching({ app: { apiKeys: keys } })

const text = (response: Response) => Effect.promise(() => response.text())

const form = (key: string, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  body: new URLSearchParams({ key }).toString()
})

const cookieOf = (response: Response) => response.headers.get("set-cookie")!.split(";")[0]!

type Fetch = Effect.Success<typeof guarded>["fetch"]

const signedIn = (fetch: Fetch) => Effect.map(fetch("/login", form("key-of-ada")), cookieOf)

const pages = [
  "/",
  "/stats",
  "/stats/history",
  "/stats/recent",
  "/advice",
  "/metrics",
  "/docs",
  "/openapi.json",
  "/assets/uPlot.min.css"
]

describe("signing in", () => {
  it.live.each(pages)("%s asks a browser for a key with a page, and a program with an error", (path) =>
    Effect.gen(function* () {
      const { fetch } = yield* guarded
      const page = yield* fetch(path, { headers: browser })
      const error = yield* fetch(path)

      assert.deepStrictEqual([page.status, error.status], [401, 401])
      assert.match(page.headers.get("content-type")!, /^text\/html/)
      assert.strictEqual(page.headers.get("cache-control"), "no-store")
      assert.include(yield* text(page), `action="${path.split("/").length > 2 ? "../" : ""}login"`)
      assert.strictEqual((yield* json(error)).error.code, "invalid_api_key")
    })
  )

  it.live.each([
    ["key-of-ada", {}, "HttpOnly; SameSite=Strict"],
    ["p&ss=w+rd%20", {}, "HttpOnly; SameSite=Strict"],
    [" key-of-ada ", { "x-forwarded-proto": "https, http" }, "HttpOnly; Secure; SameSite=Strict"]
  ] as const)("the key %s, once, is a cookie and the way home", ([key, headers, attributes]) =>
    Effect.gen(function* () {
      const { fetch } = yield* guarded
      const response = yield* fetch("/login", form(key, headers))
      const cookie = response.headers.get("set-cookie")!

      assert.deepStrictEqual([response.status, response.headers.get("location")], [303, "./"])
      assert.strictEqual(response.headers.get("cache-control"), "no-store")
      assert.strictEqual(cookie.replace(/=[\w-]{43};/, "=?;"), `headgate_session=?; Max-Age=604800; ${attributes}`)
      for (const path of pages) {
        assert.strictEqual((yield* fetch(path, { headers: { cookie: cookieOf(response) } })).status, 200, path)
      }
    })
  )

  it.live("a wrong key is the page again, which says so and does not repeat it", () =>
    Effect.gen(function* () {
      const { fetch } = yield* guarded
      const response = yield* fetch("/login", form("key-of-eve<b>"))
      const page = yield* text(response)

      assert.strictEqual(response.status, 401)
      assert.isNull(response.headers.get("set-cookie"))
      assert.match(page, /role="alert">/)
      assert.notInclude(page, "eve")
      assert.match(yield* text(yield* fetch("/", { headers: browser })), /role="alert" hidden>/)
    })
  )

  it.live.each([
    ["", "application/x-www-form-urlencoded"],
    ["name=ada", "application/x-www-form-urlencoded"],
    [`key=${"x".repeat(70_000)}`, "application/x-www-form-urlencoded"]
  ] as const)("a form without a key is refused", ([body, type]) =>
    Effect.gen(function* () {
      const { fetch } = yield* guarded
      const response = yield* fetch("/login", { method: "POST", headers: { "content-type": type }, body })

      assert.strictEqual(response.status, 400)
      assert.strictEqual((yield* json(response)).error.param, "key")
    })
  )

  it.live("the cookie opens no model, changes nothing, and is no key", () =>
    Effect.gen(function* () {
      const { fetch, stats } = yield* guarded
      const cookie = yield* signedIn(fetch)
      const asks = [
        fetch("/v1/chat/completions", chat({}, { cookie })),
        fetch("/v1/models", { headers: { cookie } }),
        fetch("/v1/models/gpt-4o", { headers: { cookie } }),
        fetch("/stats", { method: "DELETE", headers: { cookie } }),
        fetch("/nope", { headers: { cookie } }),
        fetch("/stats/../v1/models", { headers: { cookie } }),
        fetch("/stats", { headers: { authorization: `Bearer ${cookie.split("=")[1]}` } })
      ]
      for (const ask of asks) assert.strictEqual((yield* ask).status, 401)

      assert.strictEqual((yield* stats.snapshot).requests.total, 0)
    })
  )

  it.live.each(["headgate_session=", "headgate_session=%zz", `headgate_session=${"A".repeat(43)}`, "other=1; =;;", ""])(
    "the cookie %o opens nothing",
    (cookie) =>
      Effect.gen(function* () {
        const { fetch } = yield* guarded
        yield* signedIn(fetch)

        assert.strictEqual((yield* fetch("/stats", { headers: { cookie } })).status, 401)
      })
  )

  it.live("what a proxy asks for in Authorization does not stand in the cookie's way", () =>
    Effect.gen(function* () {
      const { fetch } = yield* guarded
      const cookie = yield* signedIn(fetch)

      assert.strictEqual((yield* fetch("/stats", { headers: { cookie, authorization: "Basic YTpi" } })).status, 200)
    })
  )

  it.live("signing out ends the session, wherever its cookie went, and leaves others", () =>
    Effect.gen(function* () {
      const { fetch } = yield* guarded
      const [cookie, other] = [yield* signedIn(fetch), yield* signedIn(fetch)]
      const response = yield* fetch("/logout", { method: "POST", headers: { cookie } })

      assert.deepStrictEqual([response.status, response.headers.get("location")], [303, "./"])
      assert.match(response.headers.get("set-cookie")!, /^headgate_session=; Max-Age=0;/)
      assert.strictEqual((yield* fetch("/stats", { headers: { cookie } })).status, 401)
      assert.strictEqual((yield* fetch("/stats", { headers: { cookie: other } })).status, 200)
    })
  )

  it.live("the page offers to sign out where keys are asked for", () =>
    Effect.gen(function* () {
      const { fetch } = yield* guarded
      const cookie = yield* signedIn(fetch)
      const open = yield* fetching()

      assert.match(yield* text(yield* fetch("/", { headers: { cookie } })), /action="logout">/)
      assert.match(yield* text(yield* open.fetch("/")), /action="logout" hidden>/)
    })
  )

  it.live("GET /login leads to the page", () =>
    Effect.gen(function* () {
      const { fetch } = yield* guarded
      const response = yield* fetch("/login", { redirect: "manual" })

      assert.deepStrictEqual([response.status, response.headers.get("location")], [303, "./"])
    })
  )

  it.live("the page that asks is whole in itself", () =>
    Effect.gen(function* () {
      const { fetch } = yield* guarded
      const response = yield* fetch("/", { headers: browser })
      const policy = response.headers.get("content-security-policy")!

      assert.match(policy, /style-src 'self' 'sha256-/)
      assert.notMatch(policy, /unsafe/)
      assert.notMatch(yield* text(response), /<(script|link(?! rel="icon" href="data:)|img)|src=/)
    })
  )
})
