import { assert, describe, it } from "@effect/vitest"
import { expected } from "../../../src/tokenizer/Estimate.ts"
import { Effect, Exit, Fiber, Schedule, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { NoAnswer } from "../../../src/upstream/events/StreamValidator.ts"
import { readerOf } from "../../../src/upstream/events/StreamReaders.ts"
import * as ServerSent from "../../../src/upstream/ServerSent.ts"
import { TruncatedStream } from "../../../src/upstream/TruncatedStream.ts"
import { validate } from "../../support/upstream.ts"

const encoder = new TextEncoder()

const source = (...parts: ReadonlyArray<string>) =>
  Stream.fromIterable(parts).pipe(
    Stream.rechunk(1),
    Stream.map((part) => encoder.encode(part))
  )

/** Reads an answer to its end: what came, how it ended and what was heard. */
const read = Effect.fnUntraced(function* (path: string, body: Stream.Stream<Uint8Array, string>, strip = false) {
  const reader = readerOf(path)
  let text = ""
  const exit = yield* validate(body, reader, strip).body.pipe(
    Stream.decodeText(),
    Stream.runForEach((part) => Effect.sync(() => (text += part))),
    Effect.exit
  )
  const { tokens, usage } = reader
  return { text, exit, tokens, usage }
})

const delta = (content: string) => ServerSent.event({ choices: [{ index: 0, delta: { content } }] })
const finish = (reason: string, index = 0) =>
  ServerSent.event({ choices: [{ index, delta: {}, finish_reason: reason }], usage: null })
const usage = ServerSent.event({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } })
const { done } = ServerSent

const chat = "/chat/completions"
const whole = [delta("Hello"), finish("stop"), usage, done].join("")

const reported = { status: 502, code: undefined, retryAfterMs: undefined }
const unfinished = (told: boolean) => Exit.fail(new TruncatedStream(told ? { reported } : { reported: undefined }))

describe("validate", () => {
  it.effect.each([
    ["[DONE]", chat, delta("x") + done],
    ["a reason to finish", chat, delta("x") + finish("stop")],
    ["a reason for every choice", chat, delta("x") + finish("stop", 1) + finish("stop", 0)],
    ["[DONE] without a blank line", chat, delta("x") + done.trimEnd()],
    ["nothing but [DONE]", chat, done],
    ["a completion's reason", "/completions", ServerSent.event({ choices: [{ text: "x", finish_reason: "length" }] })],
    ["response.completed", "/responses", ServerSent.event({ type: "response.completed" }, "response.completed")],
    ["response.incomplete", "/responses?x=1", ServerSent.event({ type: "response.incomplete" })]
  ] as const)("%s ends an answer that is whole", ([, path, text]) =>
    Effect.gen(function* () {
      const answer = yield* read(path, source(text))

      assert.deepStrictEqual([answer.text, answer.exit], [text, Exit.void])
    })
  )

  it.effect.each([
    ["nothing", chat, ""],
    ["a chat without a reason to finish", chat, delta("x")],
    ["a chat of which one choice has none", chat, delta("x") + finish("stop", 1)],
    ["an empty reason", chat, finish("")],
    ["a response without an outcome", "/responses", ServerSent.event({ type: "response.output_text.done" })],
    ["a [DONE] in quotes", chat, ServerSent.event("[DONE]")]
  ] as const)("%s is no whole answer", ([, path, text]) =>
    Effect.gen(function* () {
      const answer = yield* read(path, source(text))

      assert.deepStrictEqual([answer.text, answer.exit], [text, unfinished(false)])
    })
  )

  it.effect.each([
    ["an error in a chat", chat, `data: {"error":{"message":"broke"}}\n\n${done}`],
    ["an event named so", chat, 'event: error\ndata: {"message":"broke"}\n\n'],
    ["a reason that is one", chat, finish("error") + done],
    ["an error in a response", "/responses", ServerSent.event({ type: "error" }, "error")],
    ["a response that failed", "/responses", ServerSent.event({ type: "response.failed" }, "response.failed")]
  ] as const)("%s passes, and is a failure that has been told", ([, path, error]) =>
    Effect.gen(function* () {
      const begun = path === chat ? delta("x") : ServerSent.event({ type: "response.created" })
      const after = yield* read(path, source(begun, error))
      const first = yield* read(path, source(": a\n\n" + error))

      assert.deepStrictEqual([after.text, after.exit], [begun + error, unfinished(true)])
      const bytes = encoder.encode(": a\n\n" + error)
      assert.strictEqual(first.text, "")
      assert.deepStrictEqual(
        first.exit,
        Exit.fail(new NoAnswer({ bytes: Buffer.from(bytes), reported, counts: false }))
      )
    })
  )

  it.effect("an event that breaks off is kept back", () =>
    Effect.gen(function* () {
      for (const end of [Stream.empty, Stream.fail("broken")]) {
        const answer = yield* read(chat, Stream.concat(source(delta("x"), 'data: {"choi'), end))

        assert.strictEqual(answer.text, delta("x"))
        assert.isTrue(Exit.isFailure(answer.exit))
      }
    })
  )

  it.effect("a first event of more than 16 MiB comes when it is whole, one of more than 64 MiB is a failure", () =>
    Effect.gen(function* () {
      const mebibyte = encoder.encode("x".repeat(2 ** 20))
      const long = (count: number) => Stream.concat(source("data: "), Stream.fromIterable(Array(count).fill(mebibyte)))
      const handed: Array<number> = []
      const parts = (body: Stream.Stream<Uint8Array>) => {
        const answer = validate(body, readerOf(chat), false)
        return Stream.runForEach(answer.body, (part) =>
          Effect.sync(() => void handed.push(answer.counts(part) ? part.length : -part.length))
        )
      }

      yield* parts(Stream.concat(Stream.rechunk(long(20), 1), source("\n\n", done)))
      assert.deepStrictEqual(handed, [6 + 20 * 2 ** 20 + 2, done.length])
      const error = yield* Effect.flip(parts(Stream.rechunk(long(70), 1)))
      assert.match(error.message, /64 MiB/)
      assert.strictEqual(handed.length, 2)
    })
  )

  it.effect("a later event of more than 16 MiB is passed on in bits, of which the last counts", () =>
    Effect.gen(function* () {
      const mebibyte = encoder.encode("x".repeat(2 ** 20))
      const long = Stream.rechunk(Stream.fromIterable(Array(20).fill(mebibyte) as Array<Uint8Array>), 1)
      const body = Stream.concat(source(delta("x"), "data: "), Stream.concat(long, source("\n\n", done)))
      const { body: parts, counts } = validate(body, readerOf(chat), false)
      const counted = yield* Stream.runCollect(Stream.map(parts, counts))

      assert.deepStrictEqual(
        counted.filter((each, i) => each !== counted[i - 1]),
        [true, false, true]
      )
    })
  )

  it.effect("the usage is counted, and left out where nobody asked for it", () =>
    Effect.gen(function* () {
      const kept = yield* read(chat, source(whole))
      const stripped = yield* read(chat, source(whole), true)

      assert.strictEqual(kept.text, whole)
      assert.strictEqual(stripped.text, whole.replace(usage, ""))
      for (const answer of [kept, stripped]) assert.deepStrictEqual(answer.usage, { prompt: 3, completion: 4 })
    })
  )

  it.effect("usage beside a choice that says something is left where it is, and the largest of each field counts", () =>
    Effect.gen(function* () {
      const event = (prompt_tokens: number, completion_tokens: number) =>
        ServerSent.event({ choices: [{ delta: { content: "x" } }], usage: { prompt_tokens, completion_tokens } })
      const text = event(3, 1) + event(0, 2) + done

      const answer = yield* read(chat, source(text), true)

      assert.strictEqual(answer.text, text)
      assert.deepStrictEqual(answer.usage, { prompt: 3, completion: 2 })
    })
  )

  it.effect("the usage of a response is that of its outcome", () =>
    Effect.gen(function* () {
      const response = { usage: { input_tokens: 5, output_tokens: 6 } }

      const answer = yield* read("/responses", source(ServerSent.event({ type: "response.completed", response })))

      assert.deepStrictEqual(answer.usage, { prompt: 5, completion: 6 })
    })
  )

  it.effect("what is written is measured, in text and in calls of tools", () =>
    Effect.gen(function* () {
      const call = ServerSent.event({ choices: [{ delta: { tool_calls: [{ function: { arguments: "1234" } }] } }] })
      const text = ServerSent.event({ choices: [{ text: "12" }] })
      const event = ServerSent.event({ type: "response.output_text.delta", delta: "123" })
      const tokens = (...texts: ReadonlyArray<string>) => texts.reduce((sum, one) => sum + expected(one), 0)

      assert.strictEqual(
        (yield* read(chat, source(delta("twelve words"), call))).tokens,
        tokens("twelve words", "1234")
      )
      assert.strictEqual((yield* read("/completions", source(text))).tokens, tokens("12"))
      assert.strictEqual((yield* read("/responses", source(event))).tokens, tokens("123"))
    })
  )

  it.effect("the last event comes once the connection has ended, or a moment later", () =>
    Effect.gen(function* () {
      for (const tail of [Stream.never, Stream.fail("reset"), source(": bye\n\n")]) {
        const reader = yield* Effect.forkChild(read(chat, Stream.concat(source(delta("x"), done), tail)))
        yield* TestClock.adjust("250 millis")

        const answer = yield* Fiber.join(reader)

        assert.isTrue(Exit.isSuccess(answer.exit))
        assert.isTrue(answer.text.startsWith(delta("x") + done))
      }
    })
  )

  it.effect("an endpoint that writes on after its end is not read for ever", () =>
    Effect.gen(function* () {
      const answer = yield* read(chat, Stream.concat(source(done), Stream.repeat(source(": x\n"), Schedule.forever)))

      assert.isBelow(answer.text.length, 1000)
    })
  )

  it.effect.prop(
    "however the bytes are cut, the same bytes come",
    { cuts: Schema.Array(Schema.Natural) },
    ({ cuts }) =>
      Effect.gen(function* () {
        const bytes = encoder.encode(`: hello\n\n${whole.replaceAll("Hello", "Hé😀")}`)
        const places = [...cuts.map((cut) => cut % bytes.length), bytes.length].sort((a, b) => a - b)
        const parts = places.map((to, i) => bytes.subarray(places[i - 1] ?? 0, to))

        const answer = yield* read(chat, Stream.rechunk(Stream.fromIterable(parts), 1), true)

        assert.strictEqual(answer.text, new TextDecoder().decode(bytes).replace(usage, ""))
        assert.isTrue(Exit.isSuccess(answer.exit))
      }),
    { arbitrary: { size: 60 } }
  )
})
