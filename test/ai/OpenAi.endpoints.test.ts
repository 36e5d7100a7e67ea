import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { AiError, LanguageModel, Tool, Toolkit } from "effect/ai"
import { answering, chunk, events, reply } from "../support/openai.ts"

const city = { parameters: Schema.Struct({ city: Schema.String }), success: Schema.String }
const tools = Toolkit.make(
  Tool.make("weather", city),
  Tool.make("time", { parameters: Schema.Struct({ tz: Schema.String }), success: Schema.String }),
  Tool.make("now", { success: Schema.String })
)
const options = { prompt: "Hi", toolkit: tools, disableToolCallResolution: true } as const

/** What a reader of an answer sees of it. */
interface Seen {
  readonly text?: string
  readonly reasoning?: string
  readonly calls?: ReadonlyArray<readonly [name: string, params: unknown]>
}

const seen = (text: string, reasoning: string, calls: Seen["calls"] = []): Seen => ({
  ...(text !== "" && { text }),
  ...(reasoning !== "" && { reasoning }),
  ...(calls.length > 0 && { calls })
})

const answered = (body: string, type: string) =>
  answering(() => new Response(body, { headers: { "content-type": type } })).layer

const whole = (body: unknown) =>
  LanguageModel.generateText(options).pipe(
    Effect.map((given) => {
      assert.strictEqual(new Set(given.toolCalls.map(({ id }) => id)).size, given.toolCalls.length)
      const calls = given.toolCalls.map(({ name, params }) => [name, params] as const)
      return seen(given.text, given.reasoningText ?? "", calls)
    }),
    Effect.provide(answered(typeof body === "string" ? body : JSON.stringify(body), "application/json"))
  )

const streamed = (body: string) =>
  Stream.runCollect(LanguageModel.streamText(options)).pipe(
    Effect.map((parts) => {
      const calls = parts.flatMap((part) => (part.type === "tool-call" ? [part] : []))
      const deltas = (type: string) => parts.flatMap((part) => (part.type === type ? [part] : []))
      const textOf = (type: string) =>
        deltas(type)
          .map((part) => ("delta" in part ? part.delta : ""))
          .join("")
      assert.strictEqual(new Set(calls.map(({ id }) => id)).size, calls.length)
      // Each call has begun once, and its pieces are the whole of it.
      assert.deepStrictEqual(
        deltas("tool-params-start").map((part) => "id" in part && part.id),
        calls.map(({ id }) => id)
      )
      return seen(
        textOf("text-delta"),
        textOf("reasoning-delta"),
        calls.map(({ name, params }) => [name, params])
      )
    }),
    Effect.provide(answered(body, "text/event-stream"))
  )

/** The same message whole and as one delta. */
const message = (message: object) => [reply(message), events([chunk(message), chunk({}, "stop")])] as const

/** Deltas of calls, each in a chunk of its own; several in a list share one. */
const calls = (...deltas: ReadonlyArray<object>) =>
  events([
    ...deltas.map((delta) => chunk({ tool_calls: Array.isArray(delta) ? delta : [delta] })),
    chunk({}, "tool_calls")
  ])

const named = (name: string, params: unknown) => ({ function: { name, arguments: params } })
const pieces = (params: string) => ({ function: { arguments: params } })

const oslo = '{"city":"Oslo"}'
const cet = '{"tz":"CET"}'
const both: Seen = {
  calls: [
    ["weather", { city: "Oslo" }],
    ["time", { tz: "CET" }]
  ]
}
const first: Seen = { calls: [["weather", { city: "Oslo" }]] }
const hello: Seen = { text: "Hello" }

type Cases = Readonly<Record<string, readonly [body: unknown, expected: Seen]>>

/** A body is a stream of events if it is a text that begins like one. */
const holds = (cases: Cases) => {
  for (const [name, [body, expected]] of Object.entries(cases)) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const isStream = typeof body === "string" && /^(data|event|:|id)/.test(body)

        assert.deepStrictEqual(yield* isStream ? streamed(body) : whole(body), expected)
      })
    )
  }
}

/** Neither whole nor streamed may such an answer pass for a good one. */
const fails = (cases: Readonly<Record<string, readonly [body: unknown, tag: AiError.AiErrorReason["_tag"]]>>) => {
  for (const [name, [body, tag]] of Object.entries(cases)) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const isStream = typeof body === "string" && /^(data|event|:|id)/.test(body)
        const error = yield* Effect.flip(isStream ? streamed(body) : whole(body))

        assert.strictEqual(error.reason._tag, tag, error.message)
      })
    )
  }
}

const alike = (name: string, given: object, expected: Seen): Cases => ({
  [name]: [message(given)[0], expected],
  [`${name}, streamed`]: [message(given)[1], expected]
})

describe("an answer is refused for a field nobody needs", () => {
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

describe("content in parts is refused", () => {
  const thinking = { type: "thinking", thinking: [{ type: "text", text: "Hm." }] }
  const text = { type: "text", text: "Hello" }
  const thought: Seen = { text: "Hello", reasoning: "Hm." }

  holds({
    "thoughts and text in parts, then as text": [
      events([
        chunk({ content: [thinking] }),
        chunk({ content: [text] }),
        chunk({ content: " you" }),
        chunk({}, "stop")
      ]),
      { text: "Hello you", reasoning: "Hm." }
    ],
    "unknown parts": [reply({ content: [text, { type: "mystery", x: 1 }] }), hello],
    ...alike("thoughts as a text", { content: [{ type: "thinking", thinking: "Hm." }, text] }, thought),
    ...alike("parts that are texts", { content: ["Hel", "lo"] }, hello),
    ...alike("one part", { content: text }, hello),
    ...alike("parts without a type", { content: [{ text: "Hello" }] }, hello),
    ...alike("parts of another API", { content: [{ type: "output_text", text: "Hello", annotations: [] }] }, hello),
    ...alike("parts that are null, or say nothing", { content: [null, { type: "text", text: null }, text, 7] }, hello),
    ...alike("a text in an object", { content: [{ type: "text", text: { value: "Hello", annotations: [] } }] }, hello),
    ...alike("references between texts", { content: [text, { type: "reference", reference_ids: [1] }] }, hello),
    ...alike("no parts", { content: [], reasoning: "Hm." }, { reasoning: "Hm." }),
    ...alike("content that is null", { content: null, reasoning_content: "Hm." }, { reasoning: "Hm." }),
    ...alike("one kind of thoughts empty", { content: "Hello", reasoning_content: "", reasoning: "Hm." }, thought),
    ...alike("the same thoughts twice", { content: "Hello", reasoning_content: "Hm.", reasoning: "Hm." }, thought),
    ...alike("thoughts as parts", { content: "Hello", reasoning: [{ type: "text", text: "Hm." }] }, thought),
    ...alike("thoughts as an object", { content: "Hello", reasoning: { content: "Hm." } }, thought),
    ...alike(
      "thoughts in detail",
      { content: "Hello", reasoning_details: [{ type: "reasoning.text", text: "Hm." }, { data: "AbC=" }] },
      thought
    ),
    ...alike("thoughts of no shape", { content: "Hello", reasoning_content: 7, reasoning: true }, hello)
  })

  it.effect("an object that was asked for may stand there as one", () =>
    Effect.gen(function* () {
      const schema = Schema.Struct({ type: Schema.String, text: Schema.String, n: Schema.Number })
      const given = { type: "text", text: "Hello", n: 1 }
      for (const content of [given, JSON.stringify(given), [{ type: "text", text: JSON.stringify(given) }]]) {
        const { value } = yield* LanguageModel.generateObject({ prompt: "Hi", schema }).pipe(
          Effect.provide(answered(JSON.stringify(reply({ content })), "application/json"))
        )
        assert.deepStrictEqual(value, given)
      }
    })
  )

  fails({
    "a number is no content": [reply({ content: 7 }), "InvalidResponseError"],
    "a part whose text is none": [reply({ content: [{ type: "text", text: 7 }] }), "InvalidResponseError"],
    "a number is no content of a delta": [message({ content: 7 })[1], "InvalidResponseError"],
    "a part may decline": [reply({ content: [{ type: "refusal", refusal: "No." }] }), "ContentPolicyError"],
    "a part of a stream may decline": [
      message({ content: [{ type: "refusal", refusal: "No." }] })[1],
      "ContentPolicyError"
    ]
  })
})

describe("tool arguments as an object are refused", () => {
  const weather = (params: unknown, more: object = {}) => ({
    content: null,
    tool_calls: [{ index: 0, id: "call_a", type: "function", ...named("weather", params), ...more }]
  })

  holds({
    ...alike("an object", weather({ city: "Oslo" }), first),
    ...alike("a text of JSON", weather(oslo), first),
    ...alike("a text of JSON in a text of JSON", weather(JSON.stringify(oslo)), first),
    ...alike("a text with space around it", weather(`\n ${oslo} \n`), first),
    ...alike(
      "name and arguments beside the id",
      { tool_calls: [{ id: "call_a", name: "weather", arguments: { city: "Oslo" } }] },
      first
    ),
    ...alike(
      "a call under its old name",
      { content: null, function_call: { name: "weather", arguments: { city: "Oslo" } } },
      first
    ),
    ...alike(
      "a call under both names",
      { ...weather(oslo), function_call: { name: "weather", arguments: oslo } },
      first
    ),
    ...alike("calls that are null", { content: "Hello", tool_calls: null, function_call: null }, hello),
    ...alike(
      "calls that are empty",
      { content: "Hello", tool_calls: [], function_call: { name: "", arguments: "" } },
      hello
    ),
    ...alike("a call that says nothing", { content: "Hello", tool_calls: [{ id: "", function: { name: "" } }] }, hello),
    ...[undefined, null, "", "{}", {}, "null", []].reduce(
      (cases: Cases, given, i) => ({
        ...cases,
        ...alike(`no arguments, ${i}`, { tool_calls: [{ id: "a", ...named("now", given) }] }, { calls: [["now", {}]] })
      }),
      {}
    ),
    "streamed: the old name in pieces": [
      events([
        chunk({ function_call: { name: "weather", arguments: "" } }),
        chunk({ function_call: { arguments: '{"city":' } }),
        chunk({ function_call: { arguments: '"Oslo"}' } }),
        chunk({}, "function_call")
      ]),
      first
    ],
    "streamed: an empty object before the arguments": [
      calls({ index: 0, id: "a", ...named("weather", {}) }, { index: 0, ...pieces(oslo) }),
      first
    ],
    "streamed: the text of an empty object before the arguments": [
      calls(
        { index: 0, id: "a", ...named("weather", "{}") },
        { index: 0, ...pieces('{"city":') },
        { index: 0, ...pieces('"Oslo"}') }
      ),
      first
    ]
  })

  fails({
    "a list is no arguments": [reply(weather([{ city: "Oslo" }])), "InvalidOutputError"],
    "a number is no arguments": [reply(weather(7)), "InvalidOutputError"],
    "a call of nothing": [reply({ tool_calls: [{ id: "a", function: { arguments: oslo } }] }), "InvalidResponseError"],
    "a call that is a text": [reply({ tool_calls: ["weather"] }), "InvalidResponseError"],
    "a call of nothing, streamed": [calls({ index: 0, id: "a", ...pieces(oslo) }), "InvalidResponseError"]
  })
})

describe("tool calls without an index run together", () => {
  const weather = (params: string, more: object = {}) => ({ ...more, ...named("weather", params) })
  const time = (params: string, more: object = {}) => ({ ...more, ...named("time", params) })
  const rome: Seen = {
    calls: [
      ["weather", { city: "Oslo" }],
      ["weather", { city: "Rome" }]
    ]
  }
  const inRome = '{"city":"Rome"}'
  const [head, tail] = ['{"ci', 'ty":"Oslo"}']

  holds({
    "each call in a chunk of its own": [calls(weather(oslo, { id: "a" }), time(cet, { id: "b" })), both],
    "arguments alone belong to the open call": [
      calls(weather(head, { id: "a" }), pieces(tail), time(cet, { id: "b" })),
      both
    ],
    "both in one chunk": [calls([weather(oslo, { id: "a" }), time(cet, { id: "b" })]), both],
    "one index for all, by id": [calls(weather(oslo, { index: 0, id: "a" }), time(cet, { index: 0, id: "b" })), both],
    "one index for all, the same tool": [
      calls(weather(oslo, { index: 0, id: "a" }), weather(inRome, { index: 0, id: "b" })),
      rome
    ],
    "one index for all, the same tool, no ids": [
      calls(weather(oslo, { index: 0 }), weather(inRome, { index: 0 })),
      rome
    ],
    "one index for all, other tools, no ids": [calls(weather(oslo, { index: 0 }), time(cet, { index: 0 })), both],
    "one index for all in one chunk": [
      calls([weather(oslo, { index: 0, id: "a" }), time(cet, { index: 0, id: "b" })]),
      both
    ],
    "one index for all, in pieces": [
      calls(
        weather("", { index: 0, id: "a" }),
        { index: 0, ...pieces(oslo) },
        time("", { index: 0, id: "b" }),
        { index: 0, ...pieces('{"tz":') },
        { index: 0, ...pieces('"CET"}') }
      ),
      both
    ],
    "the same id for all calls": [
      calls(weather(oslo, { index: 0, id: "call_0" }), time(cet, { index: 1, id: "call_0" })),
      both
    ],
    "the same id for all calls, in pieces side by side": [
      calls(
        weather(head, { index: 0, id: "x" }),
        time("", { index: 1, id: "x" }),
        { index: 0, id: "x", ...pieces(tail) },
        { index: 1, id: "x", ...pieces(cet) }
      ),
      both
    ],
    "the same empty id for all calls": [
      calls(weather(oslo, { index: 0, id: "" }), time(cet, { index: 1, id: "" })),
      both
    ],
    "neither ids nor indexes": [calls(weather(oslo), time(cet)), both],
    "neither ids nor indexes, the same tool": [calls(weather(oslo), weather(inRome)), rome],
    "neither ids nor indexes, the same tool in one chunk": [calls([weather(oslo), weather(inRome)]), rome],
    "neither ids nor indexes, pieces side by side": [
      calls([weather(head), time('{"tz"')], [pieces(tail), pieces(':"CET"}')]),
      both
    ],
    "an index that is null, a text, or begins at one": [
      calls(weather(oslo, { index: null, id: "a" }), time(cet, { index: "7", id: "b" })),
      both
    ],
    "an index that counts on within a call": [
      calls(
        weather("", { index: 0, id: "a" }),
        { index: 1, ...pieces(head) },
        { index: 2, ...pieces(tail) },
        time(cet, { index: 3, id: "b" })
      ),
      both
    ],
    "the head of the second call under the first's index, its tail under its own": [
      calls(weather(oslo, { index: 0, id: "a" }), time('{"tz":', { index: 0, id: "b" }), {
        index: 1,
        ...pieces('"CET"}')
      }),
      both
    ],
    "a new id with each piece": [
      calls(
        weather("", { index: 0, id: "r1" }),
        { index: 0, id: "r2", ...pieces(head) },
        { index: 0, id: "r3", ...pieces(tail) },
        time("", { index: 1, id: "r4" }),
        { index: 1, id: "r5", ...pieces(cet) }
      ),
      both
    ],
    "a new id and the name again with each piece": [
      calls(
        weather(head, { index: 0, id: "r1" }),
        weather(tail, { index: 0, id: "r2" }),
        time(cet, { index: 1, id: "r3" })
      ),
      both
    ],
    "id and name again with each piece": [
      calls(
        weather(head, { index: 0, id: "a" }),
        weather(tail, { index: 0, id: "a" }),
        weather("", { index: 0, id: "a" }),
        time(cet, { index: 1, id: "b" })
      ),
      both
    ],
    "the name again with each piece, nothing else": [calls(weather(head), weather(tail), time(cet)), both],
    "empty names after the first": [
      calls(weather(head, { index: 0, id: "a" }), { index: 0, function: { name: "", arguments: tail } }),
      first
    ],
    "null for what is not told again": [
      calls(weather(head, { index: 0, id: "a" }), {
        index: 0,
        id: null,
        type: null,
        function: { name: null, arguments: tail }
      }),
      first
    ],
    "the whole call once more at its end": [
      calls(weather(head, { index: 0, id: "a" }), { index: 0, ...pieces(tail) }, weather(oslo, { index: 0, id: "a" })),
      first
    ],
    "a late name": [
      calls(
        { index: 0, id: "a", ...pieces(head) },
        { index: 0, ...pieces(tail) },
        { index: 0, function: { name: "weather" } },
        time(cet, { index: 1, id: "b" })
      ),
      both
    ],
    "a late id": [calls(weather(""), { id: "a", ...pieces(oslo) }, time("", {}), { id: "b", ...pieces(cet) }), both],
    "a name in pieces": [
      calls(
        { index: 0, id: "a", function: { name: "wea" } },
        { index: 0, function: { name: "ther" } },
        { index: 0, ...pieces(oslo) }
      ),
      first
    ],
    "a call that says nothing beside one that does": [
      calls({ index: 0, id: "", function: { name: "", arguments: "" } }, weather(oslo, { index: 0, id: "a" })),
      first
    ],
    "thoughts and text between the pieces": [
      events([
        chunk({ reasoning: "Hm.", content: "Hello" }),
        chunk({ tool_calls: [weather(head, { id: "a" })] }),
        chunk({ content: "", tool_calls: [pieces(tail)] }),
        chunk({}, "stop")
      ]),
      { text: "Hello", reasoning: "Hm.", ...first }
    ],
    "the last piece beside the reason": [
      events([chunk({ tool_calls: [weather(head)] }), chunk({ tool_calls: [pieces(tail)] }, "tool_calls")]),
      first
    ],
    "no reason, but whole calls and an end": [events([chunk({ tool_calls: [weather(oslo)] })]), first],
    "whole: ids that are missing, empty, repeated or numbers": [
      reply({
        tool_calls: [weather(oslo), weather(oslo, { id: "" }), weather(oslo, { id: "a" }), weather(oslo, { id: "a" })]
      }),
      { calls: Array.from({ length: 4 }, () => ["weather", { city: "Oslo" }] as const) }
    ],
    "whole: one call that is no list": [reply({ tool_calls: weather(oslo, { id: "a" }) }), first]
  })

  fails({
    "arguments of two calls in one are not parted by guess": [
      calls(weather(oslo + inRome, { index: 0, id: "a" })),
      "InvalidOutputError"
    ],
    "further arguments after complete ones are not left out": [
      calls(weather(oslo, { index: 0, id: "a" }), { index: 0, ...pieces(inRome) }),
      "InvalidOutputError"
    ],
    "a call that was cut": [events([chunk({ tool_calls: [weather(head)] })]), "InternalProviderError"],
    "a call whose arguments never came": [events([chunk({ tool_calls: [weather("")] })]), "InternalProviderError"],
    "a tool that is not on offer": [calls({ index: 0, id: "a", ...named("launch", {}) }), "ToolNotFoundError"]
  })

  it.effect("a name is told at once if no other begins like it, and each delta as it comes", () =>
    Effect.gen(function* () {
      const parts = yield* Stream.runCollect(LanguageModel.streamText(options)).pipe(
        Effect.provide(
          answered(calls(weather("", { index: 0, id: "a" }), { index: 0, ...pieces(head) }, pieces(tail)), "text/plain")
        )
      )

      assert.deepStrictEqual(
        parts.flatMap((part) =>
          part.type === "tool-params-start" ? [part.name] : part.type === "tool-params-delta" ? [part.delta] : []
        ),
        ["weather", head, tail]
      )
    })
  )
})

describe("a wrong answer", () => {
  const failure = { message: "No luck.", code: 400 }

  fails({
    "has no choices": [{ id: "x", choices: [] }, "InvalidResponseError"],
    "has choices that are null": [{ id: "x", choices: null }, "InvalidResponseError"],
    "has no message": [{ choices: [{ index: 0, finish_reason: "stop" }] }, "InvalidResponseError"],
    "is a text": ['"Hello"', "InvalidResponseError"],
    "ends with an error": [reply({ content: "Hel" }, {}, { finish_reason: "error" }), "InternalProviderError"],
    "ends its stream with an error": [events([chunk({ content: "Hel" }, "error")]), "InternalProviderError"],
    "has an error in its choice": [
      reply({ content: "" }, {}, { finish_reason: "error", error: { message: "Slow down.", code: 429 } }),
      "RateLimitError"
    ],
    "has an error beside its choices": [reply({ content: "Hel" }, { error: failure }), "InvalidRequestError"],
    "is an error": [{ object: "error", ...failure }, "InvalidRequestError"],
    "is a list of errors": [[{ error: failure }], "InvalidRequestError"],
    "is an error in words": [{ error: "Unexpected endpoint or method." }, "InternalProviderError"],
    "has an error whose code is a text": [{ error: { message: "No.", code: "503" } }, "InternalProviderError"],
    "has an error that only its type tells": [
      { error: { message: "No.", type: "rate_limit_error", code: null } },
      "RateLimitError"
    ],
    "streams an error": [events([chunk({ content: "Hel" }), { error: failure }]), "InvalidRequestError"],
    "streams an error under another name": [events([{ object: "error", ...failure }]), "InvalidRequestError"],
    "streams an error event": [`event: error\ndata: ${JSON.stringify(failure)}\n\n`, "InvalidRequestError"],
    "streams an error event in words": ['event: error\ndata: "overheated"\n\n', "InternalProviderError"],
    "streams pieces of no shape": [events([{ choices: "none" }]), "InvalidResponseError"],
    "streams what is no JSON": ["data: Hello\n\n", "InvalidResponseError"],
    "stops without a word": [events([chunk({ content: "Hel" })]).split("data: [DONE]")[0]!, "InternalProviderError"],
    "stops in the middle of an event": [
      events([chunk({ content: "Hel" }), chunk({}, "stop")]).slice(0, 240),
      "InternalProviderError"
    ],
    "stops with empty reasons": [
      events([chunk({ content: "Hel" }, "")]).split("data: [DONE]")[0]!,
      "InternalProviderError"
    ],
    "says nothing but that it ends": [events([]), "InternalProviderError"],
    "says nothing that can be read": [events([chunk({ role: "assistant" })]), "InternalProviderError"]
  })
})
