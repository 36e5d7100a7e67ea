import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { ServerResponse } from "node:http"
import { gzipSync } from "node:zlib"
import { always, answer, ask, chunk, data, done, events, facing, json, reply, write } from "../support/faults.ts"

/** What public reports say that other gateways and clients made of an endpoint's answer; here it must pass as it is. */
const unchanged: ReadonlyArray<readonly [string, string]> = [
  ["no space after the colon", `data:${answer().slice(6)}`],
  ["an end without a blank line", answer().trimEnd()],
  ["[DONE] twice", answer() + done],
  ["events with a name and an id", `event: message\nid: 7\n${answer()}`],
  [
    "a comment before each event",
    `: PROCESSING\n\n${chunk({ content: "a" })}: PROCESSING\n\n${chunk({}, "stop")}${done}`
  ],
  ["empty data that keeps the connection", `data:\n\n${answer()}`],
  ["lines that end with CR alone", answer().replaceAll("\n", "\r")],
  ["characters that only JavaScript takes for line ends", answer("a\u2028b\u2029c")],
  ["a first chunk of a content filter", data({ choices: [], prompt_filter_results: [{}] }) + answer()],
  ["a content of null beside the role", chunk({ role: "assistant", content: null }) + answer()],
  ["the usage on each chunk", chunk({ content: "a" }).replace("}\n", ',"usage":{"prompt_tokens":1}}\n') + answer()],
  ["a usage of null on each chunk", chunk({ content: "a" }).replace("}\n", ',"usage":null}\n') + answer()],
  [
    "choices of null beside the usage",
    answer().replace(done, data({ choices: null, usage: { prompt_tokens: 1 } }) + done)
  ],
  ["a retry field", `retry: 3000\n\n${answer()}`]
]

describe("what other gateways choked on passes byte for byte", () => {
  it.live.each(unchanged)("a stream with %s", ([, body]) =>
    Effect.gen(function* () {
      const { outcomes, url } = yield* always({ body, headers: { "content-type": events } })
      const got = yield* ask(url, { stream: true, stream_options: { include_usage: true } })

      assert.deepStrictEqual([got.status, got.text], [200, body])
      assert.deepInclude(yield* outcomes, { succeeded: 1 })
    })
  )

  it.live.each([
    ["spaces that keep the connection before the JSON", `\n\n   \n${reply}`, {}],
    ["a charset in its type", reply, { "content-type": "application/json; charset=utf-8" }],
    ["a header in bytes above ASCII", reply, { "content-type": json, "x-model": "mod\xe8le" }],
    ["an advertised upgrade", reply, { "content-type": json, upgrade: "h2,h2c", connection: "Upgrade" }]
  ] as const)("a reply with %s", ([, body, headers]) =>
    Effect.gen(function* () {
      const { outcomes, url } = yield* always({ body, headers })
      const got = yield* ask(url)

      assert.deepStrictEqual([got.status, got.text], [200, body])
      assert.deepInclude(yield* outcomes, { succeeded: 1 })
    })
  )

  it.live("a reply that is compressed though nobody asked for it, with the header that says so", () =>
    Effect.gen(function* () {
      const headers = { "content-type": json, "content-encoding": "gzip" }
      const { url } = yield* facing((response) => response.writeHead(200, headers).end(gzipSync(reply)))
      const got = yield* ask(url)

      // The client decodes it by the header.
      assert.deepStrictEqual([got.headers.get("content-encoding"), got.text], ["gzip", reply])
    })
  )

  it.live.each(["0.7", "soon", "Wed, 21 Oct 2099 07:28:00 GMT", "0"])("a retry-after of %s with its 429", (after) =>
    Effect.gen(function* () {
      const headers = { "content-type": json, "retry-after": after }
      const { url } = yield* always({ status: 429, headers, body: '{"error":{"message":"x"}}' })
      const got = yield* ask(url)

      assert.deepStrictEqual([got.status, got.headers.get("retry-after")], [429, after])
    })
  )
})

describe("connections that other gateways lost or kept", () => {
  it.live("a connection that the endpoint has closed meanwhile costs the caller nothing", () =>
    Effect.gen(function* () {
      const used = new WeakSet<object>()
      const { stats, url } = yield* facing(
        (response) => {
          const { socket } = response
          if (socket === null || used.has(socket)) return void socket?.resetAndDestroy()
          used.add(socket)
          write(response, { body: reply })
        },
        { maxRetries: 2 }
      )
      for (let i = 0; i < 4; i++) assert.strictEqual((yield* ask(url)).text, reply)

      assert.strictEqual((yield* stats.snapshot).requests.succeeded, 4)
    })
  )

  it.live("an endpoint that answers before it has read the request, and hangs up, is heard", () =>
    Effect.gen(function* () {
      const body = '{"error":{"message":"too large"}}'
      const { url } = yield* facing((response: ServerResponse) => {
        response.shouldKeepAlive = false
        write(response, { status: 413, headers: { "content-type": json }, body })
      })
      const got = yield* ask(url, { text: "x".repeat(800_000) })

      assert.deepStrictEqual([got.status, got.text], [413, body])
    })
  )

  it.live("a stream whose connection stays open after its end is over for the caller", () =>
    Effect.gen(function* () {
      const { outcomes, url } = yield* facing((response) => {
        response.writeHead(200, { "content-type": events })
        response.write(answer())
      })

      assert.strictEqual((yield* ask(url, { stream: true })).text, answer())
      assert.deepInclude(yield* outcomes, { succeeded: 1 })
    })
  )
})
