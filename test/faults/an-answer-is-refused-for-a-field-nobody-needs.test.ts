import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { LanguageModel } from "effect/ai"
import { chunk, events, reply } from "../support/openai.ts"
import { answered, hello, holds } from "../support/replies.ts"

describe("an-answer-is-refused-for-a-field-nobody-needs", () => {
  const plain = reply({ content: "Hello" })
  const first = chunk({ content: "Hello" })
  const odd = (more: object, choice: object = {}) => ({
    ...plain,
    ...more,
    choices: [{ ...plain.choices[0], ...choice }]
  })
  const oddChunk = (more: object, choice: object = {}) =>
    events([{ ...first, ...more, choices: [{ ...first.choices[0], ...choice }] }, chunk({}, "stop")])

  holds({
    "the id is a number": [odd({ id: 7 }), hello],
    "created is a text": [odd({ created: "1700000000" }), hello],
    "created is a fraction": [odd({ created: 1_700_000_000.25 }), hello],
    "created is a date, an object, or beyond all time": [odd({ created: { at: 1 } }), hello],
    "every field besides the choices is null": [
      odd({ id: null, object: null, created: null, model: null, usage: null, system_fingerprint: null }),
      hello
    ],
    "the model is an object": [odd({ model: { name: "m" } }), hello],
    "the usage is a text": [odd({ usage: "12 tokens" }), hello],
    "the role is empty, the index a text": [
      odd({}, { index: "0", message: { role: "", content: "Hello" }, logprobs: [] }),
      hello
    ],
    "the reason is missing": [odd({}, { finish_reason: undefined }), hello],
    "the reason is a number": [odd({}, { finish_reason: 1 }), hello],
    "the reason is empty": [odd({}, { finish_reason: "" }), hello],
    "other choices have no shape at all": [{ ...plain, choices: [plain.choices[0], null, "x"] }, hello],
    "an error that is null beside an answer": [odd({ error: null }), hello],
    "an error that is an empty text beside an answer": [odd({ error: "" }), hello],
    "streamed: the id is a number": [oddChunk({ id: 7 }), hello],
    "streamed: created is a text": [oddChunk({ created: "1700000000" }), hello],
    "streamed: usage is a list": [oddChunk({ usage: [] }), hello],
    "streamed: the index is a text": [oddChunk({}, { index: "0" }), hello],
    "streamed: the reason of every piece is empty until the last": [oddChunk({}, { finish_reason: "" }), hello],
    "streamed: the reason is null to the end, which is said": [events([first]), hello],
    "streamed: choices are null, missing or empty where nothing is said": [
      events([{ choices: null, usage: null }, {}, { choices: [] }, first, chunk({}, "stop"), { choices: null }]),
      hello
    ],
    "streamed: the first chunk tells of filters only": [
      events([
        { choices: [], created: 0, id: "", model: "", object: "", prompt_filter_results: [{ prompt_index: 0 }] },
        first,
        { ...chunk({}), choices: [{ index: 0, finish_reason: null, content_filter_offsets: {} }] },
        chunk({}, "stop")
      ]),
      hello
    ],
    "streamed: the delta is null, then missing": [
      events([
        { ...first, choices: [{ index: 0, delta: null, finish_reason: null }] },
        first,
        { ...first, choices: [{ index: 0, finish_reason: "stop" }] }
      ]),
      hello
    ],
    "streamed: a message in place of a delta": [
      events([{ ...first, choices: [{ index: 0, message: { content: "Hello" }, finish_reason: "stop" }] }]),
      hello
    ],
    "streamed: deltas beside the message so far": [
      events([
        { ...first, choices: [{ index: 0, delta: { content: "Hel" }, message: { content: "Hel" } }] },
        {
          ...first,
          choices: [{ index: 0, delta: { content: "lo" }, message: { content: "Hello" }, finish_reason: "stop" }]
        }
      ]),
      hello
    ],
    "streamed: events without data, comments, a byte order mark and other line ends": [
      `: hi\r\n\r\nevent: ping\r\nid: 1\r\n\r\n${events([first, chunk({}, "stop")]).replaceAll("\n", "\r\n")}`,
      hello
    ],
    "streamed: the last event lacks its blank line": [
      events([first, chunk({}, "stop")])
        .split("data: [DONE]")[0]!
        .trimEnd(),
      hello
    ]
  })

  it.effect("a stream that is answered by a whole reply is read all the same, whatever its type", () =>
    Effect.gen(function* () {
      for (const type of ["application/json", "text/plain", "text/event-stream"]) {
        const text = yield* LanguageModel.streamText({ prompt: "Hi" }).pipe(
          Stream.map((part) => (part.type === "text-delta" ? part.delta : "")),
          Stream.mkString,
          Effect.provide(answered(JSON.stringify(plain, undefined, 2), type))
        )
        assert.strictEqual(text, "Hello")
      }
    })
  )

  it.effect("a whole reply is JSON whatever its type says", () =>
    Effect.gen(function* () {
      const { text } = yield* LanguageModel.generateText({ prompt: "Hi" }).pipe(
        Effect.provide(answered(JSON.stringify(plain), "text/plain"))
      )

      assert.strictEqual(text, "Hello")
    })
  )

  it.effect("reasons in other words mean what they say", () =>
    Effect.gen(function* () {
      const reasons = ["eos", "end_turn", "STOP", "MAX_TOKENS", "model_length", "tool_use", "SAFETY", "flagged"]
      const read = yield* Effect.forEach(reasons, (finish_reason) =>
        LanguageModel.generateText({ prompt: "Hi" }).pipe(
          Effect.map(({ finishReason }) => finishReason),
          Effect.provide(answered(JSON.stringify(odd({}, { finish_reason })), "application/json"))
        )
      )

      assert.deepStrictEqual(read, [
        "stop",
        "stop",
        "stop",
        "length",
        "length",
        "tool-calls",
        "content-filter",
        "unknown"
      ])
    })
  )

  it.effect("of the usage each number counts for itself, and the largest of those that come one after the other", () =>
    Effect.gen(function* () {
      const usageOf = (chunks: ReadonlyArray<object>) =>
        Stream.runLast(LanguageModel.streamText({ prompt: "Hi" })).pipe(
          Effect.map((last) => {
            const part = last._tag === "Some" ? last.value : undefined
            return part?.type === "finish" ? [part.usage.inputTokens.total, part.usage.outputTokens.total] : part
          }),
          Effect.provide(answered(events(chunks), "text/event-stream"))
        )
      const end = chunk({}, "stop")
      const counted = (prompt_tokens: unknown, completion_tokens: unknown) => ({
        usage: { prompt_tokens, completion_tokens, total_tokens: null, prompt_tokens_details: "none" }
      })

      assert.deepStrictEqual(
        yield* usageOf([
          { ...first, ...counted(12, 0) },
          { ...first, ...counted(0, 1) },
          { ...end, ...counted(12, 7) },
          counted(0, 0)
        ]),
        [12, 7]
      )
      assert.deepStrictEqual(yield* usageOf([first, end, counted("12", "7")]), [12, 7])
      assert.deepStrictEqual(yield* usageOf([first, end, counted(12, "many")]), [12, undefined])
      assert.deepStrictEqual(yield* usageOf([first, end, counted(-1, 7.5)]), [undefined, undefined])
      assert.deepStrictEqual(yield* usageOf([first, { ...end, x_groq: counted(12, 7) }]), [12, 7])
      assert.deepStrictEqual(
        yield* usageOf([first, { ...end, choices: [{ ...end.choices[0], ...counted(12, 7) }] }]),
        [12, 7]
      )
    })
  )
})
