import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { always, answer, ask, chunk, data, done, facing, write } from "../support/faults.ts"

const vllm = { object: "error", message: "This prompt is longer than the context.", type: "BadRequestError" }

/** Answers of status 200 that are errors of the request. */
const declined: ReadonlyArray<readonly [string, string]> = [
  ["a code", data({ error: { ...vllm, param: null, code: 400 } }) + done],
  ["a code as text", data({ error: { message: "x", type: "None", param: "None", code: "400" } })],
  ["a type", data({ error: { message: "x", type: "invalid_request_error", code: null } })],
  ["a word as its code", data({ error: { message: "x", code: "context_length_exceeded" } })],
  ["a status", 'event: error\ndata: {"error":{"message":"x","code":"tool_use_failed","status_code":400}}\n\n'],
  ["the status of a filter", data({ error: { message: "x", code: "content_filter", status: 400 } })],
  ["an error without a frame", data({ ...vllm, param: null, code: 400 })],
  ["an event named so", 'event: error\ndata: {"message":"x","code":404}\n\n'],
  ["an error in its choice", data({ choices: [{ delta: {}, finish_reason: "error", error: { code: 403 } }] }) + done],
  ["an error beside its choice", data({ error: { code: 402 }, choices: [{ delta: {}, finish_reason: "error" }] })],
  ["a word beside its text", data({ error: "Input validation error", error_type: "validation" })],
  ["words of another API", data({ error: { code: 400, message: "x", status: "INVALID_ARGUMENT" } })],
  ["an error within the error", data({ error: { error: { code: 401, message: "x" } } })],
  ["after a comment", ": waiting\n\n" + data({ error: { code: 400 } })],
  ["the last line without an end", data({ error: { code: 400 } }).trimEnd()],
  ["JSON in place of events", JSON.stringify({ error: { message: "x", code: 400 } })],
  ["JSON in a list", JSON.stringify([{ error: { code: 404, status: "NOT_FOUND" } }])]
]

const failed: ReadonlyArray<readonly [string, string]> = [
  ["a code", data({ error: { message: "The worker is out of memory.", code: 503 } }) + done],
  ["no code at all", data({ error: { message: "x" } })],
  ["a text", data({ error: "model runner has stopped" })],
  ["a type", data({ error: { type: "overloaded_error", message: "Overloaded" } })],
  ["a reason to finish", data({ choices: [{ index: 0, delta: {}, finish_reason: "error" }] }) + done],
  ["an event that holds no JSON", "event: error\ndata: upstream exploded\n\n"],
  ["a code of its own", data({ error: { message: "x", code: "1305" } })],
  ["after the first words", chunk({ content: "a" }) + data({ error: { code: "500" } })],
  ["JSON in place of events", '{"error":"Unexpected endpoint or method."}']
]

describe("in-stream-client-error-opens-the-circuit", () => {
  it.live.each(declined)("an error of the request, told by %s, says nothing against the model", ([, body]) =>
    Effect.gen(function* () {
      const { outcomes, stats, url } = yield* always({ body })

      for (let i = 0; i < 4; i++) {
        const { status, text } = yield* ask(url, { stream: true, stream_options: { include_usage: true } })
        assert.deepStrictEqual([status, text], [200, body])
      }

      assert.deepInclude((yield* stats.snapshot).circuitBreaker, { state: "closed", failures: 0 })
      assert.deepInclude(yield* outcomes, { failed: 0, succeeded: 4 })
    })
  )

  it.live.each(failed)("an error of the model, told by %s, counts", ([, body]) =>
    Effect.gen(function* () {
      const { stats, url } = yield* always({ body })

      for (let i = 0; i < 3; i++) assert.strictEqual((yield* ask(url, { stream: true })).text, body)

      assert.strictEqual((yield* stats.snapshot).circuitBreaker.state, "open")
    })
  )

  it.live("after the first words an error of the request ends the call, and says nothing against the model", () =>
    Effect.gen(function* () {
      const body = chunk({ content: "a" }) + data({ error: { message: "x", code: "content_filter" } }) + done
      const { stats, url } = yield* always({ body })

      for (let i = 0; i < 3; i++) assert.strictEqual((yield* ask(url, { stream: true })).text, body)

      assert.deepInclude((yield* stats.snapshot).circuitBreaker, { state: "closed", failures: 0 })
    })
  )

  it.live.each([
    ["code", { type: "response.failed", response: { status: "failed", error: { code: "invalid_prompt" } } }, "closed"],
    ["code", { type: "response.failed", response: { status: "failed", error: { code: "server_error" } } }, "open"],
    ["event", { type: "error", code: "rate_limit_exceeded", message: "x", param: null, sequence_number: 1 }, "closed"],
    ["event", { type: "error", error: { type: "invalid_request_error", code: "image_too_large" } }, "closed"],
    ["nothing", { type: "response.failed", response: { status: "failed" } }, "open"]
  ] as const)("a response that fails is judged by its %s (%#)", ([, event, state]) =>
    Effect.gen(function* () {
      const body = data({ type: "response.created", response: { error: null } }) + data(event)
      const { stats, url } = yield* always({ body })

      for (let i = 0; i < 3; i++) {
        assert.strictEqual((yield* ask(url, { path: "/v1/responses", input: "x", stream: true })).text, body)
      }

      assert.strictEqual((yield* stats.snapshot).circuitBreaker.state, state)
    })
  )

  it.live.each([
    ["chat", "/v1/chat/completions", { error: { code: 400 } }, "closed"],
    ["chat", "/v1/chat/completions", { error: { code: 502 }, user_id: "u" }, "open"],
    [
      "chat",
      "/v1/chat/completions",
      { choices: [{ message: {}, finish_reason: "error", error: { code: 500 } }] },
      "open"
    ],
    ["completion", "/v1/completions", { object: "error", type: "NotFoundError", code: 404 }, "closed"],
    ["embedding", "/v1/embeddings", { error: { code: 429 } }, "closed"],
    ["response", "/v1/responses", { object: "response", status: "failed", error: { code: "server_error" } }, "open"],
    ["response", "/v1/responses", { object: "response", status: "completed", error: null }, "closed"]
  ] as const)("a %s that is an error in JSON is judged by the status it names (%#)", ([, path, value, state]) =>
    Effect.gen(function* () {
      const body = JSON.stringify(value)
      const { stats, url } = yield* always({ body })

      for (let i = 0; i < 3; i++) {
        const got = yield* ask(url, { path, input: "x", prompt: "x" })
        assert.deepStrictEqual([got.status, got.text], [200, body])
      }

      assert.strictEqual((yield* stats.snapshot).circuitBreaker.state, state)
    })
  )

  it.live.each([
    ["an error", data({ error: { code: 503 } }), "open", 0],
    ["an error of the request", data({ error: { code: 400 } }), "closed", 0],
    [
      "an answer",
      chunk({ content: "a" }) + data({ usage: { prompt_tokens: 1, completion_tokens: 7 } }) + done,
      "closed",
      21
    ]
  ] as const)("events that nobody asked for are read as well: %s", ([, body, state, tokens]) =>
    Effect.gen(function* () {
      const { stats, url } = yield* always({ body })

      for (let i = 0; i < 3; i++) assert.strictEqual((yield* ask(url)).text, body)

      const snapshot = yield* stats.snapshot
      assert.deepStrictEqual([snapshot.circuitBreaker.state, snapshot.tokens.completion], [state, tokens])
    })
  )

  it.live("an error in place of the first event is tried again as a status would be", () =>
    Effect.gen(function* () {
      const { outcomes, url } = yield* facing(
        (response, _, attempt) =>
          write(response, { body: attempt === 1 ? data({ error: { code: 503, retry_after_ms: 1 } }) : answer() }),
        { maxRetries: 1 }
      )

      const got = yield* ask(url, { stream: true, stream_options: { include_usage: true } })
      assert.strictEqual(got.text, answer())
      assert.deepInclude(yield* outcomes, { failed: 0, succeeded: 1 })
    })
  )

  it.live("an empty answer where JSON was asked for is a failure", () =>
    Effect.gen(function* () {
      for (const body of ["", "\n\n \r\n"]) {
        const { stats, url } = yield* always({ headers: { "content-type": "application/json" }, body })
        for (let i = 0; i < 3; i++) assert.strictEqual((yield* ask(url)).status, 502)
        assert.strictEqual((yield* stats.snapshot).circuitBreaker.state, "open")
      }
    })
  )
})
