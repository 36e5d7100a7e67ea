import Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import {
  before,
  client,
  end,
  event,
  events,
  json,
  message,
  olderClient,
  ping,
  question,
  rejected,
  start,
  text,
  weather,
  ask,
  keys,
  post,
  read,
  streamOf
} from "../support/anthropic.ts"
import { expected } from "../../src/tokenizer/Estimate.ts"
import { onLoopback } from "../support/gateway.ts"

describe("Anthropic's client at the simulated model", () => {
  it.live("gets a message whole and in events, with the same text and usage", () =>
    Effect.gen(function* () {
      const { stats, url } = yield* onLoopback()
      const whole = yield* ask(url)
      const streamed = yield* Effect.promise(() => client(url).messages.stream(question).finalMessage())

      assert.strictEqual(whole.type, "message")
      assert.deepStrictEqual(streamed.content, whole.content)
      assert.deepStrictEqual([streamed.stop_reason, whole.stop_reason], ["end_turn", "end_turn"])
      assert.strictEqual(streamed.usage.output_tokens, whole.usage.output_tokens)
      const { requests, tokens } = yield* stats.snapshot
      assert.deepInclude(requests, { total: 2, succeeded: 2, failed: 0 })
      assert.strictEqual(tokens.prompt, 2 * whole.usage.input_tokens)
      assert.strictEqual(tokens.completion, 2 * whole.usage.output_tokens)
    })
  )

  it.live("is asked to use a tool, whole and in events, and answers with its result", () =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback()
      const offer = { ...question, tools: [weather], tool_choice: { type: "any" as const } }
      const whole = yield* Effect.promise(() => client(url).messages.create(offer))
      const streamed = yield* Effect.promise(() => client(url).messages.stream(offer).finalMessage())

      for (const { content, stop_reason } of [whole, streamed]) {
        const [use] = content
        assert.strictEqual(stop_reason, "tool_use")
        assert.isTrue(use?.type === "tool_use" && use.name === "weather" && Object.hasOwn(use.input as object, "city"))
      }
      const [use] = whole.content
      const answered = yield* Effect.promise(() =>
        client(url).messages.create({
          ...question,
          tools: [weather],
          messages: [
            ...question.messages,
            { role: "assistant", content: whole.content },
            {
              role: "user",
              content: [
                {
                  type: "tool_result",
                  tool_use_id: (use as { id: string }).id,
                  content: [{ type: "text", text: "rain" }]
                }
              ]
            }
          ]
        })
      )
      assert.strictEqual(answered.stop_reason, "end_turn")
    })
  )

  it.live("has tokens counted, which is a call and takes no tokens", () =>
    Effect.gen(function* () {
      const { stats, url } = yield* onLoopback()
      const { max_tokens: _, ...prompt } = question
      const { input_tokens: counted } = yield* Effect.promise(() => client(url).messages.countTokens(prompt))
      const { usage } = yield* ask(url)

      assert.strictEqual(counted, usage.input_tokens)
      const { requests, tokens } = yield* stats.snapshot
      assert.strictEqual(requests.succeeded, 2)
      assert.strictEqual(tokens.prompt, usage.input_tokens)
    })
  )

  it.live("hears of its mistakes in that API's form", () =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback()
      const wrong = { ...question, max_tokens: 0 }
      const error = yield* rejected(() => client(url).messages.create(wrong))

      assert.instanceOf(error, Anthropic.BadRequestError)
      assert.strictEqual(error.type, "invalid_request_error")
    })
  )
})

describe("a message of an endpoint", () => {
  it.live("passes byte for byte both ways, whole, in events, and when it is counted", () =>
    Effect.gen(function* () {
      const whole = ' {"type":"message", "x":18446744073709551615, "usage":{"input_tokens":3,"output_tokens":4}}\n'
      const streamed = `: hi\n\n${start()}${ping}${text("Hel", "lo 世界")}${end()}`
      const { asked, stats, url } = yield* before((response, { body, url }) => {
        if (url.includes("count_tokens")) json({ input_tokens: 99 })(response)
        else if (body.includes('"stream":true')) events(streamed)(response)
        else response.writeHead(200, { "content-type": "application/json", "anthropic-x": "1" }).end(whole)
      })
      const sent = { ...question, x_unknown: 1 }
      const answer = yield* post(
        url,
        sent,
        { "anthropic-version": "2023-06-01", "anthropic-beta": "a,b" },
        "/v1/messages?beta=true"
      )
      const stream = yield* post(url, streamOf)
      const count = yield* post(url, question, {}, "/v1/messages/count_tokens")

      assert.strictEqual(answer.body, whole)
      assert.strictEqual(answer.headers.get("anthropic-x"), "1")
      assert.strictEqual(stream.body, streamed)
      assert.strictEqual(count.body, '{"input_tokens":99}')
      assert.deepStrictEqual(
        asked.map(({ url }) => url),
        ["/v1/messages?beta=true", "/v1/messages", "/v1/messages/count_tokens"]
      )
      assert.strictEqual(asked[0]!.body, JSON.stringify(sent))
      assert.deepInclude(asked[0]!.headers, { "anthropic-version": "2023-06-01", "anthropic-beta": "a,b" })
      assert.deepInclude((yield* stats.snapshot).tokens, { prompt: 3 + 12, completion: 4 + 7 })
    })
  )

  for (const [name, usages, expected] of [
    ["of a start and an end", [{ input_tokens: 12, output_tokens: 1 }, { output_tokens: 7 }], [12, 7]],
    ["that counts from the beginning", [{ input_tokens: 12, output_tokens: 5 }, { output_tokens: 5 }], [12, 5]],
    [
      "told at the end only",
      [
        { input_tokens: 0, output_tokens: 0 },
        { input_tokens: 12, output_tokens: 7 }
      ],
      [12, 7]
    ],
    [
      "with a cache",
      [
        { input_tokens: 2, cache_read_input_tokens: 90, cache_creation_input_tokens: 8, output_tokens: 1 },
        { output_tokens: 7 }
      ],
      [100, 7]
    ]
  ] as const) {
    it.live(`has its usage counted: one ${name}`, () =>
      Effect.gen(function* () {
        const { stats, url } = yield* before(events(start(usages[0]) + text("Hello") + end(usages[1])))
        yield* read(url)

        const { tokens } = yield* stats.snapshot
        assert.deepStrictEqual([tokens.prompt, tokens.completion], [...expected])
      })
    )
  }

  it.live("that is cut has what it took so far counted, in whatever it writes", () =>
    Effect.gen(function* () {
      const x = "x".repeat(40)
      const deltas = [
        { type: "thinking_delta", thinking: x },
        { type: "text_delta", text: x },
        { type: "input_json_delta", partial_json: x },
        { type: "signature_delta", signature: x }
      ]
      const blocks = deltas.map((delta, index) => event("content_block_delta", { index, delta })).join("")
      const { stats, url } = yield* before(events(event("message_start", { message: {} }) + blocks))
      yield* rejected(() => client(url).messages.stream(question).finalMessage())

      const { tokens } = yield* stats.snapshot
      assert.isAtLeast(tokens.prompt, 7)
      assert.strictEqual(tokens.completion, Math.ceil(3 * expected(x)))
    })
  )

  it.live("takes the key of the service and none of its caller's; without one, its caller's own", () =>
    Effect.gen(function* () {
      const own = yield* before(json(message()), { apiKey: Redacted.make("the-real-key") })
      const without = yield* before(json(message()))
      const closed = yield* before(json(message()), { app: { apiKeys: keys } })
      const asking = (url: string, key: string) =>
        Effect.forEach([client(url, key), olderClient(url, key)], ({ messages }) =>
          Effect.promise(() => messages.create(question))
        )
      yield* asking(own.url, "caller's")
      yield* asking(without.url, "caller's")
      yield* asking(closed.url, "key-of-ada")
      yield* post(closed.url, question, { authorization: "Bearer key-of-ada", "x-api-key": "sk-ant-own" })

      const shown = ({ asked }: typeof own) => asked.map(({ headers }) => headers["x-api-key"])
      assert.deepStrictEqual(shown(own), ["the-real-key", "the-real-key"])
      assert.deepStrictEqual(shown(without), [undefined, "caller's"])
      assert.deepStrictEqual(shown(closed), [undefined, undefined, "sk-ant-own"])
      for (const { asked } of [own, without, closed]) {
        for (const { headers } of asked) {
          assert.isUndefined(headers["authorization"])
          assert.notInclude(JSON.stringify(headers), "key-of-ada")
        }
      }
    })
  )

  it.live(
    "may be too large for any limit: its system prompt, messages, tools and reply count, not when it is only counted",
    () =>
      Effect.gen(function* () {
        const long = "All work and no play makes Jack a dull boy. ".repeat(200)
        const { asked, url } = yield* before(json({ ...message(), input_tokens: 1 }), {
          limits: { tokensPerMinute: 2000 }
        })
        const large = [
          { ...question, system: long },
          { ...question, system: [{ type: "text", text: long }] },
          { ...question, tools: [{ ...weather, description: long }] },
          { ...question, max_tokens: 2001 },
          { ...question, messages: [{ role: "user", content: [{ type: "text", text: long }] }] },
          {
            ...question,
            messages: [{ role: "user", content: [{ type: "tool_result", tool_use_id: "a", content: long }] }]
          },
          {
            ...question,
            messages: [
              {
                role: "user",
                content: [{ type: "tool_result", tool_use_id: "a", content: [{ type: "text", text: long }] }]
              }
            ]
          },
          {
            ...question,
            messages: [{ role: "assistant", content: [{ type: "tool_use", id: "a", name: "w", input: { long } }] }]
          },
          {
            ...question,
            messages: [{ role: "user", content: [{ type: "document", source: { type: "text", data: long } }] }]
          }
        ]
        for (const body of large) {
          const { body: answer, headers, status } = yield* post(url, body)
          assert.deepStrictEqual([status, headers.get("x-should-retry")], [400, "false"])
          assert.include(answer, '"error_code":"never_admissible"')
          assert.strictEqual((yield* post(url, body, {}, "/v1/messages/count_tokens")).status, 200)
        }
        const image = { type: "image", source: { type: "base64", media_type: "image/png", data: long } }
        assert.strictEqual(
          (yield* post(url, { ...question, messages: [{ role: "user", content: [image] }] })).status,
          200
        )
        assert.strictEqual(asked.length, large.length + 1)
      })
  )
})
