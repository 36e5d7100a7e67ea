import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Redacted, Schema, Stream } from "effect"
import { LanguageModel, Tool, Toolkit } from "effect/ai"
import { TestClock } from "effect/testing"
import type { RequestListener, ServerResponse } from "node:http"
import * as OpenAi from "../../src/ai/OpenAi.ts"
import { Stats } from "../../src/Stats.ts"
import { endpoint } from "../support/gateway.ts"
import { chunk, events, reply, usage } from "../support/openai.ts"

const prompt = "Hi"
const generate = LanguageModel.generateText({ prompt })
const read = LanguageModel.streamText({ prompt })

const sse = { "content-type": "text/event-stream" }
const hello = `data: ${JSON.stringify(chunk({ content: "Hel" }))}\n\n`

// Built once, since its connections close with the layer.
const modelAt = (url: string) => Layer.build(Layer.orDie(OpenAi.layer({ baseUrl: url, apiKey: Redacted.make("sk-a") })))

/** An endpoint that tells when a request has come, and when its connection is closed before an answer is whole. */
const watched = Effect.fnUntraced(function* (answer: (response: ServerResponse) => void) {
  const came = yield* Deferred.make<void>()
  const closed = yield* Deferred.make<void>()
  const listener: RequestListener = (_request, response) => {
    response.on("close", () => {
      if (!response.writableFinished) Deferred.doneUnsafe(closed, Effect.void)
    })
    answer(response)
    Deferred.doneUnsafe(came, Effect.void)
  }
  const { url } = yield* endpoint(listener)
  return { came: Deferred.await(came), closed: Deferred.await(closed), model: yield* modelAt(url) }
})

const failing = (answer: (response: ServerResponse) => void) =>
  Effect.flatMap(watched(answer), ({ model }) =>
    Effect.all([Effect.flip(generate), Effect.flip(Stream.runDrain(read))]).pipe(Effect.provide(model))
  )

describe("OpenAi on the wire", () => {
  it.live("connections are used again by call after call", () =>
    Effect.gen(function* () {
      const ports = new Set<number | undefined>()
      const { url } = yield* endpoint((request, response) => {
        ports.add(request.socket.remotePort)
        response.setHeader("content-type", "application/json").end(JSON.stringify(reply({ content: "Hello" })))
      })
      const texts = yield* Effect.replicateEffect(
        Effect.map(generate, ({ text }) => text),
        8
      ).pipe(Effect.provide(yield* modelAt(url)))

      assert.deepStrictEqual([...new Set(texts)], ["Hello"])
      assert.isAtMost(ports.size, 2)
    })
  )

  it.live("events that are cut anywhere, with comments and other line ends, are read alike", () =>
    Effect.gen(function* () {
      const bytes = new TextEncoder().encode(
        `: one moment\r\n\r\n${events([chunk({ content: "Grüße, " }), chunk({ content: "世界" }), chunk({}, "stop")])}`
      )
      const { model } = yield* watched((response) => {
        response.writeHead(200, sse)
        const writeFrom = (at: number): void => {
          if (at >= bytes.length) response.end()
          else response.write(bytes.subarray(at, at + 7), () => writeFrom(at + 7))
        }
        writeFrom(0)
      })
      const text = yield* read.pipe(
        Stream.map((part) => (part.type === "text-delta" ? part.delta : "")),
        Stream.mkString,
        Effect.provide(model)
      )

      assert.strictEqual(text, "Grüße, 世界")
    })
  )

  it.live.each([
    ["as a stream", sse],
    ["as JSON", { "content-type": "application/json" }],
    ["without a type", {}]
  ] as const)("an endpoint that streams all the same, %s, is understood", ([, headers]) =>
    Effect.gen(function* () {
      const calls = [{ index: 0, id: "call_1", function: { name: "search", arguments: '{"q":' } }]
      const more = [{ index: 0, function: { arguments: '"a"}' } }]
      const chunks = [
        chunk({ role: "assistant", reasoning_content: "Hm. " }),
        chunk({ content: "Hel" }),
        chunk({ content: "lo" }),
        chunk({ tool_calls: calls }),
        chunk({ tool_calls: more }, "tool_calls"),
        usage
      ]
      const { model } = yield* watched((response) => {
        response.writeHead(200, headers).end(`: one moment\n\n${events(chunks)}`)
      })
      const search = Tool.make("search", { parameters: Schema.Struct({ q: Schema.String }), success: Schema.String })
      const asked = LanguageModel.generateText({
        prompt,
        toolkit: Toolkit.make(search),
        disableToolCallResolution: true
      })
      const { finishReason, reasoningText, text, toolCalls, usage: used } = yield* Effect.provide(asked, model)

      assert.deepStrictEqual([reasoningText, text, finishReason], ["Hm. ", "Hello", "tool-calls"])
      assert.deepStrictEqual(
        toolCalls.map(({ id, name, params }) => [id, name, params]),
        [["call_1", "search", { q: "a" }]]
      )
      assert.deepStrictEqual([used.inputTokens.total, used.outputTokens.total], [12, 5])
    })
  )

  it.live("a stream in place of a reply that breaks off, or tells of an error, is none", () =>
    Effect.gen(function* () {
      const half = yield* failing((response) => response.writeHead(200, sse).end(hello))
      const error = { error: { message: "Too much to do", code: 429 } }
      const refused = yield* failing((response) =>
        response.writeHead(200, sse).end(`${hello}data: ${JSON.stringify(error)}\n\n`)
      )

      assert.deepStrictEqual(
        [...half, ...refused].map(({ reason }) => reason._tag),
        ["InternalProviderError", "InternalProviderError", "RateLimitError", "RateLimitError"]
      )
    })
  )

  it.live("a connection that breaks before the reply, or in the middle of it, is a network error", () =>
    Effect.gen(function* () {
      const cut = (response: ServerResponse) => response.socket!.destroy()
      const errors = [
        ...(yield* failing(cut)),
        ...(yield* failing((response) => {
          response.writeHead(200, { ...sse, "content-length": "1000" })
          response.write(hello, () => cut(response))
        })),
        ...(yield* Effect.all([Effect.flip(generate)]).pipe(Effect.provide(yield* modelAt("http://127.0.0.1:1/v1"))))
      ]

      for (const { reason } of errors) {
        assert.deepInclude(reason as object, { _tag: "NetworkError", reason: "TransportError", isRetryable: true })
      }
    })
  )

  it.live("a timeout that is asked for is a network error, and closes the connection", () =>
    Effect.gen(function* () {
      const closed = yield* Deferred.make<void>()
      let came = false
      const { url } = yield* endpoint((_request, response) => {
        came = true
        response.on("close", () => Deferred.doneUnsafe(closed, Effect.void))
      })
      const error = yield* Effect.flip(generate).pipe(
        Effect.provide(yield* Layer.build(OpenAi.layer({ baseUrl: url, timeout: "50 millis" })))
      )

      assert.deepInclude(error.reason as object, {
        _tag: "NetworkError",
        isRetryable: true,
        description: "Request timed out."
      })
      // On a slow machine the time may be over before the request has come.
      if (came) yield* Deferred.await(closed)
    })
  )

  for (const { name, run } of [
    { name: "a call that is interrupted", run: Effect.asVoid(generate) },
    { name: "a stream that is interrupted before it begins", run: Stream.runDrain(read) }
  ]) {
    it.live(`${name} closes its connection`, () =>
      Effect.gen(function* () {
        const { came, closed, model } = yield* watched(() => {})
        const fiber = yield* Effect.forkChild(Effect.provide(run, model))
        yield* came
        yield* Fiber.interrupt(fiber)

        yield* closed
      })
    )
  }

  for (const { name, run } of [
    { name: "a reader that takes a part", run: read.pipe(Stream.take(1), Stream.runDrain) },
    {
      name: "a reader that fails",
      run: read.pipe(
        Stream.runForEach(() => Effect.fail("no more")),
        Effect.ignore
      )
    },
    {
      name: "a reader that is interrupted while it waits",
      run: Effect.gen(function* () {
        const begun = yield* Deferred.make<void>()
        const fiber = yield* Effect.forkChild(Stream.runForEach(read, () => Deferred.succeed(begun, undefined)))
        yield* Deferred.await(begun)
        yield* Fiber.interrupt(fiber)
      })
    }
  ]) {
    it.live(`${name} closes the stream's connection`, () =>
      Effect.gen(function* () {
        const { closed, model } = yield* watched((response) => {
          response.writeHead(200, sse)
          response.write(hello)
        })
        yield* Effect.provide(run, model)

        yield* closed
      })
    )
  }

  it.effect("an interrupted call is over when its promise has settled, or is left behind after five seconds", () =>
    Effect.gen(function* () {
      const stats = yield* Stats
      const settle = yield* Deferred.make<Response>()
      const asked = yield* Deferred.make<void>()
      const stubborn: typeof globalThis.fetch = () => {
        Deferred.doneUnsafe(asked, Effect.void)
        return Effect.runPromise(Deferred.await(settle))
      }
      const model = OpenAi.layer({ fetch: stubborn })
      const begin = Effect.forkChild(Effect.provide(generate, model))

      const first = yield* begin
      yield* Deferred.await(asked)
      const leaving = yield* Effect.forkChild(Fiber.interrupt(first), { startImmediately: true })
      yield* TestClock.adjust("4999 millis")
      assert.isUndefined(leaving.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(leaving)
      assert.strictEqual((yield* stats.snapshot).requests.zombies, 1)

      const second = yield* begin
      yield* TestClock.adjust(0)
      const left = yield* Effect.forkChild(Fiber.interrupt(second), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      assert.isUndefined(left.pollUnsafe())
      yield* Deferred.succeed(settle, Response.json(reply({ content: "late" })))
      yield* Fiber.join(left)
      assert.strictEqual((yield* stats.snapshot).requests.zombies, 1)
    }).pipe(Effect.provide(Stats.layer))
  )
})
