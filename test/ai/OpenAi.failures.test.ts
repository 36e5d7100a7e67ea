import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, Layer, Redacted, Stream } from "effect"
import { AiError, LanguageModel } from "effect/ai"
import * as OpenAi from "../../src/ai/OpenAi.ts"
import { answering, chunk, reply, type Sent, stream } from "../support/openai.ts"

const prompt = "Hi"
const generate = LanguageModel.generateText({ prompt })
const drain = Stream.runDrain(LanguageModel.streamText({ prompt }))

const failed =
  (status: number, error: object | string, headers: Record<string, string> = {}) =>
  () =>
    Response.json({ error }, { status, headers })

/** How a call and a stream fail with such an answer; both alike. */
const failure = Effect.fnUntraced(function* (answer: (sent: Sent) => Response) {
  const { layer } = answering(answer)
  const [whole, streamed] = yield* Effect.all([Effect.flip(generate), Effect.flip(drain)]).pipe(Effect.provide(layer))
  assert.deepStrictEqual({ ...streamed.reason }, { ...whole.reason })
  return whole
})

const says = (error: AiError.AiError, reason: Partial<AiError.AiErrorReason> & { readonly _tag: string }) =>
  assert.deepInclude(error.reason as object, reason)

describe("OpenAi failures", () => {
  it.effect("a limit that passes tells when, to the millisecond if it can; an empty account never does", () =>
    Effect.gen(function* () {
      const limit = { message: "Slow down", type: "requests", code: "rate_limit_exceeded" }
      const exact = yield* failure(failed(429, limit, { "retry-after-ms": "150", "retry-after": "1" }))
      const rough = yield* failure(failed(429, limit, { "retry-after": "2" }))
      const silent = yield* failure(failed(429, limit))
      const quota = {
        message: "You exceeded your current quota",
        type: "insufficient_quota",
        code: "insufficient_quota"
      }

      assert.deepStrictEqual(exact.retryAfter, Duration.millis(150))
      assert.deepStrictEqual(rough.retryAfter, Duration.seconds(2))
      says(silent, { _tag: "RateLimitError", isRetryable: true })
      assert.isUndefined(silent.retryAfter)
      for (const status of [429, 402]) {
        says(yield* failure(failed(status, quota, { "retry-after": "2" })), {
          _tag: "QuotaExhaustedError",
          isRetryable: false
        })
      }
    })
  )

  for (const { code = null, isRetryable, status, tag } of [
    { status: 400, tag: "InvalidRequestError", isRetryable: false },
    { status: 400, code: "content_policy_violation", tag: "ContentPolicyError", isRetryable: false },
    { status: 401, tag: "AuthenticationError", isRetryable: false },
    { status: 403, tag: "AuthenticationError", isRetryable: false },
    { status: 404, code: "model_not_found", tag: "InvalidRequestError", isRetryable: false },
    { status: 408, tag: "InternalProviderError", isRetryable: true },
    { status: 422, tag: "InvalidRequestError", isRetryable: false },
    { status: 500, tag: "InternalProviderError", isRetryable: true },
    { status: 503, tag: "InternalProviderError", isRetryable: true },
    { status: 504, tag: "InternalProviderError", isRetryable: true }
  ]) {
    it.effect(`${status} ${code ?? ""} is ${tag}`, () =>
      Effect.gen(function* () {
        const headers = { "x-request-id": "req_1", "retry-after": "3", "set-cookie": "a=b" }
        const error = yield* failure(
          failed(status, { message: "No such luck", type: null, param: "model", code }, headers)
        )

        assert.strictEqual(error.reason._tag, tag)
        assert.strictEqual(error.isRetryable, isRetryable)
        assert.match(error.message, /No such luck/)
        assert.deepInclude(error.reason as object, {
          http: { response: { status, headers: { "x-request-id": "req_1", "retry-after": "3" } } }
        })
      })
    )
  }

  it.effect("a page in place of an error, or of an answer, is told in brief", () =>
    Effect.gen(function* () {
      const page = `<html>${"x".repeat(10_000)}</html>`
      const html = { headers: { "content-type": "text/html" } }
      const broken = yield* failure(() => new Response(page, { status: 502, ...html }))
      const { layer } = answering(() => new Response(page, html))
      const odd = yield* Effect.flip(generate).pipe(Effect.provide(layer))
      const empty = yield* Effect.flip(drain).pipe(Effect.provide(layer))

      says(broken, { _tag: "InternalProviderError" })
      says(odd, { _tag: "InvalidResponseError", isRetryable: false })
      says(empty, { _tag: "InternalProviderError" })
      for (const error of [broken, odd, empty]) assert.isBelow(error.message.length, 700)
    })
  )

  it.effect("an answer of another shape is no answer", () =>
    Effect.gen(function* () {
      for (const answer of [{}, { choices: [] }, { choices: [{ message: { content: 7 } }] }, [], null]) {
        const { layer } = answering(() => Response.json(answer))
        says(yield* Effect.flip(generate).pipe(Effect.provide(layer)), { _tag: "InvalidResponseError" })
      }
      const { layer } = answering(
        () => new Response('{"choices":', { headers: { "content-type": "application/json" } })
      )
      says(yield* Effect.flip(generate).pipe(Effect.provide(layer)), { _tag: "InvalidResponseError" })
    })
  )

  it.effect("a failure told with status 200, or in the middle of a stream, is a failure", () =>
    Effect.gen(function* () {
      const over = { message: "Overloaded", code: 502 }
      const whole = (error: object | string) =>
        Effect.flip(generate).pipe(Effect.provide(answering(() => Response.json({ error, choices: [] })).layer))
      const inStream = (error: object | string) =>
        Effect.flip(drain).pipe(Effect.provide(answering(() => stream([chunk({ content: "Hel" }), { error }])).layer))

      for (const tell of [whole, inStream]) {
        says(yield* tell(over), { _tag: "InternalProviderError", description: "Overloaded" })
        says(yield* tell("no more memory"), { _tag: "InternalProviderError", description: "no more memory" })
        says(yield* tell({ message: "Slow down", code: 429 }), { _tag: "RateLimitError" })
        says(yield* tell({ code: "insufficient_quota" }), { _tag: "QuotaExhaustedError" })
        says(yield* tell({ code: 0.5 }), { _tag: "InternalProviderError" })
      }
    })
  )

  it.effect("a stream that ends without saying so is no clean end, and neither is one of another shape", () =>
    Effect.gen(function* () {
      const ended = (chunks: ReadonlyArray<object>) =>
        Effect.flip(drain).pipe(Effect.provide(answering(() => stream(chunks)).layer))

      says(yield* ended([chunk({ content: "Hel" })]), { _tag: "InternalProviderError", isRetryable: true })
      says(yield* ended([]), { _tag: "InternalProviderError", isRetryable: true })
      says(yield* ended([{ choices: "none" }]), { _tag: "InvalidResponseError" })
      const { layer } = answering(
        () => new Response("data: {broken\n\n", { headers: { "content-type": "text/event-stream" } })
      )
      says(yield* Effect.flip(drain).pipe(Effect.provide(layer)), { _tag: "InvalidResponseError" })
    })
  )

  it.effect("a fetch that fails is a broken connection, with the innermost reason", () =>
    Effect.gen(function* () {
      const error = yield* failure(() => {
        throw new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:1") })
      })

      says(error, {
        _tag: "NetworkError",
        isRetryable: true,
        url: "https://api.openai.com/v1/chat/completions",
        description: "connect ECONNREFUSED 127.0.0.1:1"
      })
    })
  )

  it.effect("the key goes into its header and nowhere else, whatever comes back", () =>
    Effect.gen(function* () {
      const echo = { message: "Incorrect API key provided: sk-secret.", code: "invalid_api_key" }
      const { layer, sent } = answering(failed(401, echo))
      const refused = yield* Effect.flip(generate).pipe(Effect.provide(layer))
      const told = yield* Effect.flip(generate).pipe(
        Effect.provide(answering(() => Response.json({ error: "sk-secret is over its limit" })).layer)
      )
      const thrown = yield* failure(() => {
        throw new Error("cannot send Bearer sk-secret")
      })

      assert.strictEqual(sent[0]!.headers.get("authorization"), "Bearer sk-secret")
      for (const error of [refused, told, thrown]) {
        assert.notInclude(JSON.stringify(error), "sk-secret")
        assert.notInclude(String(error.stack), "sk-secret")
        assert.include(error.message, "<redacted>")
      }
    })
  )

  it.effect("without a key there is no such header; base URL, query and further headers are as given", () =>
    Effect.gen(function* () {
      const { layer, sent } = answering(() => Response.json(reply({ content: "Hi" })), {
        apiKey: undefined,
        baseUrl: "http://model.test/openai/?api-version=1",
        headers: { "x-team": "blue" }
      })
      yield* Effect.provide(generate, layer)

      const [{ headers, url }] = sent as [Sent]
      assert.strictEqual(url, "http://model.test/openai/chat/completions?api-version=1")
      assert.isFalse(headers.has("authorization"))
      assert.strictEqual(headers.get("x-team"), "blue")
    })
  )

  it.effect("every option outside its range is named, and no secret", () =>
    Effect.gen(function* () {
      const error = yield* Layer.build(
        OpenAi.layer({
          baseUrl: "ftp://me:pass@host",
          apiKey: Redacted.make("sk\nsecret"),
          timeout: 0,
          headers: { "x-team": "blue", "api-key": "secret\n" }
        })
      ).pipe(Effect.flip)

      assert.deepStrictEqual(
        error.problems.map(({ name, value }) => [name, value]),
        [
          ["baseUrl", '"ftp://<redacted>@host"'],
          ["apiKey", "<redacted>"],
          ["timeout", "0"],
          ['headers["api-key"]', "<redacted>"]
        ]
      )
    })
  )

  it.effect("the environment names endpoint, key and model, or the layer says which are missing", () =>
    Effect.gen(function* () {
      const build = (variables: Record<string, string>) =>
        Layer.build(OpenAi.layerConfig).pipe(
          Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(variables)))
        )
      yield* build({ OPENAI_API_KEY: "sk-a", LLM_MODEL: "local", HOST: "not an address" })
      const missing = yield* Effect.flip(build({}))
      const wrong = yield* Effect.flip(build({ OPENAI_BASE_URL: "nowhere" }))

      assert.match(
        missing.message,
        /^OPENAI_BASE_URL= is not allowed: an http or https URL, unless OPENAI_API_KEY is set/
      )
      assert.match(wrong.message, /OPENAI_BASE_URL=nowhere/)
    })
  )
})
