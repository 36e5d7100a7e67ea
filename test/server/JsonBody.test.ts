import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { PassThrough } from "node:stream"
import * as zlib from "node:zlib"
import { TimerQueue } from "../../src/engine/TimerQueue.ts"
import type { GatewayError } from "../../src/server/GatewayError.ts"
import * as JsonBody from "../../src/server/JsonBody.ts"

const chunks = (...texts: ReadonlyArray<string | Uint8Array>) => {
  const body = new PassThrough()
  for (const text of texts) body.write(text)
  return body.end()
}

const read = Effect.fnUntraced(function* (body: PassThrough, maxBytes = 20, headers: Record<string, string> = {}) {
  const timers = yield* TimerQueue.make
  const done = yield* Deferred.make<JsonBody.JsonBody, GatewayError>()
  JsonBody.read(body, headers, { maxBytes, timeout: 60_000, timers }, (result) =>
    Deferred.doneUnsafe(done, Effect.fromResult(result))
  )
  return yield* Deferred.await(done)
})

const codeOf = (body: PassThrough, ...rest: [maxBytes?: number, headers?: Record<string, string>]) =>
  Effect.map(Effect.flip(read(body, ...rest)), ({ code, status }) => [status, code])

const refusalOf = (headers: Record<string, string>) => {
  const { code, status } = JsonBody.refusalOf(headers, { maxBytes: 20 }) ?? {}
  return [status, code]
}

describe("JsonBody", () => {
  it.effect("the bytes come as they were sent", () =>
    Effect.gen(function* () {
      const sent = '{"n": 1e2, "ä":1}'
      const { bytes, value } = yield* read(chunks(sent))

      assert.strictEqual(new TextDecoder().decode(bytes), sent)
      assert.deepStrictEqual(value, { n: 100, ä: 1 })
    })
  )

  it.effect.each(["", "{", "[]", "null", "1", '"text"'])("%o is no JSON object", (body) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* codeOf(chunks(body)), [400, "invalid_request"])
    })
  )

  it.effect.each([
    ["gzip", zlib.gzipSync],
    ["x-gzip", zlib.gzipSync],
    ["GZIP", zlib.gzipSync],
    ["deflate", zlib.deflateSync],
    ["deflate", zlib.deflateRawSync],
    ["br", zlib.brotliCompressSync],
    ["zstd", zlib.zstdCompressSync],
    ["gzip", (plain: Buffer) => plain]
  ] as const)("a body that is called %s is read without its compression", ([coding, compress]) =>
    Effect.gen(function* () {
      const sent = Buffer.from(`{"a":"${"b".repeat(3000)}"}`)
      const compressed = compress(sent)
      const body = chunks(compressed.subarray(0, 9), compressed.subarray(9))
      const { bytes } = yield* read(body, sent.length, { "content-encoding": coding })

      assert.deepStrictEqual(Buffer.from(bytes), sent)
    })
  )

  it.effect("a compressed body that grows above the most is given up on, however small it came", () =>
    Effect.gen(function* () {
      const member = zlib.gzipSync(Buffer.alloc(20 * 2 ** 20, 32))
      const bomb = chunks(member, member, member)

      assert.deepStrictEqual(yield* codeOf(bomb, 2 ** 20, { "content-encoding": "gzip" }), [413, "body_too_large"])
    })
  )

  it.effect("a body that is compressed wrongly is refused, and one that is cut", () =>
    Effect.gen(function* () {
      const whole = zlib.gzipSync('{"a":1}')
      const broken = Buffer.concat([whole.subarray(0, 10), Buffer.from("broken")])
      const other = zlib.zstdCompressSync('{"a":1}')
      for (const body of [broken, whole.subarray(0, 14), Buffer.concat([whole, Buffer.from("junk")]), other]) {
        const { message, param, status } = yield* Effect.flip(read(chunks(body), 100, { "content-encoding": "gzip" }))

        assert.deepStrictEqual([status, param], [400, "content-encoding"])
        assert.include(message, "is gzip, but its body is not a JSON object in that coding, or was cut")
      }
    })
  )

  it.effect("a body is given up on while it is decompressed", () =>
    Effect.gen(function* () {
      const timers = yield* TimerQueue.make
      const body = chunks(zlib.gzipSync(Buffer.alloc(20 * 2 ** 20, 32)))
      let ended = false
      const options = { maxBytes: 2 ** 20, timeout: 60_000, timers }
      const stop = JsonBody.read(body, { "content-encoding": "gzip" }, options, () => (ended = true))
      yield* Effect.callback<void>((resume) => void body.on("end", () => resume(Effect.void)))
      stop()
      // The next body is read as long as this one would have been.
      yield* codeOf(chunks(zlib.gzipSync(Buffer.alloc(20 * 2 ** 20, 32))), 2 ** 20, { "content-encoding": "gzip" })

      assert.isFalse(ended)
    })
  )

  it("a body that says it is too large is not read, nor one in a coding that nobody knows", () => {
    assert.deepStrictEqual(refusalOf({ "content-length": "21" }), [413, "body_too_large"])
    assert.deepStrictEqual(refusalOf({ "content-encoding": "compress" }), [400, "invalid_request"])
    assert.deepStrictEqual(refusalOf({ "content-encoding": "br, gzip" }), [400, "invalid_request"])
    assert.deepStrictEqual(refusalOf({ "content-encoding": "gzip" }), [undefined, undefined])
    assert.deepStrictEqual(refusalOf({ "content-encoding": "Identity" }), [undefined, undefined])
    assert.deepStrictEqual(refusalOf({ "content-length": "20", "content-encoding": "identity" }), [
      undefined,
      undefined
    ])
  })

  it.effect("a body that proves too large is read no further", () =>
    Effect.gen(function* () {
      const body = chunks('{"a":"1234567', '890123456789"}', "more")

      assert.deepStrictEqual(yield* codeOf(body), [413, "body_too_large"])
      assert.isTrue(body.isPaused())
    })
  )

  it.effect("a body of exactly the most is taken", () =>
    Effect.gen(function* () {
      const { bytes } = yield* read(chunks('{"a":"12345', '678901"}'), 19)

      assert.strictEqual(bytes.length, 19)
    })
  )

  it.effect("a body that does not come is given up on in time", () =>
    Effect.gen(function* () {
      const reading = yield* Effect.forkChild(codeOf(new PassThrough()), { startImmediately: true })
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(reading.pollUnsafe())
      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual(yield* Fiber.join(reading), [408, "body_timeout"])
    })
  )
})
