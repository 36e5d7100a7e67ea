import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { until } from "../support/gateway.ts"
import { stream } from "../support/reader.ts"
import { begin, delta, done, none, serving } from "../support/script.ts"

describe("a streamed answer", () => {
  it.live("has the headers that streams need", () =>
    Effect.gen(function* () {
      const { outcomes, url } = yield* serving((response) => {
        response.writeHead(200, {
          "content-type": "text/event-stream; charset=utf-8",
          "cache-control": "private",
          "x-own": "1",
          "x-request-id": "theirs"
        })
        response.end(delta("Hello") + done)
      })

      const reader = yield* stream(url, { headers: { "x-request-id": "mine" } })
      const { headers, statusCode } = yield* reader.head
      const { complete, text } = yield* reader.end

      assert.strictEqual(statusCode, 200)
      assert.deepInclude(headers, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
        "transfer-encoding": "chunked",
        "x-own": "1",
        "x-request-id": "mine",
        "x-upstream-request-id": "theirs"
      })
      assert.notProperty(headers, "content-length")
      assert.match(String(headers["x-headgate-wait-ms"]), /^\d+$/)
      assert.deepStrictEqual([text, complete], [delta("Hello") + done, true])
      assert.deepStrictEqual(yield* outcomes, { ...none, succeeded: 1 })
    })
  )

  it.live("comes byte for byte, however it is cut and written", () =>
    Effect.gen(function* () {
      const answer =
        `: hello\n\nevent: x\r\nid: 7\r\ndata: {"choices":[ {"index" : 0,"x_unknown":18446744073709551615}]}\r\n\r\n` +
        `${delta("é😀")}data: {"choices":[{"index":0,\ndata: "finish_reason":"stop"}]}\n\n\n${done}`
      const bytes = Buffer.from(answer)
      const { url } = yield* serving((response) => {
        const parts = [...Array(Math.ceil(bytes.length / 7)).keys()].map((i) => bytes.subarray(7 * i, 7 * i + 7))
        const next = (): unknown => {
          const part = parts.shift()
          return part === undefined ? response.end() : response.write(part, () => setImmediate(next))
        }
        begin(response)
        next()
      })

      const { text } = yield* (yield* stream(url)).end

      assert.strictEqual(text, answer)
    })
  )

  it.live("begins with the first event, and goes on as the events come", () =>
    Effect.gen(function* () {
      const { endpoint, stats, url } = yield* serving((response) => begin(response))
      const reader = yield* stream(url)
      let begun = false
      yield* Effect.forkChild(Effect.tap(reader.head, () => Effect.sync(() => (begun = true))))
      const { response } = yield* endpoint.asked(0)
      yield* until(stats, ({ queue }) => queue.activeRequests === 1)
      assert.isFalse(begun)

      response.write(": wait\n")
      yield* reader.reads(/^: wait\n$/)
      response.write(delta("one"))
      yield* reader.reads(/one/)
      response.write(delta("two"))
      yield* reader.reads(/two/)
      response.end(done)

      assert.strictEqual((yield* reader.end).text, `: wait\n${delta("one")}${delta("two")}${done}`)
    })
  )

  it.live("that is no stream but JSON comes as JSON", () =>
    Effect.gen(function* () {
      const body = '{"object":"chat.completion", "id":12345678901234567890}'
      const { outcomes, url } = yield* serving((response) =>
        response.writeHead(200, { "content-type": "application/json" }).end(body)
      )

      const reader = yield* stream(url)
      const { headers } = yield* reader.head

      assert.strictEqual((yield* reader.end).text, body)
      assert.strictEqual(headers["content-type"], "application/json")
      assert.strictEqual(headers["content-length"], String(Buffer.byteLength(body)))
      assert.deepStrictEqual(yield* outcomes, { ...none, succeeded: 1 })
    })
  )

  it.live("waits for its place without a byte, and is refused with the status of a refusal", () =>
    Effect.gen(function* () {
      const limits = { maxConcurrentRequests: 1, maxQueueSize: 1 }
      const { endpoint, outcomes, stats, url } = yield* serving((response) => begin(response, delta("x")), { limits })
      const first = yield* stream(url)
      yield* first.reads(/x/)
      const second = yield* stream(url)
      yield* until(stats, ({ queue }) => queue.queueSize === 1)

      const third = yield* (yield* stream(url)).head

      assert.strictEqual(third.statusCode, 429)
      assert.isDefined(third.headers["retry-after-ms"])
      assert.strictEqual(endpoint.requests.length, 1)
      ;(yield* endpoint.asked(0)).response.end(done)
      yield* second.reads(/x/)
      ;(yield* endpoint.asked(1)).response.end(done)
      yield* second.end
      assert.deepStrictEqual(yield* outcomes, { ...none, succeeded: 2, rejected: 1 })
    })
  )

  it.live("tells its usage to the figures, and to nobody who did not ask", () =>
    Effect.gen(function* () {
      const usage = 'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}\n\n'
      const { stats, url } = yield* serving((response, body) =>
        begin(response, delta("x"), ...(body.includes("include_usage") ? [usage] : [])).end(done)
      )

      const silent = yield* (yield* stream(url)).end
      const asking = yield* (yield* stream(url, { stream_options: { include_usage: true } })).end

      assert.strictEqual(silent.text, delta("x") + done)
      assert.strictEqual(asking.text, delta("x") + usage + done)
      const { tokens } = yield* stats.snapshot
      assert.deepStrictEqual([tokens.prompt, tokens.completion], [6, 8])
    })
  )
})
