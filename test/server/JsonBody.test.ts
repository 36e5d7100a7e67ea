import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { PassThrough } from "node:stream"
import { TimerQueue } from "../../src/engine/TimerQueue.ts"
import * as JsonBody from "../../src/server/JsonBody.ts"

const chunks = (...texts: ReadonlyArray<string>) => {
  const body = new PassThrough()
  for (const text of texts) body.write(text)
  return body.end()
}

const read = Effect.fnUntraced(function* (body: PassThrough, maxBytes = 20) {
  const timers = yield* TimerQueue.make
  const done = yield* Deferred.make<JsonBody.JsonBody, { readonly code: string; readonly status: number }>()
  JsonBody.read(body, { maxBytes, timeout: 60_000, timers }, (result) =>
    Deferred.doneUnsafe(done, Effect.fromResult(result))
  )
  return yield* Deferred.await(done)
})

const codeOf = (body: PassThrough) => Effect.map(Effect.flip(read(body)), ({ code, status }) => [status, code])

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

  it("a body that says it is too large is not read, nor one that is compressed", () => {
    assert.deepStrictEqual(refusalOf({ "content-length": "21" }), [413, "body_too_large"])
    assert.deepStrictEqual(refusalOf({ "content-encoding": "gzip" }), [400, "invalid_request"])
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
