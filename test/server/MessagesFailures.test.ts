import Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  before,
  client,
  end,
  events,
  failure,
  json,
  message,
  ping,
  question,
  rejected,
  sse,
  start,
  text,
  ask,
  post,
  streamOf
} from "../support/anthropic.ts"
import { until } from "../support/gateway.ts"

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
