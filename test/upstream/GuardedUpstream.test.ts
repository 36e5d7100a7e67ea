import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Headgate, Stats } from "../../src/index.ts"
import { GuardedUpstream } from "../../src/upstream/GuardedUpstream.ts"
import * as ServerSent from "../../src/upstream/ServerSent.ts"
import { TruncatedStream } from "../../src/upstream/TruncatedStream.ts"
import { Upstream, type UpstreamAnswer, UpstreamUnreachable } from "../../src/upstream/Upstream.ts"
import { fork, reasonOf, steps } from "../support/gate.ts"
import { open } from "../support/upstream.ts"

const encoder = new TextEncoder()
const ask = {}

type Body = UpstreamAnswer["body"]

const bytes = (...parts: ReadonlyArray<string>): Body =>
  Stream.rechunk(Stream.fromIterable(parts.map((part) => encoder.encode(part))), 1)

const events = (body: Body, type = "text/event-stream"): UpstreamAnswer => ({
  status: 200,
  headers: { "content-type": type },
  body
})

const json = (status: number, text: string, headers: Record<string, string> = {}): UpstreamAnswer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: bytes(text)
})

const reported = { status: 502, code: undefined, retryAfterMs: undefined }

const delta = (content: string) => ServerSent.event({ choices: [{ index: 0, delta: { content } }] })
const usage = ServerSent.event({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } })
const { done } = ServerSent

/** A gate for one call at a time, in front of an endpoint that answers so; it remembers what it was asked. */
const guarding = Effect.fnUntraced(function* (
  answer: (attempt: number, body: string) => UpstreamAnswer | undefined,
  limits: Headgate.Options = {}
) {
  const seen = { bodies: [] as Array<string>, connections: 0 }
  const upstream = Upstream.opening(({ body }) =>
    Effect.gen(function* () {
      yield* Effect.acquireRelease(
        Effect.sync(() => seen.connections++),
        () => Effect.sync(() => seen.connections--)
      )
      const text = new TextDecoder().decode(body)
      const answered = answer(seen.bodies.push(text), text)
      return answered ?? (yield* Effect.fail(new UpstreamUnreachable({ reason: "ECONNREFUSED" })))
    })
  )
  const gate = Headgate.make({ requestsPerSecond: Infinity, maxConcurrentRequests: 1, ...limits })
  const context = yield* Layer.build(
    GuardedUpstream.layer.pipe(Layer.provide(Layer.succeed(Upstream, upstream)), Layer.provideMerge(gate))
  )
  const guarded = Context.get(context, GuardedUpstream)
  const { snapshot } = Context.get(context, Stats)
  const send = (path = "/chat/completions", body = '{"stream":true}') =>
    open(guarded, ask, { method: "POST", path, headers: {}, body: encoder.encode(body) }, { prompt: 7 })
  const ended = Effect.fnUntraced(function* (outcome: string) {
    yield* steps(1)
    const { queue, requests, tokens } = yield* snapshot
    assert.strictEqual(seen.connections, 0)
    assert.deepStrictEqual([queue.activeRequests, requests.inFlight], [0, 0])
    assert.deepInclude(requests, { [outcome]: requests.total })
    return [tokens.prompt, tokens.completion]
  })
  const firstToken = Effect.map(snapshot, ({ firstToken }) => firstToken.mean)
  return { ended, firstToken, seen, send }
})

/** Reads what was answered, whole or in parts, and how that ended. */
const read = Effect.fnUntraced(function* (answer: Effect.Success<ReturnType<typeof open>>) {
  if (answer.body instanceof Uint8Array) return { text: new TextDecoder().decode(answer.body), exit: Exit.void }
  let text = ""
  const exit = yield* answer.body.pipe(
    Stream.decodeText(),
    Stream.runForEach((part) => Effect.sync(() => (text += part))),
    Effect.exit
  )
  return { text, exit }
})

describe("GuardedUpstream.open", () => {
  it.effect("asks for the usage that nobody asked for, counts it and leaves it out", () =>
    Effect.gen(function* () {
      const { ended, seen, send } = yield* guarding(() => events(bytes(delta("Hello"), usage, done)))

      const answer = yield* read(yield* send())

      assert.deepStrictEqual(seen.bodies, ['{"stream":true,"stream_options":{"include_usage":true}}'])
      assert.strictEqual(answer.text, delta("Hello") + done)
      assert.deepStrictEqual(yield* ended("succeeded"), [3, 4])
    })
  )

  it.effect("leaves a request that asks, and those of other paths, as they are", () =>
    Effect.gen(function* () {
      const asking = '{"stream_options":{"include_usage":true}}'
      const { ended, seen, send } = yield* guarding(() => events(bytes(delta("Hello"), usage, done)))

      assert.include((yield* read(yield* send("/chat/completions", asking))).text, usage)
      yield* read(yield* send("/completions"))

      assert.deepStrictEqual(seen.bodies, [asking, '{"stream":true}'])
      assert.deepStrictEqual(yield* ended("succeeded"), [6, 8])
    })
  )

  it.effect("asks an endpoint that does not know the question again without it, and never again with it", () =>
    Effect.gen(function* () {
      const { ended, seen, send } = yield* guarding((_, body) =>
        body.includes("stream_options")
          ? json(400, '{"error":{"message":"Unknown field: stream_options"}}')
          : events(bytes(delta("12345678"), done))
      )

      assert.strictEqual((yield* read(yield* send())).text, delta("12345678") + done)
      yield* read(yield* send())

      const asked = '{"stream":true,"stream_options":{"include_usage":true}}'
      assert.deepStrictEqual(seen.bodies, [asked, '{"stream":true}', '{"stream":true}'])
      assert.deepStrictEqual(yield* ended("succeeded"), [14, 8])
    })
  )

  it.effect(
    "of one endpoint, only the models that refused the question are not asked it again; the last thousand are known",
    () =>
      Effect.gen(function* () {
        const { seen, send } = yield* guarding((_, body) =>
          body.includes("stream_options") && body.includes("old")
            ? json(400, '{"error":{"message":"Unknown field: stream_options"}}')
            : events(bytes(delta("Hello"), usage, done))
        )
        /** How often a model is asked, and how often with the question. */
        const asked = Effect.fnUntraced(function* (model: string) {
          const before = seen.bodies.length
          yield* read(yield* send("/chat/completions", `{"model":"${model}","stream":true}`))
          const bodies = seen.bodies.slice(before)
          return [bodies.length, bodies.filter((body) => body.includes("stream_options")).length]
        })

        assert.deepStrictEqual(yield* asked("old 0"), [2, 1])
        assert.deepStrictEqual(yield* asked("new"), [1, 1])
        assert.deepStrictEqual(yield* asked("old 0"), [1, 0])
        for (let i = 1; i < 1000; i++) yield* asked(`old ${i}`)
        assert.deepStrictEqual(yield* asked("old 0"), [1, 0])
        yield* asked("old 1000")
        assert.deepStrictEqual(yield* asked("old 1"), [2, 1])
        assert.deepStrictEqual(yield* asked("old 0"), [1, 0])
      })
  )

  it.effect("a refusal that has other reasons comes back as it is, and the question is still asked", () =>
    Effect.gen(function* () {
      const { seen, send } = yield* guarding((attempt) =>
        attempt < 3 ? json(400, '{"error":"no messages"}') : json(422, '{"input":"stream_options"}')
      )

      assert.strictEqual((yield* read(yield* send())).text, '{"error":"no messages"}')
      assert.strictEqual((yield* read(yield* send())).text, '{"input":"stream_options"}')
      yield* send()

      assert.strictEqual(seen.bodies.filter((body) => body.includes("stream_options")).length, 3)
    })
  )

  it.effect("an answer in JSON is whole, whatever its status", () =>
    Effect.gen(function* () {
      const text = '{"usage":{"prompt_tokens":5,"completion_tokens":6}}'
      const { ended, send } = yield* guarding(() => json(200, text, { "x-own": "1" }))

      const answer = yield* send()

      assert.deepStrictEqual([answer.status, answer.headers["x-own"]], [200, "1"])
      assert.strictEqual((yield* read(answer)).text, text)
      assert.deepStrictEqual(yield* ended("succeeded"), [5, 6])
    })
  )

  it.effect("a failing status is tried again, and the last one comes back", () =>
    Effect.gen(function* () {
      const { ended, seen, send } = yield* guarding((attempt) => json(500 + attempt, "{}", { "retry-after-ms": "1" }))
      const answer = yield* fork(send())
      yield* TestClock.adjust("30 seconds")

      assert.strictEqual((yield* Fiber.join(answer)).status, 503)
      assert.strictEqual(seen.bodies.length, 3)
      yield* ended("failed")
    })
  )

  it.effect("of a failing answer that never ends, the beginning is kept", () =>
    Effect.gen(function* () {
      const endless = Stream.forever(Stream.succeed(new Uint8Array(1000)))
      const { ended, send } = yield* guarding(() => ({ status: 500, headers: {}, body: endless }), { maxRetries: 0 })

      assert.strictEqual((yield* read(yield* send())).text.length, 2 ** 20)
      yield* ended("failed")
    })
  )

  it.effect("an endpoint out of reach, or without a word before the end, is tried again", () =>
    Effect.gen(function* () {
      const { ended, send } = yield* guarding((attempt) => {
        if (attempt === 1) return undefined
        return events(attempt === 2 ? Stream.empty : bytes(delta("Hello"), done))
      })
      const answer = yield* fork(send())
      yield* TestClock.adjust("30 seconds")

      assert.strictEqual((yield* read(yield* Fiber.join(answer))).text, delta("Hello") + done)
      yield* ended("succeeded")
    })
  )

  it.effect.each([
    ["stops short", bytes(delta("12345678"))],
    ["breaks", Stream.concat(bytes(delta("12345678")), Stream.fail(new UpstreamUnreachable({ reason: undefined })))]
  ] as const)("an answer that %s is a failure, and what came of it is counted by its length", ([, body]) =>
    Effect.gen(function* () {
      const { ended, seen, send } = yield* guarding(() => events(body))

      const answer = yield* read(yield* send())

      assert.strictEqual(answer.text, delta("12345678"))
      assert.isTrue(Exit.isFailure(answer.exit))
      assert.strictEqual(seen.bodies.length, 1)
      assert.deepStrictEqual(yield* ended("failed"), [7, 4])
    })
  )

  it.effect("an error in the answer's own words is a failure too", () =>
    Effect.gen(function* () {
      const { ended, send } = yield* guarding(() => events(bytes(delta("x"), 'data: {"error":{}}\n\n', done)))

      assert.deepStrictEqual((yield* read(yield* send())).exit, Exit.fail(new TruncatedStream({ reported })))
      yield* ended("failed")
    })
  )

  it.effect("a reader that leaves ends the call, and what came is counted", () =>
    Effect.gen(function* () {
      const { ended, send } = yield* guarding(() => events(Stream.concat(bytes(delta("12345678")), Stream.never)))
      const reader = yield* fork(Effect.scoped(Effect.flatMap(send(), read)))
      yield* steps(50)

      yield* Fiber.interrupt(reader)

      assert.deepStrictEqual(yield* ended("cancelled"), [7, 4])
    })
  )

  it.effect("an answer that falls silent is cut, read or not", () =>
    Effect.gen(function* () {
      const { ended, send } = yield* guarding(() => events(Stream.concat(bytes(delta("x")), Stream.never)), {
        streamIdleTimeout: "2 seconds"
      })
      const answer = yield* send()
      if (answer.body instanceof Uint8Array) return assert.fail("no stream")
      const over = yield* fork("ended" in answer ? answer.ended : Effect.never)

      yield* TestClock.adjust("2 seconds")

      yield* Fiber.join(over)
      yield* ended("timedOut")
      assert.strictEqual(reasonOf((yield* read(answer)).exit)?.code, "upstream_idle_timeout")
    })
  )

  const alive = bytes(": keep-alive\n\n")
  /** A comment a second, for ever. */
  const comments = Stream.forever(Stream.concat(Stream.drain(Stream.fromEffect(Effect.sleep("1 second"))), alive))

  it.effect.each([
    ["its attempt", { requestTimeout: "10 seconds" }, "upstream_timeout"],
    ["its call", { deadline: "10 seconds" }, "deadline_exceeded"]
  ] as const)("comments pass at once, but begin no answer: the time of %s runs out", ([, limits, code]) =>
    Effect.gen(function* () {
      const { ended, seen, send } = yield* guarding(() => events(comments), limits)
      const answer = yield* fork(Effect.flatMap(send(), read))
      yield* TestClock.adjust("10 seconds")

      const { exit, text } = yield* Fiber.join(answer)
      assert.strictEqual(text, ": keep-alive\n\n".repeat(9))
      assert.strictEqual(reasonOf(exit)?.code, code)
      assert.strictEqual(seen.bodies.length, 1)
      yield* ended("timedOut")
    })
  )

  /** 400 kB of no event every 10 ms, for ever: more than is kept of one event comes within half a second. */
  const flood = Stream.forever(
    Stream.concat(
      Stream.drain(Stream.fromEffect(Effect.sleep("10 millis"))),
      Stream.succeed(new Uint8Array(400_000).fill(0x78))
    )
  )
  const seconds = (count: number) => Effect.repeat(TestClock.adjust("100 millis"), { times: 10 * count - 1 })

  it.effect.each([
    ["its attempt", "/chat/completions", { requestTimeout: "1 second" }, "upstream_timeout"],
    ["its call", "/chat/completions", { deadline: "1 second" }, "deadline_exceeded"],
    ["its attempt, on a path nobody knows,", "/embeddings", { requestTimeout: "1 second" }, "upstream_timeout"]
  ] as const)("what is no whole event begins no answer: the time of %s runs out", ([, path, limits, code]) =>
    Effect.gen(function* () {
      const { ended, send } = yield* guarding(() => events(flood), { maxRetries: 0, ...limits })
      const answer = yield* fork(Effect.exit(send(path)))
      yield* seconds(1)

      assert.strictEqual(reasonOf(yield* Fiber.join(answer))?.code, code)
      yield* ended("timedOut")
    })
  )

  it.effect("what is no whole event breaks no silence", () =>
    Effect.gen(function* () {
      const { ended, send } = yield* guarding(() => events(Stream.concat(bytes(delta("x")), flood)), {
        streamIdleTimeout: "1 second"
      })
      const answer = yield* fork(Effect.flatMap(send(), read))
      yield* seconds(1)

      assert.strictEqual(reasonOf((yield* Fiber.join(answer)).exit)?.code, "upstream_idle_timeout")
      yield* ended("timedOut")
    })
  )

  it.effect("a comment is not the first part", () =>
    Effect.gen(function* () {
      const { firstToken, send } = yield* guarding(() =>
        events(Stream.concat(Stream.take(comments, 3), bytes(delta("x"), done)))
      )
      const answer = yield* fork(Effect.flatMap(send(), read))
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.join(answer)

      assert.approximately((yield* firstToken)!, 3000, 60)
    })
  )

  it.effect("comments after an event pass at once, and break no silence", () =>
    Effect.gen(function* () {
      const { ended, send } = yield* guarding(() => events(Stream.concat(bytes(delta("x")), comments)), {
        streamIdleTimeout: "10 seconds"
      })
      const answer = yield* fork(Effect.flatMap(send(), read))
      yield* TestClock.adjust("10 seconds")

      const { exit, text } = yield* Fiber.join(answer)
      assert.strictEqual(text, delta("x") + ": keep-alive\n\n".repeat(9))
      assert.strictEqual(reasonOf(exit)?.code, "upstream_idle_timeout")
      yield* ended("timedOut")
    })
  )

  it.effect("a reader that has no room for a comment is the one who is silent", () =>
    Effect.gen(function* () {
      const body = Stream.concat(bytes(delta("x")), Stream.forever(alive))
      const { send } = yield* guarding(() => events(body), { streamIdleTimeout: "10 seconds" })
      const answer = yield* send()
      yield* TestClock.adjust("10 seconds")

      const reason = reasonOf((yield* read(answer)).exit)
      assert.strictEqual(reason?._tag === "DeadlineExceeded" && reason.limit, "reader")
    })
  )

  it.effect("a stream of comments that ends is not asked for again, since its caller has had a part of it", () =>
    Effect.gen(function* () {
      const { ended, seen, send } = yield* guarding(() => events(alive))
      const asking = '{"stream_options":{"include_usage":true}}'

      const { exit } = yield* read(yield* send("/chat/completions", asking))

      assert.deepStrictEqual(exit, Exit.fail(new TruncatedStream({ reported: undefined })))
      assert.strictEqual(seen.bodies.length, 1)
      yield* ended("failed")
    })
  )

  it.effect("a stream that is compressed, or on a path nobody knows, passes unread", () =>
    Effect.gen(function* () {
      const zipped = {
        ...events(bytes("zipped")),
        headers: { "content-type": "text/event-stream", "content-encoding": "gzip" }
      }
      const { ended, send } = yield* guarding(
        (attempt) => [zipped, events(bytes(": a\n\n", "data: x\n\n")), events(alive)][attempt - 1]
      )

      assert.strictEqual((yield* read(yield* send())).text, "zipped")
      assert.strictEqual((yield* read(yield* send("/embeddings"))).text, ": a\n\ndata: x\n\n")
      assert.strictEqual((yield* read(yield* send("/embeddings"))).text, ": keep-alive\n\n")
      yield* ended("succeeded")
    })
  )
})
