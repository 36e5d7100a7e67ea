import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import * as UpstreamHttp from "../../src/upstream/UpstreamHttp.ts"
import { isWithin } from "../../src/upstream/UpstreamHttp.ts"
import { chat, endpoint, fetching } from "../support/gateway.ts"

const sent = chat({ stream: false })

/** A gateway to an endpoint that remembers what reached it. */
const behind = Effect.fnUntraced(function* (answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const seen: Array<string> = []
  const { url } = yield* endpoint((request, response) => {
    let body = ""
    request.on("data", (part: Buffer) => (body += part.toString()))
    request.on("end", () => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization} ${body.length}`)
      answer(request, response)
    })
  })
  const upstream = UpstreamHttp.layer({ baseUrl: url, apiKey: Redacted.make("key") })
  const gateway = yield* fetching({ upstream, limits: { maxRetries: 0 } })
  const reply = yield* gateway.fetch("/v1/chat/completions", { ...sent, redirect: "manual" })
  return { seen, status: reply.status, text: yield* Effect.promise(() => reply.text()) }
})

const length = String(sent.body).length

describe("an endpoint that redirects", () => {
  it.live.each([301, 302, 307, 308])(
    "with a %i within its origin is asked there, with the same body and key",
    (status) =>
      Effect.gen(function* () {
        const { seen, text } = yield* behind((request, response) =>
          request.url!.endsWith("/")
            ? response.end('{"ok":1}')
            : response.writeHead(status, { location: `${request.url}/` }).end("elsewhere")
        )

        assert.strictEqual(text, '{"ok":1}')
        assert.deepStrictEqual(seen, [
          `POST /v1/chat/completions Bearer key ${length}`,
          `POST /v1/chat/completions/ Bearer key ${length}`
        ])
      })
  )

  it.live.each([
    [307, "http://127.0.0.2:1/v1/chat/completions"],
    [301, "http://["],
    [303, "/result"]
  ] as const)("with a %i to %s is out of reach, since it is not followed", ([status, location]) =>
    Effect.gen(function* () {
      const { seen, text, ...reply } = yield* behind((_, response) =>
        response.writeHead(status, { location }).end("elsewhere")
      )

      assert.deepStrictEqual([reply.status, seen.length], [502, 1])
      assert.include(text, `a ${status} redirect that is not followed`)
      assert.notInclude(text, location)
    })
  )

  it.live("without a place is an answer like others", () =>
    Effect.gen(function* () {
      const { seen, status, text } = yield* behind((_, response) => response.writeHead(307).end("elsewhere"))

      assert.deepStrictEqual([status, text, seen.length], [307, "elsewhere", 1])
    })
  )

  it.live("in a circle is asked six times in all, and is out of reach", () =>
    Effect.gen(function* () {
      const { seen, status } = yield* behind((request, response) =>
        response.writeHead(308, { location: request.url! }).end()
      )

      assert.deepStrictEqual([status, seen.length], [502, 6])
    })
  )

  it.live("and breaks off is out of reach", () =>
    Effect.gen(function* () {
      const { seen, status } = yield* behind((request, response) => {
        response.writeHead(307, { location: "/other", "content-length": "9" }).write("else")
        setImmediate(() => request.socket.destroy())
      })

      assert.deepStrictEqual([status, seen.length], [502, 1])
    })
  )

  it("is within an origin at the same host and port, or with TLS at the same host", () => {
    const base = new URL("http://model.example/v1")
    const within = (to: string) => isWithin(base, new URL(to, base))

    assert.deepStrictEqual(
      ["/other", "http://model.example:80/a", "https://model.example/v1", "https://model.example:8443/"].map(within),
      [true, true, true, true]
    )
    assert.deepStrictEqual(
      ["http://model.example:8080/a", "http://other.example/", "ftp://model.example/", "//other.example/v1"].map(
        within
      ),
      [false, false, false, false]
    )
    assert.isFalse(isWithin(new URL("https://model.example/v1"), new URL("http://model.example/v1")))
  })
})
