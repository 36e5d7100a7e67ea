import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { connect } from "node:net"
import OpenAI from "openai"
import { Upstream } from "../../src/upstream/Upstream.ts"
import { chat, onLoopback, until } from "../support/gateway.ts"

const silent = Layer.succeed(
  Upstream,
  Upstream.sending(() => Effect.never)
)
const question = { model: "gpt-4o-mini", messages: [{ role: "user" as const, content: "Hello" }] }

const clientOf = (url: string) => new OpenAI({ apiKey: "any", baseURL: `${url}/v1`, maxRetries: 0 })

/** What a client's call fails with. */
const refusal = (call: () => Promise<unknown>) => Effect.flip(Effect.tryPromise({ try: call, catch: (error) => error }))

/** Writes a text to the port, and reads until the other side closes. */
const raw = (url: string, text: string) =>
  Effect.callback<string>((resume) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text))
    let answer = ""
    socket.on("data", (part) => (answer += part.toString()))
    socket.on("close", () => resume(Effect.succeed(answer)))
    socket.on("error", () => {})
    return Effect.sync(() => socket.destroy())
  })

describe("the openai client", () => {
  it.live("gets an answer, its request id and the models", () =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback()
      const client = clientOf(url)
      const answer = yield* Effect.promise(() => client.chat.completions.create(question))
      const models = yield* Effect.promise(() => client.models.list())

      assert.isNotEmpty(answer.choices[0]?.message.content)
      assert.match(answer._request_id!, /^req_/)
      assert.include(
        models.data.map(({ id }) => id),
        "gpt-4o-mini"
      )
    })
  )

  it.live("gets its own kinds of error", () =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback()
      const { chat, models } = clientOf(url)
      const wrong = yield* refusal(() => chat.completions.create({ ...question, stream: "yes" as never }))
      const unknown = yield* refusal(() => models.retrieve("org/model"))

      assert.instanceOf(wrong, OpenAI.BadRequestError)
      assert.deepStrictEqual([wrong.code, wrong.param], ["invalid_request", "stream"])
      assert.isNotEmpty(wrong.requestID)
      assert.instanceOf(unknown, OpenAI.NotFoundError)
    })
  )

  it.live("is refused by a full queue as by a limit, and by a draining gate as by an outage", () =>
    Effect.gen(function* () {
      const limits = { maxConcurrentRequests: 1, maxQueueSize: 0 }
      const { drain, stats, url } = yield* onLoopback({ limits, upstream: silent })
      const { completions } = clientOf(url).chat
      yield* Effect.forkChild(Effect.promise((signal) => completions.create(question, { signal }).catch(() => {})))
      yield* until(stats, ({ queue }) => queue.activeRequests === 1)
      const full = yield* refusal(() => completions.create(question))
      yield* drain.begin
      const draining = yield* refusal(() => completions.create(question))

      assert.instanceOf(full, OpenAI.RateLimitError)
      assert.strictEqual(full.code, "queue_full")
      assert.isAtLeast(Number(full.headers.get("retry-after-ms")), 1)
      assert.instanceOf(draining, OpenAI.InternalServerError)
      assert.deepStrictEqual([draining.status, draining.code], [503, "shutting_down"])
    })
  )

  it.live("comes back when it was told to, and is then answered", () =>
    Effect.gen(function* () {
      let attempts = 0
      const send = () => {
        const failing = ++attempts === 1
        const body = new TextEncoder().encode('{"object":"chat.completion","choices":[]}')
        const headers = { "content-type": "application/json" }
        return Effect.succeed({ status: failing ? 500 : 200, headers, body })
      }
      const upstream = Layer.succeed(Upstream, Upstream.sending(send))
      const limits = { circuitBreaker: { maxFailures: 1, timeout: "1 second" } } as const
      const { stats, url } = yield* onLoopback({ limits, upstream })
      yield* refusal(() => clientOf(url).chat.completions.create(question))
      const patient = new OpenAI({ apiKey: "any", baseURL: `${url}/v1`, maxRetries: 2 })
      yield* Effect.promise(() => patient.chat.completions.create(question))

      const { requests } = yield* stats.snapshot
      assert.deepStrictEqual([requests.succeeded, requests.rejections.CircuitOpen], [1, 1])
    })
  )

  it.live("leaves its place when it gives up, waiting or running", () =>
    Effect.gen(function* () {
      const { stats, url } = yield* onLoopback({ limits: { maxConcurrentRequests: 1 }, upstream: silent })
      const { completions } = clientOf(url).chat
      const call = () => {
        const leave = new AbortController()
        const made = Effect.promise(() => completions.create(question, { signal: leave.signal }).catch(() => {}))
        return Effect.as(Effect.forkChild(made), leave)
      }
      const running = yield* call()
      yield* until(stats, ({ queue }) => queue.activeRequests === 1)
      const waiting = yield* call()
      yield* until(stats, ({ queue }) => queue.queueSize === 1)
      waiting.abort()
      yield* until(stats, ({ queue }) => queue.queueSize === 0)
      running.abort()

      yield* until(stats, ({ queue, requests }) => queue.activeRequests === 0 && requests.cancelled === 2)
    })
  )
})

describe("the socket", () => {
  it.live("what is no HTTP is answered in JSON", () =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback()
      const answer = yield* raw(url, "GARBAGE\r\n\r\n")
      const long = yield* raw(url, `GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-long: ${"x".repeat(20_000)}\r\n\r\n`)

      assert.match(answer, /^HTTP\/1\.1 400 /)
      assert.strictEqual(JSON.parse(answer.split("\r\n\r\n")[1]!).error.code, "invalid_request")
      assert.match(long, /^HTTP\/1\.1 431 /)
    })
  )

  it.live.each(["h2c", "websocket", "TLS/1.3"])(
    "an offer to speak %s instead is not taken, and the request answered",
    (to) =>
      Effect.gen(function* () {
        const { stats, url } = yield* onLoopback()
        const body = JSON.stringify(question)
        // As the client of Java sends with each request that is not encrypted.
        const offer = `upgrade: ${to}\r\nhttp2-settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA\r\n`
        const answer = yield* raw(
          url,
          `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: Upgrade, HTTP2-Settings, close\r\n` +
            `content-type: application/json\r\ncontent-length: ${body.length}\r\n${offer}\r\n${body}`
        )

        assert.match(answer, /^HTTP\/1\.1 200/)
        assert.strictEqual((yield* stats.snapshot).requests.succeeded, 1)
      })
  )

  it.live("a body that would be too large is refused before it is sent", () =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback()
      const head =
        "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nexpect: 100-continue\r\ncontent-length: 2000000\r\n\r\n"

      assert.match(yield* raw(url, head), /^HTTP\/1\.1 413 [^]*body_too_large/)
    })
  )

  it.live.each([
    ["a chat", "/v1/chat/completions", "application/json"],
    ["a form", "/login", "application/x-www-form-urlencoded"]
  ])("the body of %s that falls silent is answered in time", ([, path, type]) =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback({ app: { bodyTimeout: "100 millis" } })
      const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: ${type}\r\ncontent-length: 100\r\n\r\n`
      const [headers = "", body = ""] = (yield* raw(url, `${head}{`)).split("\r\n\r\n")

      assert.match(headers, /^HTTP\/1\.1 408 /)
      assert.match(headers, /^connection: close\r?$/im)
      assert.strictEqual(JSON.parse(body).error.code, "body_timeout")
    })
  )

  it.live("a reader of the figures gets them at once and at each change, and does not hold the end up", () =>
    Effect.gen(function* () {
      const { drain, url } = yield* onLoopback()
      const response = yield* Effect.promise(() => fetch(`${url}/stats/stream`))
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
      let text = ""
      const readUntil = (wanted: RegExp) =>
        Effect.promise(async () => {
          while (!wanted.test(text)) text += (await reader.read()).value!
        })

      assert.match(response.headers.get("content-type")!, /^text\/event-stream/)
      yield* readUntil(/data: \{.*"total":0.*\n\n/)
      yield* Effect.promise(() => fetch(`${url}/v1/chat/completions`, chat()))
      yield* readUntil(/"succeeded":1/)
      const end = yield* Effect.forkChild(
        Effect.promise(async () => {
          while (!(await reader.read()).done);
        })
      )
      yield* drain.end
      yield* Fiber.join(end)
    })
  )
})
