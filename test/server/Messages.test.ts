import Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import {
  before,
  client,
  end,
  event,
  events,
  failure,
  json,
  message,
  olderClient,
  ping,
  question,
  rejected,
  sse,
  start,
  text,
  weather
} from "../support/anthropic.ts"
import { inMemory, onLoopback, until } from "../support/gateway.ts"

const ask = (url: string, apiKey?: string) => Effect.promise(() => client(url, apiKey).messages.create(question))

const post = (url: string, body: object, headers: Record<string, string> = {}, path = "/v1/messages") =>
  Effect.promise(async () => {
    const response = await fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body)
    })
    return { status: response.status, headers: response.headers, body: await response.text() }
  })

const streamOf = { ...question, stream: true as const }

const read = (url: string) =>
  Effect.promise(async () => {
    let read = ""
    for await (const part of await client(url).messages.create(streamOf)) {
      if (part.type === "content_block_delta" && part.delta.type === "text_delta") read += part.delta.text
    }
    return read
  })

const keys = [{ name: "ada", key: Redacted.make("key-of-ada") }]

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

      assert.deepInclude((yield* stats.snapshot).tokens, { prompt: 7, completion: 30 })
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
        const long = "All work and no play makes Jack a dull boy. ".repeat(100)
        const { asked, url } = yield* before(json({ ...message(), input_tokens: 1 }), {
          limits: { tokensPerMinute: 1000 }
        })
        const large = [
          { ...question, system: long },
          { ...question, system: [{ type: "text", text: long }] },
          { ...question, tools: [{ ...weather, description: long }] },
          { ...question, max_tokens: 1001 },
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

describe("a message that fails", () => {
  for (const [type, status, state] of [
    ["overloaded_error", 529, "open"],
    ["api_error", 500, "open"],
    ["timeout_error", 504, "open"],
    ["rate_limit_error", 429, "closed"],
    ["invalid_request_error", 400, "closed"],
    ["authentication_error", 401, "closed"],
    ["permission_error", 403, "closed"],
    ["not_found_error", 404, "closed"],
    ["request_too_large", 413, "closed"],
    ["billing_error", 402, "closed"]
  ] as const) {
    it.live(`with ${type} is judged alike over HTTP and in its events, and its bytes pass`, () =>
      Effect.gen(function* () {
        const limits = { circuitBreaker: { maxFailures: 1, timeout: "1 minute" } } as const
        const body = { type: "error", error: { type, message: "No luck." } }
        const answers = [
          json(body, status),
          json(body),
          events(failure(type)),
          events(`${ping}${failure(type)}`),
          events(start() + text("Hel") + failure(type))
        ]
        for (const answer of answers) {
          const { stats, url } = yield* before(answer, { limits })
          const error = yield* rejected(() => client(url).messages.stream(question).finalMessage())

          // The client expects events, and sees nothing in the body that passes.
          assert.strictEqual(error.type, answer === answers[1] ? undefined : type)
          const { circuitBreaker, requests, tokens } = yield* until(
            stats,
            ({ requests }) => requests.inFlight === 0
          ).pipe(Effect.flatMap(Effect.fromOption))
          assert.strictEqual(circuitBreaker.state, state)
          assert.strictEqual(requests.total, 1)
          assert.strictEqual(tokens.completion, answer === answers[4] ? 1 : 0)
        }
        const passed = yield* before(events(start() + failure(type)), { limits })
        assert.strictEqual((yield* post(passed.url, streamOf)).body, start() + failure(type))
      })
    )
  }

  it.live("because its events end before message_stop ends with an error event", () =>
    Effect.gen(function* () {
      const told = start() + text("Hel") + end().split("event: message_stop")[0]!
      const { stats, url } = yield* before(events(told))
      const { body, headers } = yield* post(url, streamOf)
      const error = yield* rejected(() => client(url).messages.stream(question).finalMessage())

      assert.isTrue(body.startsWith(told))
      const [name, data] = body.slice(told.length).split("\n")
      assert.strictEqual(name, "event: error")
      const { error: last, ...more } = JSON.parse(data!.slice("data: ".length)) as { error: object }
      assert.deepInclude(last, { type: "api_error", details: { error_code: "upstream_unreachable" } })
      assert.deepStrictEqual(more as object, { type: "error", request_id: headers.get("x-request-id") })
      assert.instanceOf(error, Anthropic.APIError)
      assert.strictEqual(error.type, "api_error")
      assert.deepInclude((yield* stats.snapshot).requests, { total: 2, failed: 2 })
    })
  )

  it.live("because nothing but pings comes has not begun when its time is over", () =>
    Effect.gen(function* () {
      const { stats, url } = yield* before(
        (response) => {
          response.writeHead(200, sse)
          response.write(ping + ping)
        },
        { limits: { requestTimeout: "100 millis" } }
      )
      const error = yield* rejected(() => client(url).messages.stream(question).finalMessage())

      assert.deepStrictEqual([error.type, error.errorCode], ["timeout_error", "upstream_timeout"])
      assert.deepInclude((yield* stats.snapshot).requests, { timedOut: 1 })
    })
  )

  it.live("because nothing but pings follows ends with an error event after the silence", () =>
    Effect.gen(function* () {
      let write: (() => void) | undefined
      const { url } = yield* before(
        (response) => {
          response.writeHead(200, sse)
          response.write(start() + text("Hel"))
          const timer = setInterval(() => response.write(ping), 20)
          write = () => clearInterval(timer)
          response.on("close", write)
        },
        { limits: { streamIdleTimeout: "100 millis" } }
      )
      const error = yield* rejected(() => client(url).messages.stream(question).finalMessage())

      assert.deepStrictEqual([error.type, error.errorCode], ["timeout_error", "upstream_idle_timeout"])
      assert.isDefined(write)
    })
  )

  it.live("at an endpoint that is overloaded is tried again", () =>
    Effect.gen(function* () {
      let times = 0
      const overloaded = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }
      const { url } = yield* before((response) => (times++ < 1 ? json(overloaded, 529) : json(message()))(response), {
        limits: { maxRetries: 2 }
      })

      assert.strictEqual((yield* ask(url)).stop_reason, "end_turn")
      assert.strictEqual(times, 2)
    })
  )
})

describe("an account whose limit of spending is reached", () => {
  it.live("is not asked again, although its error looks like that of a limit that passes", () =>
    Effect.gen(function* () {
      const details = { error_code: "enforced_spend_limit_reached" }
      const limit = { type: "error", error: { type: "rate_limit_error", message: "No more.", details } }
      const { asked, url } = yield* before(json(limit, 429), { limits: { maxRetries: 2 } })
      const error = yield* rejected(() => client(url).messages.create(question))

      assert.deepStrictEqual([error.status, error.errorCode], [429, "enforced_spend_limit_reached"])
      assert.strictEqual(asked.length, 1)
    })
  )
})

describe("an error of the gateway's own on the routes of messages", () => {
  const shape = Effect.fnUntraced(function* (response: Response) {
    const body = yield* Effect.promise(() => response.json() as Promise<Record<string, unknown>>)
    assert.deepStrictEqual(Object.keys(body), ["type", "error", "request_id"])
    assert.strictEqual(body["type"], "error")
    assert.strictEqual(body["request_id"], response.headers.get("x-request-id"))
    assert.strictEqual(body["request_id"], response.headers.get("request-id"))
    const { details, message, type } = body["error"] as Record<string, unknown>
    assert.isString(message)
    return [response.status, type, (details as { error_code: string }).error_code]
  })
  const init = (body: unknown = question, headers: Record<string, string> = {}): RequestInit => ({
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body)
  })

  for (const path of ["/v1/messages", "/v1/messages/count_tokens"]) {
    it.live(`${path} answers in that API's form`, () =>
      Effect.gen(function* () {
        const { drain, fetch } = yield* inMemory({ app: { maxBodyBytes: 1000 } })
        const invalid = [400, "invalid_request_error", "invalid_request"]
        assert.deepStrictEqual(yield* shape(yield* fetch(path, init("{"))), invalid)
        assert.deepStrictEqual(yield* shape(yield* fetch(path, init({}))), invalid)
        assert.deepStrictEqual(yield* shape(yield* fetch(path, init({ ...question, stream: "yes" }))), invalid)
        assert.deepStrictEqual(
          yield* shape(yield* fetch(path, init(question, { "x-headgate-priority": "none" }))),
          invalid
        )
        assert.deepStrictEqual(yield* shape(yield* fetch(path, init("x".repeat(2000)))), [
          413,
          "request_too_large",
          "body_too_large"
        ])
        assert.deepStrictEqual(yield* shape(yield* fetch(path)), [405, "invalid_request_error", "method_not_allowed"])
        assert.deepStrictEqual(yield* shape(yield* fetch(`${path}/batches`, init())), [
          404,
          "not_found_error",
          "not_found"
        ])
        yield* drain.begin
        assert.deepStrictEqual(yield* shape(yield* fetch(path, init())), [503, "overloaded_error", "shutting_down"])
      })
    )

    it.live(`${path} asks for a key, in either header`, () =>
      Effect.gen(function* () {
        const { fetch, stats } = yield* inMemory({ app: { apiKeys: keys } })
        const unauthorized = [401, "authentication_error", "invalid_api_key"]
        for (const headers of [{}, { "x-api-key": "wrong" }, { authorization: "Bearer wrong" }, { "x-api-key": "" }]) {
          assert.deepStrictEqual(
            yield* shape(yield* fetch(path, init(question, headers as Record<string, string>))),
            unauthorized
          )
        }
        for (const headers of [{ "x-api-key": "key-of-ada" }, { authorization: "Bearer key-of-ada" }]) {
          assert.strictEqual((yield* fetch(path, init(question, headers as Record<string, string>))).status, 200)
        }
        const elsewhere = yield* fetch("/v1/chat/completions", init(question, { "x-api-key": "key-of-ada" }))
        assert.strictEqual(elsewhere.status, 401)
        const { callers } = yield* stats.snapshot
        assert.deepStrictEqual(
          callers.map(({ caller }) => caller),
          ["ada"]
        )
      })
    )
  }

  it.live("refuses for want of room, and says when to come back", () =>
    Effect.gen(function* () {
      const { stats, url } = yield* before(() => {}, { limits: { maxQueueSize: 0, maxConcurrentRequests: 1 } })
      yield* Effect.forkScoped(post(url, question))
      yield* until(stats, ({ queue }) => queue.activeRequests === 1)
      const error = yield* rejected(() => client(url).messages.create(question))

      assert.instanceOf(error, Anthropic.RateLimitError)
      assert.deepStrictEqual([error.type, error.errorCode], ["rate_limit_error", "queue_full"])
      assert.match(error.headers.get("retry-after") ?? "", /^\d+$/)
      assert.match(error.headers.get("retry-after-ms") ?? "", /^\d+$/)
    })
  )

  it.live("is one of the client's own errors, and a call whose circuit is open comes back in time", () =>
    Effect.gen(function* () {
      const overloaded = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }
      const { url } = yield* before(json(overloaded, 529), {
        limits: { circuitBreaker: { maxFailures: 1, timeout: "20 seconds" } }
      })
      const failed = yield* rejected(() => client(url).messages.create(question))
      const refused = yield* rejected(() => client(url).messages.create(question))
      const off = yield* rejected(() => client(url, "any").messages.countTokens(question))

      assert.deepStrictEqual([failed.status, failed.type], [529, "overloaded_error"])
      for (const error of [refused, off]) {
        assert.instanceOf(error, Anthropic.InternalServerError)
        assert.deepStrictEqual([error.status, error.type, error.errorCode], [503, "overloaded_error", "circuit_open"])
        assert.isAtLeast(Number(error.headers.get("retry-after")), 1)
        assert.isString(error.requestID)
      }
    })
  )
})
