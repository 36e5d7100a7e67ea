import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Agent, type ServerResponse } from "node:http"
import { until } from "../support/gateway.ts"
import { stream } from "../support/reader.ts"
import { begin, delta, done, none, serving } from "../support/script.ts"

/** The error of the last event, and what came before it. */
const lastOf = (text: string) => {
  const before = text.trimEnd().split("\n\n")
  const event = before.pop()!
  return { before, error: (JSON.parse(event.replace(/^data: /, "")) as { error: object }).error }
}

const oneConnection = Effect.acquireRelease(
  Effect.sync(() => new Agent({ keepAlive: true, maxSockets: 1 })),
  (agent) => Effect.sync(() => agent.destroy())
)

const unreachable = { type: "server_error", param: null, code: "upstream_unreachable" }

describe("a stream whose model fails", () => {
  for (const [how, end] of [
    ["breaks the connection", (response) => response.destroy()],
    ["breaks in the middle of an event", (response) => response.write('data: {"ch', () => response.destroy())],
    ["ends without a reason", (response) => response.end()],
    ["ends in the middle of an event", (response) => response.end('data: {"ch')]
  ] as ReadonlyArray<readonly [string, (response: ServerResponse) => void]>) {
    it.live(`and ${how} ends with an error in place of [DONE]`, () =>
      Effect.gen(function* () {
        const { endpoint, outcomes, url } = yield* serving((response) => begin(response, delta("x")))
        const reader = yield* stream(url)
        yield* reader.reads(/x/)

        end((yield* endpoint.asked(0)).response)

        const { complete, text } = yield* reader.end
        const { before, error } = lastOf(text)
        assert.isTrue(complete)
        assert.deepStrictEqual(before, [delta("x").trimEnd()])
        assert.deepInclude(error, unreachable)
        assert.deepStrictEqual(yield* outcomes, { ...none, failed: 1 })
      })
    )
  }

  for (const [how, events] of [
    ["breaks off", delta("x")],
    ["fails in its own words", `data: {"error":{"message":"out of memory"}}\n\n`]
  ] as const) {
    it.live(`and ${how} leaves its connection to the request that waits for it`, () =>
      Effect.gen(function* () {
        const { outcomes, url } = yield* serving((response, body) =>
          body.includes("second") ? begin(response, delta("y")).end(done) : begin(response, events).end()
        )
        const agent = yield* oneConnection

        const readers = yield* Effect.all([stream(url, { agent }), stream(url, { agent, user: "second" })])

        const [first, second] = yield* Effect.forEach(readers, ({ socket }) => socket)
        assert.isTrue(second === first)
        assert.deepStrictEqual(yield* readers[1].end, { text: delta("y") + done, complete: true })
        assert.deepStrictEqual(yield* outcomes, { ...none, failed: 1, succeeded: 1 })
      })
    )
  }

  it.live("in its own words ends with those, and is a failure", () =>
    Effect.gen(function* () {
      const answer = `${delta("x")}data: {"error":{"message":"out of memory","code":"theirs"}}\n\n${done}`
      const { outcomes, url } = yield* serving((response) => begin(response, answer).end())

      assert.strictEqual((yield* (yield* stream(url)).end).text, answer)
      assert.deepStrictEqual(yield* outcomes, { ...none, failed: 1 })
    })
  )

  it.live("and falls silent is cut, and the endpoint with it", () =>
    Effect.gen(function* () {
      const limits = { streamIdleTimeout: "50 millis" } as const
      const { endpoint, outcomes, url } = yield* serving((response) => begin(response, delta("x")), { limits })

      const { text } = yield* (yield* stream(url)).end

      assert.deepInclude(lastOf(text).error, { code: "upstream_idle_timeout", type: "server_error" })
      assert.notInclude(text, "[DONE]")
      assert.isFalse(yield* (yield* endpoint.asked(0)).closed)
      assert.deepStrictEqual(yield* outcomes, { ...none, timedOut: 1 })
    })
  )

  for (const [when, events, limits, code] of [
    ["instead of an event", "", { requestTimeout: "50 millis" }, "upstream_timeout"],
    ["after an event", delta("x"), { streamIdleTimeout: "50 millis" }, "upstream_idle_timeout"]
  ] as const) {
    it.effect(`and sends comments for ever ${when} is cut, and the endpoint with it`, () =>
      Effect.gen(function* () {
        const { endpoint, outcomes, url } = yield* serving(
          (response) => {
            const alive = setInterval(() => response.write(": keep-alive\n\n"), 5)
            response.on("close", () => clearInterval(alive))
            begin(response, events)
          },
          { limits }
        )

        const reader = yield* stream(url)
        yield* reader.reads(/: keep-alive/)
        yield* TestClock.adjust("50 millis")
        const { text } = yield* reader.end

        assert.isTrue(text.startsWith(`${events}: keep-alive\n\n`))
        assert.deepInclude(lastOf(text).error, { code, type: "server_error" })
        assert.isFalse(yield* (yield* endpoint.asked(0)).closed)
        assert.deepStrictEqual(yield* outcomes, { ...none, timedOut: 1 })
      })
    )
  }

  it.effect("and sends a head but no event is the upstream's timeout", () =>
    Effect.gen(function* () {
      const limits = { requestTimeout: "50 millis" } as const
      const { endpoint, outcomes, url } = yield* serving((response) => begin(response), { limits })

      const reader = yield* stream(url)
      yield* endpoint.asked(0)
      yield* TestClock.adjust("50 millis")

      assert.strictEqual((yield* reader.head).statusCode, 504)
      assert.strictEqual(JSON.parse((yield* reader.end).text).error.code, "upstream_timeout")
      assert.isFalse(yield* (yield* endpoint.asked(0)).closed)
      assert.deepStrictEqual(yield* outcomes, { ...none, timedOut: 1 })
    })
  )

  for (const [how, end] of [
    ["breaks", (response) => response.destroy()],
    ["ends", (response) => response.end()]
  ] as ReadonlyArray<readonly [string, (response: ServerResponse) => void]>) {
    it.live(`and ${how} before the first event is a bad gateway`, () =>
      Effect.gen(function* () {
        const { endpoint, outcomes, url } = yield* serving((response) => begin(response))
        const reader = yield* stream(url, { stream_options: { include_usage: true } })

        end((yield* endpoint.asked(0)).response)

        assert.strictEqual((yield* reader.head).statusCode, 502)
        assert.deepInclude(JSON.parse((yield* reader.end).text).error, unreachable)
        assert.deepStrictEqual(yield* outcomes, { ...none, failed: 1 })
      })
    )
  }

  it.live("before the first event is asked again, and the caller sees the answer alone", () =>
    Effect.gen(function* () {
      let attempts = 0
      const { outcomes, stats, url } = yield* serving(
        (response) => {
          if (++attempts === 1) response.writeHead(503, { "retry-after-ms": "1" }).end("{}")
          else begin(response, delta("x")).end(done)
        },
        { limits: { maxRetries: 1 } }
      )

      assert.strictEqual((yield* (yield* stream(url)).end).text, delta("x") + done)
      assert.deepStrictEqual(yield* outcomes, { ...none, succeeded: 1 })
      assert.strictEqual((yield* stats.snapshot).requests.retried, 1)
    })
  )

  it.live("with a limit of its own comes back with its status and its word on when to come again", () =>
    Effect.gen(function* () {
      const body = '{"error":{"message":"slow down","code":"theirs"}}'
      const { outcomes, url } = yield* serving((response) =>
        response.writeHead(429, { "content-type": "application/json", "retry-after": "7" }).end(body)
      )

      const reader = yield* stream(url)
      const { headers, statusCode } = yield* reader.head

      assert.deepStrictEqual([statusCode, headers["retry-after"]], [429, "7"])
      assert.strictEqual((yield* reader.end).text, body)
      assert.deepStrictEqual(yield* outcomes, { ...none, failed: 1 })
    })
  )

  it.live("or is cut by the gate's closing ends with an error", () =>
    Effect.gen(function* () {
      const { drain, endpoint, outcomes, url } = yield* serving((response) => begin(response, delta("x")))
      const reader = yield* stream(url)
      yield* reader.reads(/x/)

      yield* drain.end

      assert.deepInclude(lastOf((yield* reader.end).text).error, { code: "shutting_down" })
      assert.isFalse(yield* (yield* endpoint.asked(0)).closed)
      assert.deepStrictEqual(yield* outcomes, { ...none, timedOut: 1 })
    })
  )

  it.live("on the way of a response ends with an event that is numbered after the last", () =>
    Effect.gen(function* () {
      const event = 'event: response.created\ndata: {"type":"response.created","sequence_number":4}\n\n'
      const { outcomes, url } = yield* serving((response) => begin(response, event).end())

      const { text } = yield* (yield* stream(url, { path: "/v1/responses" })).end

      const [, data] = /^event: error\ndata: (.+)\n\n$/.exec(text.slice(event.length))!
      assert.deepInclude(JSON.parse(data!), { type: "error", code: "upstream_unreachable", sequence_number: 5 })
      assert.deepStrictEqual(yield* outcomes, { ...none, failed: 1 })
    })
  )

  it.live("and compresses its answer is cut off, since nothing could be added", () =>
    Effect.gen(function* () {
      const { endpoint, outcomes, url } = yield* serving((response) => {
        response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" })
        response.write("zipped")
      })
      const reader = yield* stream(url)
      yield* reader.reads(/zipped/)

      ;(yield* endpoint.asked(0)).response.destroy()

      assert.deepStrictEqual(yield* reader.end, { text: "zipped", complete: false })
      assert.deepStrictEqual(yield* outcomes, { ...none, failed: 1 })
    })
  )

  it.live("leaves room for the next call", () =>
    Effect.gen(function* () {
      let attempts = 0
      const { outcomes, url } = yield* serving(
        (response) => {
          if (++attempts > 4) begin(response, delta("y")).end(done)
          else begin(response, delta("x")).end()
        },
        { limits: { maxConcurrentRequests: 1, circuitBreaker: { maxFailures: 5 } } }
      )
      for (let i = 0; i < 4; i++) yield* (yield* stream(url)).end

      assert.strictEqual((yield* (yield* stream(url)).end).text, delta("y") + done)
      assert.deepStrictEqual(yield* outcomes, { ...none, failed: 4, succeeded: 1 })
    })
  )

  it.live("opens the circuit by breaking off", () =>
    Effect.gen(function* () {
      const { stats, url } = yield* serving((response) => begin(response, delta("x")).end(), {
        limits: { circuitBreaker: { maxFailures: 2 } }
      })
      for (let i = 0; i < 2; i++) yield* (yield* stream(url)).end

      const refused = yield* (yield* stream(url)).head

      assert.strictEqual(refused.statusCode, 503)
      yield* until(stats, ({ circuitBreaker }) => circuitBreaker.isOpen)
    })
  )
})
