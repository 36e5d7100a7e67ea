import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer } from "effect"
import { Upstream, type UpstreamReply, UpstreamUnreachable } from "../../src/upstream/Upstream.ts"
import type { ChatReply } from "../../src/simulator/model/Chat.ts"
import { chat, fetching, json, until } from "../support/gateway.ts"

const path = "/v1/chat/completions"
const encoder = new TextEncoder()

const reply = (status: number, body: string, headers: Record<string, string> = {}): UpstreamReply => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: encoder.encode(body)
})

const answering = (send: Parameters<typeof Upstream.sending>[0]) => Layer.succeed(Upstream, Upstream.sending(send))
const silent = answering(() => Effect.never)

const errorOf = (response: Response) =>
  Effect.map(json(response), ({ error: { code, param, type } }) => ({ status: response.status, code, type, param }))

describe("POST /v1/chat/completions", () => {
  it.live("answers, and tells how long the call waited", () =>
    Effect.gen(function* () {
      const { fetch, stats } = yield* fetching()
      const response = yield* fetch(path, chat())
      const body = yield* json<ChatReply>(response)

      assert.strictEqual(body.object, "chat.completion")
      assert.match(response.headers.get("x-headgate-wait-ms")!, /^\d+$/)
      const { tokens } = yield* stats.snapshot
      assert.deepStrictEqual([tokens.prompt, tokens.total], [body.usage.prompt_tokens, body.usage.total_tokens])
    })
  )

  it.live.each([
    [{ stream: "yes" }, {}, "stream"],
    [{ messages: "Hello" }, {}, "messages"],
    [{}, { "x-headgate-priority": "urgent" }, "x-headgate-priority"],
    [{}, { "content-encoding": "compress" }, "content-encoding"]
  ] as const)("%o with headers %o is refused for %s, and no call", ([body, headers, param]) =>
    Effect.gen(function* () {
      const { fetch, stats } = yield* fetching()
      const error = yield* errorOf(yield* fetch(path, chat(body, headers)))

      assert.deepStrictEqual(error, { status: 400, code: "invalid_request", type: "invalid_request_error", param })
      assert.strictEqual((yield* stats.snapshot).requests.total, 0)
    })
  )

  it.live.each([{ toString: null }, ["a"], 1])(
    "a model that is no text, such as %o, is the endpoint's to judge",
    (model) =>
      Effect.gen(function* () {
        const asked: Array<string | undefined> = []
        const upstream = answering(({ model }) => Effect.sync(() => (asked.push(model), reply(404, "{}"))))
        const { fetch } = yield* fetching({ upstream })

        assert.strictEqual((yield* fetch(path, chat({ model }))).status, 404)
        assert.deepStrictEqual(asked, [""])
      })
  )

  it.live("the model's own refusals of a request pass, and are answers", () =>
    Effect.gen(function* () {
      const { fetch, stats } = yield* fetching()
      const error = yield* errorOf(yield* fetch(path, chat({ messages: [] })))

      assert.strictEqual(error.status, 400)
      assert.strictEqual(error.param, "messages")
      assert.strictEqual((yield* stats.snapshot).requests.succeeded, 1)
    })
  )

  it.live("a call over the bound of the queue is refused", () =>
    Effect.gen(function* () {
      const limits = { maxConcurrentRequests: 1, maxQueueSize: 1 }
      const { fetch, stats } = yield* fetching({ limits, upstream: silent })
      yield* Effect.forkChild(fetch(path, chat()))
      yield* until(stats, ({ queue }) => queue.activeRequests === 1)
      yield* Effect.forkChild(fetch(path, chat()))
      yield* until(stats, ({ queue }) => queue.queueSize === 1)
      const response = yield* fetch(path, chat())

      assert.isNotNull(response.headers.get("retry-after-ms"))
      assert.deepStrictEqual(yield* errorOf(response), {
        status: 429,
        code: "queue_full",
        type: "rate_limit_error",
        param: null
      })
    })
  )

  it.live("an open circuit refuses, and says when to come back", () =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching({
        limits: { circuitBreaker: { maxFailures: 1, timeout: "30 seconds" } },
        upstream: answering(() => Effect.succeed(reply(500, "{}")))
      })
      yield* fetch(path, chat())
      const response = yield* fetch(path, chat())
      const seconds = Number(response.headers.get("retry-after"))

      assert.isTrue(seconds >= 29 && seconds <= 36)
      assert.strictEqual((yield* errorOf(response)).code, "circuit_open")
    })
  )

  it.live("a started call whose deadline passes is told no time to come back", () =>
    Effect.gen(function* () {
      const { fetch, stats } = yield* fetching({ upstream: silent })
      const response = yield* fetch(path, chat({}, { "x-headgate-deadline-ms": "20" }))

      assert.isNull(response.headers.get("retry-after"))
      assert.deepInclude(yield* errorOf(response), { status: 504, code: "deadline_exceeded", type: "server_error" })
      assert.strictEqual((yield* stats.snapshot).requests.timedOut, 1)
    })
  )

  it.live("a call that does not start before its deadline is told to come back", () =>
    Effect.gen(function* () {
      const { fetch, stats } = yield* fetching({ limits: { maxConcurrentRequests: 1 }, upstream: silent })
      yield* Effect.forkChild(fetch(path, chat()))
      yield* until(stats, ({ queue }) => queue.activeRequests === 1)
      const response = yield* fetch(path, chat({}, { "x-headgate-deadline-ms": "20" }))

      assert.isNotNull(response.headers.get("retry-after"))
      assert.deepInclude(yield* errorOf(response), { status: 504, code: "deadline_exceeded" })
      assert.strictEqual((yield* stats.snapshot).requests.rejections.DeadlineExceeded, 1)
    })
  )

  it.live("an attempt that takes too long is the upstream's timeout", () =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching({ limits: { requestTimeout: "20 millis" }, upstream: silent })

      assert.deepInclude(yield* errorOf(yield* fetch(path, chat())), { status: 504, code: "upstream_timeout" })
    })
  )

  it.live("an upstream out of reach is 502", () =>
    Effect.gen(function* () {
      const { fetch, stats } = yield* fetching({
        upstream: answering(() => Effect.fail(new UpstreamUnreachable({ reason: "ECONNREFUSED" })))
      })

      assert.deepInclude(yield* errorOf(yield* fetch(path, chat())), { status: 502, code: "upstream_unreachable" })
      assert.strictEqual((yield* stats.snapshot).requests.failed, 1)
    })
  )

  it.live("a call that no limit will ever admit is told not to try again", () =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching({ limits: { tokensPerMinute: 100 } })
      const response = yield* fetch(path, chat({ max_tokens: 1000 }))

      assert.strictEqual(response.headers.get("x-should-retry"), "false")
      assert.deepInclude(yield* errorOf(response), { status: 400, code: "never_admissible" })
    })
  )

  it.live("a defect is a 500 that tells nothing of it", () =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching({ upstream: answering(() => Effect.die(new Error("a secret"))) })
      const response = yield* fetch(path, chat())
      const text = yield* Effect.promise(() => response.text())

      assert.strictEqual(response.status, 500)
      assert.strictEqual(JSON.parse(text).error.code, "internal_error")
      assert.notInclude(text, "secret")
    })
  )

  it.live("a caller that leaves is out of the queue, and its call of the model ends", () =>
    Effect.gen(function* () {
      const ended = yield* Deferred.make<void>()
      const { fetch, stats } = yield* fetching({
        limits: { maxConcurrentRequests: 1 },
        upstream: answering(() => Effect.onInterrupt(Effect.never, () => Deferred.succeed(ended, undefined)))
      })
      const leaver = () => {
        const leave = new AbortController()
        return Effect.as(Effect.forkChild(fetch(path, { ...chat(), signal: leave.signal })), leave)
      }
      const running = yield* leaver()
      yield* until(stats, ({ queue }) => queue.activeRequests === 1)
      const waiting = yield* leaver()
      yield* until(stats, ({ queue }) => queue.queueSize === 1)

      waiting.abort()
      yield* until(stats, ({ queue, requests }) => queue.queueSize === 0 && requests.cancelled === 1)
      assert.isFalse(yield* Deferred.isDone(ended))
      running.abort()
      yield* until(stats, ({ queue, requests }) => queue.activeRequests === 0 && requests.cancelled === 2)
      assert.isTrue(yield* Deferred.isDone(ended))
    })
  )
})
