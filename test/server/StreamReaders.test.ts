import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { flood, settled } from "../support/flow.ts"
import { until } from "../support/gateway.ts"
import { stream } from "../support/reader.ts"
import { begin, delta, done, none, serving } from "../support/script.ts"

const megabyte = 2 ** 20
const one = { maxConcurrentRequests: 1 }

describe("a stream whose reader leaves", () => {
  it.live("while it waits was never asked for", () =>
    Effect.gen(function* () {
      const { endpoint, outcomes, stats, url } = yield* serving((response) => begin(response, delta("x")), {
        limits: one
      })
      const running = yield* stream(url)
      yield* running.reads(/x/)
      const waiting = yield* stream(url)
      yield* until(stats, ({ queue }) => queue.queueSize === 1)

      waiting.leave()
      yield* until(stats, ({ queue, requests }) => queue.queueSize === 0 && requests.cancelled === 1)

      assert.strictEqual(endpoint.requests.length, 1)
      ;(yield* endpoint.asked(0)).response.end(done)
      yield* running.end
      assert.deepStrictEqual(yield* outcomes, { ...none, succeeded: 1, cancelled: 1 })
    })
  )

  it.live("between two attempts is not asked for again", () =>
    Effect.gen(function* () {
      const { endpoint, outcomes, stats, url } = yield* serving(
        (response) => response.writeHead(503, { "retry-after": "20" }).end("{}"),
        { limits: { ...one, maxRetries: 2 } }
      )
      const reader = yield* stream(url)
      yield* (yield* endpoint.asked(0)).closed
      yield* until(stats, ({ queue, requests }) => queue.activeRequests === 0 && requests.inFlight === 1)

      reader.leave()

      assert.deepStrictEqual(yield* outcomes, { ...none, cancelled: 1 })
      assert.strictEqual(endpoint.requests.length, 1)
    })
  )

  for (const [when, answer] of [
    ["before the head", () => {}],
    ["before the first event", (response) => begin(response)],
    ["in the middle", (response) => begin(response, delta("x"))]
  ] as ReadonlyArray<readonly [string, Parameters<typeof serving>[0]]>) {
    it.live(`${when} takes the endpoint's connection with it, and is logged as gone`, () =>
      Effect.gen(function* () {
        const logs: Array<unknown> = []
        const { endpoint, outcomes, url } = yield* serving(answer, {
          limits: one,
          log: (message) => logs.push(message)
        })
        const reader = yield* stream(url, { headers: { "x-request-id": "mine" } })
        const asked = yield* endpoint.asked(0)
        if (when === "in the middle") yield* reader.reads(/x/)

        reader.leave()

        assert.isFalse(yield* asked.closed)
        assert.deepStrictEqual(yield* outcomes, { ...none, cancelled: 1 })
        const what = { request: "mine", method: "POST", path: "/v1/chat/completions", status: 499 }
        assert.deepStrictEqual(logs, [["The caller left", what]])
      })
    )
  }

  it.live("with the last event has had the whole answer", () =>
    Effect.gen(function* () {
      const logs: Array<unknown> = []
      const { outcomes, url } = yield* serving((response) => begin(response, delta("x")).end(done), {
        log: (message) => logs.push(message)
      })
      for (let i = 0; i < 20; i++) {
        const reader = yield* stream(url)
        yield* reader.reads(/\[DONE\]/)
        reader.leave()
        yield* reader.closed
      }

      assert.deepStrictEqual(yield* outcomes, { ...none, succeeded: 20 })
      assert.deepStrictEqual(logs, [])
    })
  )
})

describe("a stream whose reader stalls", () => {
  it.live("stops its model, and holds little of it", () =>
    Effect.gen(function* () {
      const part = Buffer.from(delta("x".repeat(1000)).repeat(100))
      let seen = { written: 0 }
      const { endpoint, outcomes, stats, url } = yield* serving((response) => {
        seen = flood(begin(response), part, 256 * megabyte)
      })
      const reader = yield* stream(url, { stalled: true })
      yield* reader.head

      // What the system holds for both pairs of sockets is not ours.
      assert.isAtMost(yield* settled(() => seen.written), 32 * megabyte)
      assert.strictEqual((yield* stats.snapshot).queue.activeRequests, 1)

      reader.leave()
      assert.isFalse(yield* (yield* endpoint.asked(0)).closed)
      assert.deepStrictEqual(yield* outcomes, { ...none, cancelled: 1 })
    })
  )

  it.live("loses its place and then its connection", () =>
    Effect.gen(function* () {
      const part = Buffer.from(delta("x".repeat(1000)).repeat(100))
      const logged = Deferred.makeUnsafe<unknown>()
      const { endpoint, outcomes, url } = yield* serving((response) => flood(begin(response), part, 256 * megabyte), {
        limits: { ...one, streamIdleTimeout: "200 millis" },
        app: { readTimeout: "50 millis" },
        log: (message) => Deferred.doneUnsafe(logged, Effect.succeed(message))
      })
      const reader = yield* stream(url, { stalled: true, headers: { "x-request-id": "mine" } })
      const response = yield* reader.head

      assert.isFalse(yield* (yield* endpoint.asked(0)).closed)
      assert.deepStrictEqual(yield* outcomes, { ...none, timedOut: 1 })
      const what = { request: "mine", method: "POST", path: "/v1/chat/completions" }
      assert.deepStrictEqual(yield* Deferred.await(logged), ["The reader of a stream stalled", what])
      response.resume()
      assert.isFalse((yield* reader.end).complete)
    })
  )

  it.live("is left alone while it reads on, however slowly", () =>
    Effect.gen(function* () {
      const events = Array.from({ length: 40 }, (_, i) => delta(`${i} ${"x".repeat(50_000)}`))
      const { outcomes, url } = yield* serving((response) => begin(response, ...events).end(done), {
        limits: one,
        app: { readTimeout: "10 seconds" }
      })
      const reader = yield* stream(url, { stalled: true })
      const response = yield* reader.head
      yield* settled(() => response.readableLength)
      let text = ""
      response.on("data", (bytes: Buffer) => (text += bytes.toString()))

      assert.isTrue((yield* reader.end).complete)
      assert.strictEqual(text, events.join("") + done)
      assert.deepStrictEqual(yield* outcomes, { ...none, succeeded: 1 })
    })
  )
})
