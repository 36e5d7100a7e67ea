import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { HttpServerRequest } from "effect/http"
import { TestClock } from "effect/testing"
import * as JsonBody from "../../src/server/JsonBody.ts"

const encoder = new TextEncoder()
const options = { maxBytes: 20, timeout: "1 minute" } as const

const requestOf = (body: ReadableStream | string, headers: Record<string, string> = {}) =>
  HttpServerRequest.fromWeb(
    new Request("http://headgate.test/", { method: "POST", body, headers, duplex: "half" } as RequestInit)
  )

const chunks = (...texts: ReadonlyArray<string>) =>
  new ReadableStream({
    start: (controller) => {
      for (const text of texts) controller.enqueue(encoder.encode(text))
      controller.close()
    }
  })

const codeOf = (request: HttpServerRequest.HttpServerRequest) =>
  Effect.map(Effect.flip(JsonBody.read(request, options)), ({ code, status }) => [status, code])

describe("JsonBody", () => {
  it.effect("the bytes come as they were sent", () =>
    Effect.gen(function* () {
      const sent = '{"n": 1e2, "ä":1}'
      const { bytes, value } = yield* JsonBody.read(requestOf(sent), options)

      assert.strictEqual(new TextDecoder().decode(bytes), sent)
      assert.deepStrictEqual(value, { n: 100, ä: 1 })
    })
  )

  it.effect.each(["", "{", "[]", "null", "1", '"text"'])("%o is no JSON object", (body) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* codeOf(requestOf(body)), [400, "invalid_request"])
    })
  )

  it.effect("a body that says it is too large is not read", () =>
    Effect.gen(function* () {
      let read = false
      const body = new ReadableStream({ pull: () => void (read = true) }, { highWaterMark: 0 })

      assert.deepStrictEqual(yield* codeOf(requestOf(body, { "content-length": "21" })), [413, "body_too_large"])
      assert.isFalse(read)
    })
  )

  it.effect("a body that proves too large is read no further", () =>
    Effect.gen(function* () {
      const body = chunks('{"a":"1234567', '890123456789"}')

      assert.deepStrictEqual(yield* codeOf(requestOf(body)), [413, "body_too_large"])
    })
  )

  it.effect("a body of exactly the most is taken", () =>
    Effect.gen(function* () {
      const { bytes } = yield* JsonBody.read(requestOf(chunks('{"a":"12345', '678901"}')), { ...options, maxBytes: 19 })

      assert.strictEqual(bytes.length, 19)
    })
  )

  it.effect("a body that does not come is given up on in time", () =>
    Effect.gen(function* () {
      const reading = yield* Effect.forkChild(codeOf(requestOf(new ReadableStream())))
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(reading.pollUnsafe())
      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual(yield* Fiber.join(reading), [408, "body_timeout"])
    })
  )

  it.effect("a compressed body is refused", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* codeOf(requestOf("{}", { "content-encoding": "gzip" })), [400, "invalid_request"])
    })
  )
})
