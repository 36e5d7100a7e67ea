import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { createServer, request } from "node:http"
import type { AddressInfo } from "node:net"
import { onLoopback } from "../support/gateway.ts"

const prefix = "/headgate"

/** A reverse proxy that serves the gateway under a prefix, which it takes off; all else is not found. */
const behindProxy = Effect.fnUntraced(function* (keys: ReadonlyArray<string> = []) {
  const { url } = yield* onLoopback({ app: { apiKeys: keys.map((key) => ({ name: key, key: Redacted.make(key) })) } })
  const { port } = new URL(url)
  const server = createServer((incoming, outgoing) => {
    if (!incoming.url!.startsWith(`${prefix}/`)) return outgoing.writeHead(404).end()
    const path = incoming.url!.slice(prefix.length)
    const asked = request({ port, path, method: incoming.method, headers: incoming.headers }, (response) => {
      outgoing.writeHead(response.statusCode!, response.headers)
      response.pipe(outgoing)
    })
    asked.on("error", () => outgoing.destroy())
    return incoming.pipe(asked)
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}/`
})

const get = (url: string, init?: RequestInit) => Effect.promise(() => fetch(url, { redirect: "manual", ...init }))
const text = (url: string) => Effect.flatMap(get(url), (response) => Effect.promise(() => response.text()))

const scripts = new URL("../../src/server/page/assets/", import.meta.url)

describe("the-page-breaks-under-a-sub-path", () => {
  it.live("every part of the page, and what it asks for, is found under the prefix", () =>
    Effect.gen(function* () {
      const page = yield* behindProxy()
      const html = yield* text(page)
      const named = [...html.matchAll(/(?:href|src)="([^"#]+)"/g)].map(([, path]) => path!)
      const asked = readdirSync(scripts)
        .filter((name) => name.endsWith(".js"))
        .map((name) => readFileSync(new URL(name, scripts), "utf8"))
        .flatMap((code) => [...code.matchAll(/(?:ask|follow|fetch)\(["`]([^"`$]+)/g)].map(([, path]) => path!))

      assert.isAbove(named.length, 7)
      assert.isAbove(asked.length, 3)
      for (const path of [...named, ...asked.map((path) => path.replace(/=$/, "=0"))]) {
        const url = new URL(path, page)
        assert.isTrue(url.pathname.startsWith(`${prefix}/`), path)
        const response = yield* get(url.href)
        yield* Effect.promise(() => response.body!.cancel())
        assert.strictEqual(response.status, 200, path)
      }
      assert.include(yield* text(new URL("docs", page).href), 'href="assets/icon.svg"')
    })
  )

  it.live.each(["", "docs", "stats/history", "assets/icon.svg"])(
    "signing in at %j leads to the page, and out of it",
    (at) =>
      Effect.gen(function* () {
        const page = yield* behindProxy(["key-of-ada"])
        const browser = { headers: { accept: "text/html" } }
        const asking = yield* get(new URL(at, page).href, browser)
        const [, action] = /action="([^"]+)"/.exec(yield* Effect.promise(() => asking.text()))!
        const login = new URL(action!, new URL(at, page))
        assert.strictEqual(login.pathname, `${prefix}/login`)

        const signedIn = yield* get(login.href, { method: "POST", body: new URLSearchParams({ key: "key-of-ada" }) })
        const home = new URL(signedIn.headers.get("location")!, login)
        const setCookie = signedIn.headers.get("set-cookie")!
        const cookie = setCookie.split(";", 1)[0]!

        assert.strictEqual(home.pathname, `${prefix}/`)
        // Without a path it holds for the directory of the request (RFC 6265, 5.1.4).
        assert.notMatch(setCookie, /path=/i)
        const html = yield* Effect.flatMap(get(home.href, { headers: { cookie } }), (response) =>
          Effect.promise(() => response.text())
        )
        const [, out] = /action="([^"]+)"/.exec(html)!
        const logout = new URL(out!, home)
        assert.strictEqual(logout.pathname, `${prefix}/logout`)
        const signedOut = yield* get(logout.href, { method: "POST", headers: { cookie } })
        assert.strictEqual(new URL(signedOut.headers.get("location")!, logout).pathname, `${prefix}/`)
      })
  )
})
