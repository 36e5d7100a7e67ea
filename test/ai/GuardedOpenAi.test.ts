import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Layer, Schema, Stream } from "effect"
import { LanguageModel, Tool, Toolkit } from "effect/ai"
import { TestClock } from "effect/testing"
import type { ServerResponse } from "node:http"
import { APIUserAbortError } from "openai"
import * as OpenAi from "../../src/ai/OpenAi.ts"
import { Stats } from "../../src/Stats.ts"
import { expected } from "../../src/tokenizer/Estimate.ts"
import { endpoint } from "../support/gateway.ts"
import { behind } from "../support/guarded.ts"
import { answering, chunk, events, reply, usage } from "../support/openai.ts"

const prompt = "Hi"
const generate = LanguageModel.generateText({ prompt })
const read = LanguageModel.streamText({ prompt })

const Weather = Tool.make("weather", { parameters: Schema.Struct({ city: Schema.String }), success: Schema.String })
const weather = Toolkit.make(Weather).toLayer({ weather: () => Effect.succeed("rain") })

const sse = { "content-type": "text/event-stream" }
const hello = `data: ${JSON.stringify(chunk({ content: "Hel" }))}\n\n`

/** OpenAi behind the gate, before an endpoint that tells when a request has come and when its connection was cut. */
const guarded = Effect.fnUntraced(function* (answer: (response: ServerResponse) => void) {
  const came = yield* Deferred.make<void>()
  const cut = yield* Deferred.make<void>()
  const { url } = yield* endpoint((_request, response) => {
    response.on("close", () => {
      if (!response.writableFinished) Deferred.doneUnsafe(cut, Effect.void)
    })
    answer(response)
    Deferred.doneUnsafe(came, Effect.void)
  })
  const context = yield* Layer.build(behind(OpenAi.layer({ baseUrl: url })))
  const { snapshot } = yield* Effect.provideContext(Stats, context)
  return {
    came: Deferred.await(came),
    cut: Deferred.await(cut),
    figures: snapshot,
    run: <A, E>(call: Effect.Effect<A, E, LanguageModel.LanguageModel>) => Effect.provideContext(call, context)
  }
})

const beginning = (response: ServerResponse) => {
  response.writeHead(200, sse)
  response.write(hello)
}

describe("OpenAi behind the gate", () => {
  it.live("an answer that is read to its end gives its place back and counts its tokens", () =>
    Effect.gen(function* () {
      const { figures, run } = yield* guarded((response) => {
        response.writeHead(200, sse)
        response.end(events([chunk({ content: "Hello" }), chunk({}, "stop"), usage]))
      })
      yield* run(Stream.runDrain(read))

      const { queue, requests, tokens } = yield* figures
      assert.deepInclude(requests, { total: 1, succeeded: 1 })
      assert.strictEqual(queue.activeRequests, 0)
      assert.deepInclude(tokens, { prompt: 12, completion: 5 })
    })
  )

  for (const { answer, leave, name } of [
    { name: "a call that is interrupted", answer: () => {}, leave: Effect.asVoid(generate) },
    { name: "a stream that is interrupted before it begins", answer: () => {}, leave: Stream.runDrain(read) },
    { name: "a stream that is interrupted", answer: beginning, leave: Stream.runDrain(read) }
  ]) {
    it.live(`${name} gives its place back when its connection is cut`, () =>
      Effect.gen(function* () {
        const { came, cut, figures, run } = yield* guarded(answer)
        const fiber = yield* Effect.forkChild(run(leave))
        yield* came
        assert.strictEqual((yield* figures).queue.activeRequests, 1)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual((yield* figures).queue.activeRequests, 0)

        yield* cut
        assert.deepInclude((yield* figures).requests, { cancelled: 1, inFlight: 0, zombies: 0 })
      })
    )
  }

  for (const { leave, name } of [
    { name: "a reader that takes a part", leave: Stream.runDrain(Stream.take(read, 1)) },
    { name: "a reader that fails", leave: Effect.ignore(Stream.runForEach(read, () => Effect.fail("no more"))) }
  ]) {
    it.live(`${name} gives its place back when its connection is cut`, () =>
      Effect.gen(function* () {
        const { cut, figures, run } = yield* guarded(beginning)
        yield* run(leave)
        assert.strictEqual((yield* figures).queue.activeRequests, 0)

        yield* cut
        assert.deepInclude((yield* figures).requests, { cancelled: 1, inFlight: 0 })
      })
    )
  }

  for (const { answer, name } of [
    { name: "a connection that breaks", answer: (response: ServerResponse) => response.socket!.destroy() },
    {
      name: "a stream that breaks off",
      answer: (response: ServerResponse) => {
        response.writeHead(200, sse)
        response.write(hello, () => response.socket!.destroy())
      }
    },
    {
      name: "a stream without an end",
      answer: (response: ServerResponse) => {
        response.writeHead(200, sse)
        response.end(hello)
      }
    }
  ]) {
    it.live(`${name} fails, counts for the breaker and gives its place back`, () =>
      Effect.gen(function* () {
        const { figures, run } = yield* guarded(answer)
        yield* Effect.flip(run(Stream.runDrain(read)))

        const { circuitBreaker, queue, requests } = yield* figures
        assert.strictEqual(queue.activeRequests, 0)
        assert.strictEqual(circuitBreaker.failures, 1)
        assert.deepInclude(requests, { total: 1, failed: 1 })
      })
    )
  }

  it.effect("a request that does not heed its end keeps its place until it has ended", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const settle = yield* Deferred.make<Response>()
      const stubborn: typeof globalThis.fetch = () => {
        Deferred.doneUnsafe(asked, Effect.void)
        return Effect.runPromise(Deferred.await(settle))
      }
      const context = yield* Layer.build(behind(OpenAi.layer({ fetch: stubborn })))
      const { snapshot } = yield* Effect.provideContext(Stats, context)
      const fiber = yield* Effect.forkChild(Effect.provideContext(generate, context))
      yield* Deferred.await(asked)
      const leaving = yield* Effect.forkChild(Fiber.interrupt(fiber), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* snapshot).queue.activeRequests, 1)
      yield* Deferred.succeed(settle, Response.json(reply({ content: "late" })))
      yield* Fiber.join(leaving)

      assert.strictEqual((yield* snapshot).queue.activeRequests, 0)
      assert.strictEqual((yield* snapshot).requests.zombies, 0)
    })
  )

  it.effect("reasoning deltas are not counted, nor arguments: where nothing tells the usage, all that came is", () =>
    Effect.gen(function* () {
      const x = "x".repeat(40)
      const completionOf = (message: object, call: Effect.Effect<unknown, unknown, LanguageModel.LanguageModel>) =>
        Effect.gen(function* () {
          const body = JSON.stringify(reply(message, { usage: null }))
          const stream = events([chunk(message), chunk({ reasoning: x }), chunk({ content: x })])
          const answer = answering(({ body: { stream: asked } }) => new Response(asked === true ? stream : body))
          const context = yield* Layer.build(behind(answer.layer))
          yield* Effect.provideContext(Effect.exit(call), context)
          const { tokens } = yield* Effect.flatMap(Effect.provideContext(Stats, context), ({ snapshot }) => snapshot)
          assert.isAtLeast(tokens.prompt, 1)
          return tokens.completion
        })
      const named = { tool_calls: [{ id: "a", function: { name: "weather", arguments: { city: x } } }] }
      const parts = [{ type: "thinking", thinking: [{ type: "text", text: x }] }]

      for (const message of [{ reasoning: x }, { reasoning_content: x }, { thinking: x }, { content: parts }]) {
        assert.strictEqual(yield* completionOf(message, generate), Math.ceil(expected(x)))
        assert.strictEqual(yield* completionOf(message, Stream.runDrain(read)), Math.ceil(3 * expected(x)))
      }
      assert.strictEqual(
        yield* completionOf({ content: [{ type: "text", text: x }, x] }, generate),
        Math.ceil(expected(x + x))
      )
      assert.isAtLeast(yield* completionOf(named, Stream.runDrain(read)), Math.ceil(3 * expected(x)))
      const deferred = LanguageModel.generateText({ prompt, toolkit: Toolkit.make(Weather) })
      assert.isAtLeast(yield* completionOf(named, Effect.provide(deferred, weather)), Math.ceil(expected(x)))
    })
  )
})

describe("an abort of the work's own is tried again", () => {
  const stopped = () => new DOMException("This operation was aborted", "AbortError")
  const endless = () => new ReadableStream<Uint8Array>({ start: (body) => body.error(stopped()) })
  const ways: Readonly<Record<string, typeof globalThis.fetch>> = {
    "before the answer": () => Promise.reject(stopped()),
    "before the answer, by a signal": (url, init) =>
      fetch(url, { ...init, signal: AbortSignal.any([AbortSignal.abort(), init!.signal!]) }),
    "in the middle of the answer": () =>
      Promise.resolve(new Response(endless(), { headers: { "content-type": "application/json" } })),
    "by an error of the SDK": () => Promise.reject(new APIUserAbortError())
  }

  for (const [name, own] of Object.entries(ways)) {
    it.effect(`${name}: it is made once, and says nothing of the model`, () =>
      Effect.gen(function* () {
        let begun = 0
        const counted: typeof globalThis.fetch = (url, init) => {
          begun++
          return own(url, init)
        }
        const model = OpenAi.layer({ fetch: counted })
        const context = yield* Layer.build(
          behind(model, { maxRetries: 2, circuitBreaker: { maxFailures: 2, timeout: "30 seconds" } })
        )
        const { snapshot } = yield* Effect.provideContext(Stats, context)
        for (const call of [generate, Stream.runDrain(read), generate]) {
          const exit = yield* Effect.exit(
            Effect.provideContext(call as Effect.Effect<unknown, unknown, LanguageModel.LanguageModel>, context)
          )
          assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
        }

        const { circuitBreaker, queue, requests } = yield* snapshot
        assert.strictEqual(begun, 3)
        assert.deepInclude(circuitBreaker, { state: "closed", failures: 0 })
        assert.deepInclude(requests, { total: 3, cancelled: 3, failed: 0, inFlight: 0, retried: 0 })
        assert.strictEqual(queue.activeRequests, 0)
      })
    )
  }

  it.effect("a timeout of the work's own is another matter: it is a failure, and may pass", () =>
    Effect.gen(function* () {
      const late: typeof globalThis.fetch = () =>
        Promise.reject(new DOMException("The operation was aborted due to timeout", "TimeoutError"))
      const error = yield* Effect.flip(Effect.provide(generate, Layer.orDie(OpenAi.layer({ fetch: late }))))

      assert.isTrue(error.isRetryable)
    })
  )
})
