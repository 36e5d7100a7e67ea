import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as UpstreamHttp from "../../src/upstream/UpstreamHttp.ts"
import { onLoopback, until } from "../support/gateway.ts"
import { apis, ownError } from "../support/storm/Apis.ts"
import { header } from "../support/wire/HttpParser.ts"
import { RawCaller, requestOf } from "../support/wire/RawCaller.ts"
import { RawEndpoint } from "../support/wire/RawEndpoint.ts"

const { chat, message } = apis

/** Writes bytes to the gateway, and reads the first reply. */
const reply = (url: string, bytes: string | Buffer) =>
  Effect.promise(async () => {
    const caller = new RawCaller(url)
    caller.socket.write(bytes)
    await caller.answered()
    caller.socket.destroy()
    assert.isUndefined(caller.parser.fault)
    return caller.replies[0]!
  })

const body = '{"model":"m","messages":[]}'
const length = `content-length: ${body.length}`

describe("a request that no route sees", () => {
  for (const [what, bytes, status, api] of [
    ["is no HTTP", "GARBAGE\r\n\r\n", 400, chat!],
    ["names no host", `POST ${chat!.path} HTTP/1.1\r\n${length}\r\n\r\n${body}`, 400, chat!],
    ["names no host for a message", `POST ${message!.path} HTTP/1.1\r\n${length}\r\n\r\n${body}`, 400, message!],
    ["expects the unknown", `GET /stats HTTP/1.1\r\nhost: 127.0.0.1\r\nexpect: the-best\r\n\r\n`, 417, chat!]
  ] as const) {
    it.live(`since it ${what} is answered in the form of its API, with an id`, () =>
      Effect.gen(function* () {
        const { stats, url } = yield* onLoopback()
        const refusal = yield* reply(url, bytes)

        assert.strictEqual(refusal.status, status)
        assert.strictEqual(ownError(api, refusal), "invalid_request", refusal.body.toString())
        assert.match(header(refusal, "x-request-id")!, /^req_\w+$/)
        assert.strictEqual(header(refusal, "connection"), "close")
        assert.strictEqual((yield* stats.snapshot).requests.total, 0)
      })
    )
  }

  it.live("keeps the id that it has brought", () =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback()
      const refusal = yield* reply(url, "GET /stats HTTP/1.1\r\nx-request-id: mine\r\n\r\n")

      assert.strictEqual(header(refusal, "x-request-id"), "mine")
    })
  )

  it.live("is not one of HTTP/1.0, which need name no host", () =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback()

      assert.strictEqual((yield* reply(url, "GET /health/live HTTP/1.0\r\n\r\n")).status, 200)
    })
  )
})

describe("a reply of a status that HTTP does not have", () => {
  for (const status of [600, 777, 999]) {
    it.live(`such as ${status} is a bad gateway, and a failure`, () =>
      Effect.gen(function* () {
        const endpoint = yield* Effect.acquireRelease(
          Effect.promise(() =>
            RawEndpoint.listen(({ finish, socket }) => {
              socket.write(`HTTP/1.1 ${status} Odd\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`)
              finish()
            })
          ),
          (endpoint) => Effect.promise(() => endpoint.close())
        )
        const { stats, url } = yield* onLoopback({ upstream: UpstreamHttp.layer({ baseUrl: endpoint.url }) })
        const answer = yield* reply(url, requestOf(chat!.path, body))

        assert.deepStrictEqual([answer.status, ownError(chat!, answer)], [502, "upstream_unreachable"])
        yield* until(stats, ({ requests }) => requests.failed === 1)
      })
    )
  }
})
