import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { createServer, type IncomingMessage } from "node:http"
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net"
import * as Proxy from "../../src/upstream/Proxy.ts"
import { send, Upstream } from "../../src/upstream/Upstream.ts"
import * as UpstreamHttp from "../../src/upstream/UpstreamHttp.ts"
import { chat, endpoint } from "../support/gateway.ts"
import { ready, start } from "../support/service.ts"
import { reply } from "../support/faults.ts"

/** A forward proxy: it notes what it is asked, answers plain requests itself, and opens tunnels to a port here. */
const proxy = (tunnelTo = 0, status = 200) =>
  Effect.acquireRelease(
    Effect.callback<{
      readonly url: string
      readonly seen: Array<string>
      readonly keys: Array<unknown>
      close: () => void
    }>((resume) => {
      const seen: Array<string> = []
      const keys: Array<unknown> = []
      const note = ({ headers, method, url }: IncomingMessage) => {
        seen.push(`${method} ${url}`)
        keys.push(headers["proxy-authorization"])
      }
      const server = createServer((request, response) => {
        note(request)
        request.resume()
        response.writeHead(200, { "content-type": "application/json" }).end(reply)
      })
      server.on("connect", (request, socket) => {
        note(request)
        if (status !== 200) return socket.end(`HTTP/1.1 ${status} No\r\n\r\n`)
        const target = connect(tunnelTo, "127.0.0.1", () => {
          socket.write("HTTP/1.1 200 OK\r\n\r\n")
          target.pipe(socket)
          socket.pipe(target)
        })
        target.on("error", () => socket.destroy())
        socket.on("error", () => target.destroy())
      })
      server.listen(0, "127.0.0.1", () => {
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
        resume(
          Effect.succeed({
            url,
            seen,
            keys,
            close: () => {
              server.close()
              server.closeAllConnections()
            }
          })
        )
      })
    }),
    ({ close }) => Effect.sync(close)
  )

/** A server that notes the first byte of each connection and closes it. */
const tcp = Effect.acquireRelease(
  Effect.callback<{ readonly first: Array<number>; readonly port: number; readonly close: () => void }>((resume) => {
    const first: Array<number> = []
    const server = createTcpServer((socket) => {
      socket.on("error", () => {})
      socket.once("data", (bytes) => {
        first.push(bytes[0]!)
        socket.destroy()
      })
    })
    server.listen(0, "127.0.0.1", () =>
      resume(Effect.succeed({ first, port: (server.address() as AddressInfo).port, close: () => server.close() }))
    )
  }),
  ({ close }) => Effect.sync(close)
)

const asking = Effect.fnUntraced(function* (options: UpstreamHttp.Options) {
  const upstream = Context.get(yield* Layer.build(UpstreamHttp.layer(options)), Upstream)
  const body = new TextEncoder().encode("{}")
  return yield* Effect.result(send(upstream, { method: "POST", path: "/chat/completions", headers: {}, body }))
})

// Each service is a process of its own.
describe.concurrent("proxy-variables-are-not-heeded", () => {
  it.live.each([["HTTP_PROXY"], ["http_proxy"]])("the service reaches an http endpoint by %s", ([name]) =>
    Effect.gen(function* () {
      const { seen, url } = yield* proxy()
      const service = yield* start({ OPENAI_BASE_URL: "http://example.invalid/v1", [name!]: url, LLM_MAX_RETRIES: "0" })
      const base = yield* ready(service)

      const response = yield* Effect.promise(() => fetch(`${base}/v1/chat/completions`, chat()))

      assert.strictEqual(response.status, 200)
      assert.deepStrictEqual(seen, ["POST http://example.invalid/v1/chat/completions"])
    })
  )

  it.live("an endpoint that NO_PROXY names is reached straight", () =>
    Effect.gen(function* () {
      const { seen, url } = yield* proxy()
      const direct = yield* endpoint((_, response) => response.end(reply))

      const options = { baseUrl: direct.url, httpProxy: Redacted.make(url), noProxy: "127.0.0.1" }
      assert.strictEqual((yield* asking(options))._tag, "Success")
      assert.deepStrictEqual(seen, [])
    })
  )

  it.live("an https endpoint is reached through a tunnel, and http ones are not", () =>
    Effect.gen(function* () {
      const { first, port } = yield* tcp
      const { keys, seen, url } = yield* proxy(port)
      const withKey = url.replace("//", "//ada:p%40ss@")

      const result = yield* asking({ baseUrl: "https://example.invalid/v1", httpsProxy: Redacted.make(withKey) })

      // At the end of the tunnel a TLS handshake begins, which nobody answers here.
      assert.strictEqual(first[0], 0x16)
      assert.strictEqual(result._tag, "Failure")
      assert.deepStrictEqual(seen.slice(0, 1), ["CONNECT example.invalid:443"])
      assert.strictEqual(keys[0], `Basic ${Buffer.from("ada:p@ss").toString("base64")}`)
    })
  )

  it.live("a proxy that refuses is a failure like that of the endpoint", () =>
    Effect.gen(function* () {
      const { url } = yield* proxy(0, 403)

      const result = yield* asking({ baseUrl: "https://example.invalid/v1", httpsProxy: Redacted.make(url) })

      assert.strictEqual(result._tag, "Failure")
    })
  )

  it.each([
    ["http://model.test/v1", "model.test", true],
    ["http://api.model.test/v1", "model.test", true],
    ["http://api.model.test/v1", ".model.test", true],
    ["http://api.model.test/v1", "*.model.test", true],
    ["http://API.model.test/v1", " a.test , MODEL.TEST ", true],
    ["http://mymodel.test/v1", "model.test", false],
    ["http://model.test/v1", "api.model.test", false],
    ["http://model.test:8080/v1", "model.test:8080", true],
    ["http://model.test:8080/v1", "model.test:80", false],
    ["https://model.test/v1", "model.test:443", true],
    ["http://10.1.2.3/v1", "10.0.0.0/8", true],
    ["http://11.1.2.3/v1", "10.0.0.0/8", false],
    ["http://127.0.0.1:1/v1", "localhost,127.0.0.1", true],
    ["http://[::1]:1/v1", "::1", true],
    ["http://[::1]:1/v1", "[::1]:1", true],
    ["http://[fd00::7]/v1", "fd00::/8", true],
    ["http://model.test./v1", "model.test", true],
    ["http://any.test/v1", "*", true],
    ["http://any.test/v1", "a.test, *", true],
    ["http://any.test/v1", "", false],
    ["http://any.test/v1", ", ,", false]
  ])("%s beside NO_PROXY=%s: %s", (url, noProxy, excluded) => {
    assert.strictEqual(Proxy.isExcluded(new URL(url), noProxy), excluded)
  })
})
