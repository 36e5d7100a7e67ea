import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { ServerResponse } from "node:http"
import * as zlib from "node:zlib"
import { before } from "../support/endpoints.ts"
import { answer, ask, chunk, data, done, events, facing, json, reply } from "../support/faults.ts"

const codings = {
  gzip: [zlib.gzipSync, zlib.createGzip],
  deflate: [zlib.deflateSync, zlib.createDeflate],
  "deflate without a wrapper": [zlib.deflateRawSync, zlib.createDeflateRaw],
  br: [zlib.brotliCompressSync, zlib.createBrotliCompress],
  zstd: [zlib.zstdCompressSync, zlib.createZstdCompress]
} as const
const names = Object.keys(codings) as ReadonlyArray<keyof typeof codings>

const headers = (name: string, type: string) => ({ "content-type": type, "content-encoding": name.split(" ")[0]! })

const usage = data({ choices: [], usage: { prompt_tokens: 30, completion_tokens: 12 } })
const failed = `{"error":{"message":"overloaded","type":"server_error","code":503}}`

/** What came as it came, not decoded by the client. */
const raw = (url: string, body: object) =>
  Effect.promise(async () => {
    const { request } = await import("node:http")
    const sent = request(`${url}/v1/chat/completions`, { method: "POST", headers: { "content-type": json } })
    sent.end(JSON.stringify({ model: "m", messages: [], ...body }))
    const response = await new Promise<import("node:http").IncomingMessage>((resolve) => sent.on("response", resolve))
    return { headers: response.headers, body: Buffer.concat(await response.toArray()) }
  })

describe("An endpoint that compresses though it was asked not to", () => {
  for (const name of names) {
    const [compress, compressing] = codings[name]

    it.live(`${name}: a reply passes byte for byte, and its tokens are counted`, () =>
      Effect.gen(function* () {
        const bytes = compress(Buffer.from(reply))
        const { stats, url } = yield* facing((response) => response.writeHead(200, headers(name, json)).end(bytes))

        const got = yield* raw(url, {})

        assert.strictEqual(got.headers["content-encoding"], name.split(" ")[0])
        assert.isTrue(got.body.equals(bytes))
        const { tokens } = yield* stats.snapshot
        assert.deepStrictEqual([tokens.prompt, tokens.completion], [1, 1])
      })
    )

    it.live(`${name}: a stream is read, and handed on without its compression, each event as it comes`, () =>
      Effect.gen(function* () {
        let heard: (() => void) | undefined
        const { stats, url } = yield* facing((response) => {
          const zip = compressing()
          response.writeHead(200, headers(name, events))
          zip.pipe(response)
          zip.write(chunk({ content: "first" }))
          zip.flush()
          heard = () => zip.end(chunk({}, "stop") + usage + done)
        })

        const text = yield* Effect.promise(async () => {
          const body = JSON.stringify({
            model: "m",
            messages: [],
            stream: true,
            stream_options: { include_usage: true }
          })
          const sent = { method: "POST", headers: { "content-type": json }, body }
          const response = await fetch(`${url}/v1/chat/completions`, sent)
          assert.isNull(response.headers.get("content-encoding"))
          let text = ""
          for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
            text += part
            // The rest is sent once the first event is here.
            heard?.()
            heard = undefined
          }
          return text
        })

        assert.strictEqual(text, chunk({ content: "first" }) + chunk({}, "stop") + usage + done)
        const { requests, tokens } = yield* stats.snapshot
        assert.deepStrictEqual([tokens.prompt, tokens.completion, requests.succeeded], [30, 12, 1])
      })
    )

    it.live(`${name}: an error inside a 200 is a failure, and another endpoint answers`, () =>
      Effect.gen(function* () {
        const broken = (request: { url?: string | undefined }, response: ServerResponse) => {
          void request
          response.writeHead(200, headers(name, json)).end(compress(Buffer.from(failed)))
        }
        const { stats, url } = yield* before([
          { name: "east", listener: broken },
          {
            name: "west",
            listener: (request, response) => {
              request.resume().on("end", () => {
                const body = stream ? answer() : reply
                response.writeHead(200, { "content-type": stream ? events : json }).end(body)
              })
            },
            given: { order: 1 }
          }
        ])
        let stream = false

        const whole = yield* ask(url)
        stream = true
        const streamed = yield* ask(url, { stream: true })

        assert.deepStrictEqual([whole.text, streamed.text], [reply, answer()])
        const [east] = (yield* stats.snapshot).endpoints ?? []
        assert.strictEqual(east?.requests.failed, 2)
      })
    )

    it.live(`${name}: a stream that is cut is told as one`, () =>
      Effect.gen(function* () {
        const { stats, url } = yield* facing((response) => {
          const zip = compressing()
          response.writeHead(200, headers(name, events))
          zip.pipe(response, { end: false })
          zip.write(chunk({ content: "first" }))
          zip.flush(() => setImmediate(() => response.destroy()))
        })

        const { text } = yield* ask(url, { stream: true })

        assert.isTrue(text.startsWith(chunk({ content: "first" })))
        assert.include(text, "upstream_unreachable")
        assert.strictEqual((yield* stats.snapshot).requests.failed, 1)
      })
    )
  }

  it.live("what is a million times its size is not unpacked", () =>
    Effect.gen(function* () {
      const member = zlib.gzipSync(Buffer.alloc(20 * 2 ** 20, 32))
      const bomb = Buffer.concat(Array.from({ length: 20 }, () => member))
      const { url } = yield* facing((response) => response.writeHead(200, headers("gzip", json)).end(bomb))
      const before = process.memoryUsage().rss

      const got = yield* raw(url, {})

      assert.isTrue(got.body.equals(bomb))
      assert.isBelow(process.memoryUsage().rss - before, 200 * 2 ** 20)
    })
  )

  it.live("a reader that stalls holds an unpacked stream back", () =>
    Effect.gen(function* () {
      const line = chunk({ content: "x".repeat(1000) })
      const member = zlib.gzipSync(Buffer.from(line.repeat(50_000)))
      const bomb = Buffer.concat(Array.from({ length: 8 }, () => member))
      let written = 0
      const { url } = yield* facing((response) => {
        response.writeHead(200, headers("gzip", events))
        const write = () => {
          for (; written < 400 && response.write(bomb.subarray(written * 1000, written * 1000 + 1000)); written++);
          if (written < 400) response.once("drain", write)
        }
        write()
      })

      yield* Effect.promise(async () => {
        const { connect } = await import("node:net")
        const socket = connect(Number(new URL(url).port), "127.0.0.1")
        const body = JSON.stringify({ model: "m", messages: [], stream: true })
        const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: ${json}\r\n`
        socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`)
        await new Promise((resolve) => socket.once("readable", resolve))
        const before = process.memoryUsage().rss
        for (let i = 0; i < 500; i++) await new Promise((resolve) => setImmediate(resolve))
        assert.isBelow(process.memoryUsage().rss - before, 200 * 2 ** 20)
        socket.destroy()
      })
    })
  )
})
