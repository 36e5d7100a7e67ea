import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit } from "effect"
import { AiError } from "effect/ai"
import { TestClock } from "effect/testing"
import * as Failure from "../src/Failure.ts"
import { DeadlineExceeded, QueueFull, Rejection } from "../src/Rejection.ts"

const of = (reason: AiError.AiErrorReason) => AiError.make({ module: "Model", method: "generateText", reason })

const network = (reason: "TransportError" | "EncodeError") =>
  new AiError.NetworkError({ reason, method: "POST", url: "http://model/" })

const internal = (status: number, headers: Record<string, string> = {}) =>
  new AiError.InternalProviderError({ description: "no", http: { response: { status, headers } } })

const millisOf = (error: unknown) => {
  const after = Failure.retryAfterOf(error)
  return after && Duration.toMillis(after)
}

const refused = (rejection: Rejection) =>
  of(Object.assign(new AiError.RateLimitError({ retryAfter: Duration.seconds(9) }), { cause: rejection }))

describe("Failure", () => {
  for (const { reason, transient, verdict } of [
    { reason: network("TransportError"), transient: true, verdict: "failure" },
    { reason: network("EncodeError"), transient: false, verdict: "success" },
    { reason: internal(500), transient: true, verdict: "failure" },
    { reason: internal(408), transient: true, verdict: "failure" },
    { reason: new AiError.InternalProviderError({ description: "broke off" }), transient: true, verdict: "failure" },
    { reason: new AiError.RateLimitError({}), transient: true, verdict: "ignored" },
    { reason: new AiError.QuotaExhaustedError({}), transient: false, verdict: "ignored" },
    { reason: new AiError.AuthenticationError({ kind: "InvalidKey" }), transient: false, verdict: "ignored" },
    { reason: new AiError.InvalidRequestError({}), transient: false, verdict: "ignored" },
    { reason: new AiError.ContentPolicyError({ description: "no" }), transient: false, verdict: "ignored" },
    { reason: new AiError.InvalidResponseError({ description: "a page" }), transient: false, verdict: "failure" },
    { reason: new AiError.InvalidOutputError({ description: "odd" }), transient: true, verdict: "success" },
    {
      reason: new AiError.StructuredOutputError({ description: "odd", responseText: "" }),
      transient: true,
      verdict: "success"
    },
    {
      reason: new AiError.ToolNotFoundError({ toolName: "a", availableTools: [] }),
      transient: true,
      verdict: "success"
    }
  ]) {
    it(`${reason._tag} (${reason.message.split("\n")[0]}) may ${transient ? "" : "not "}pass, and is ${verdict}`, () => {
      assert.strictEqual(Failure.isTransient(of(reason)), transient)
      assert.strictEqual(Failure.classify(Exit.fail(of(reason))), verdict)
    })
  }

  it("status and headers are found where each library keeps them", () => {
    const headers = { "retry-after": "2" }
    const responses = [
      { status: 503, headers },
      { status: 503, headers: new Headers(headers) },
      { status: 503, headers: { get: (name: string) => (name === "retry-after" ? "2" : null) } },
      { statusCode: 503, headers },
      { response: { status: 503, headers } },
      { reason: { response: { status: 503, headers } } },
      of(internal(503, headers))
    ]
    for (const error of responses) {
      assert.strictEqual(Failure.statusOf(error), 503)
      assert.strictEqual(millisOf(error), 2000)
    }
  })

  it("milliseconds go before seconds, and nonsense is no wait", () => {
    assert.strictEqual(millisOf(of(internal(503, { "retry-after": "2", "retry-after-ms": "150" }))), 150)
    for (const wait of ["", "-1", "soon", "soon 1", "2026-10-21", "Wed, 99 Oct 2026 07:28:00 GMT"]) {
      assert.isUndefined(millisOf(of(internal(503, { "retry-after": wait }))))
    }
  })

  it("a date is counted from the reply's own, in each form that HTTP knows", () => {
    const date = "Sun, 06 Nov 1994 08:49:37 GMT"
    for (const [after, millis] of [
      ["Sun, 06 Nov 1994 08:49:39 GMT", 2000],
      ["Sunday, 06-Nov-94 08:50:37 GMT", 60_000],
      ["Sun Nov  6 08:49:40 1994", 3000],
      ["Sun Nov 13 08:49:37 1994", 604_800_000],
      [date, 0],
      ["Sun, 06 Nov 1994 08:49:30 GMT", 0]
    ] as const) {
      assert.strictEqual(millisOf({ status: 503, headers: new Headers({ "retry-after": after, date }) }), millis)
    }
  })

  it.effect("without a date of the reply's own, a date is counted from now", () =>
    Effect.gen(function* () {
      const later = { status: 429, headers: { "retry-after": "Thu, 01 Jan 1970 00:00:05 GMT" } }
      yield* TestClock.adjust("2 seconds")

      assert.strictEqual(millisOf(later), 3000)
      assert.strictEqual(millisOf({ ...later, headers: { ...later.headers, date: "today" } }), 3000)
      assert.deepStrictEqual(Failure.cooldownOf(later), Duration.seconds(3))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(millisOf(later), 0)
    })
  )

  it("only a 429 pauses everyone", () => {
    const after = { retryAfter: Duration.seconds(3) }

    assert.deepStrictEqual(Failure.cooldownOf(of(new AiError.RateLimitError(after))), after.retryAfter)
    assert.isUndefined(Failure.cooldownOf(of(internal(503, { "retry-after": "3" }))))
    assert.isUndefined(Failure.cooldownOf(of(new AiError.QuotaExhaustedError({}))))
  })

  it("an answer that is an error is known by its status, or by its kind where it has none", () => {
    const declined = (status: number) => Failure.declinedOf({ status })

    assert.deepStrictEqual([400, 401, 404, 422, 499].map(declined), [400, 401, 404, 422, 499])
    assert.deepStrictEqual([200, 399, 408, 429, 500, NaN].map(declined), Array(6).fill(undefined))
    assert.strictEqual(Failure.declinedOf(of(new AiError.AuthenticationError({ kind: "InvalidKey" }))), 401)
    assert.strictEqual(Failure.declinedOf(of(new AiError.InvalidRequestError({}))), 400)
    assert.isUndefined(Failure.declinedOf(of(new AiError.QuotaExhaustedError({}))))
    assert.isUndefined(Failure.declinedOf(of(new AiError.UnknownError({}))))
  })

  it("a refusal stays one inside another error", () => {
    const full = new Rejection({ reason: new QueueFull({ capacity: 1, retryAfter: Duration.seconds(9) }) })

    for (const error of [full, refused(full), new Error("busy", { cause: full })]) {
      assert.strictEqual(Failure.rejectionOf(error), full)
      assert.isFalse(Failure.isTransient(error))
      assert.strictEqual(Failure.classify(Exit.fail(error)), "ignored")
      assert.isUndefined(Failure.cooldownOf(error))
    }
    assert.strictEqual(millisOf(refused(full)), 9000)
    assert.isUndefined(Failure.rejectionOf(of(internal(500))))
    assert.isUndefined(Failure.rejectionOf("full"))
  })

  it("a mistake of the program does not pass by itself, a broken connection may", () => {
    for (const mistake of [new TypeError("x is not a function"), new ReferenceError("x"), new RangeError("too deep")]) {
      assert.isFalse(Failure.isTransient(mistake))
    }
    const socket = Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" })
    for (const error of [new TypeError("terminated", { cause: socket }), new TypeError("Failed to fetch"), socket]) {
      assert.isTrue(Failure.isTransient(error))
    }
  })

  it("a refusal of a gate in front of the model is known over HTTP, wherever its code is kept", () => {
    const told = (status: number, code: string, headers: Record<string, string> = {}) => [
      { status, code, headers },
      { statusCode: status, responseHeaders: headers, headers, data: { error: { code } } },
      of(
        new AiError.InternalProviderError({
          description: "refused",
          metadata: { openai: { status, code, type: null } },
          http: { response: { status, headers } }
        })
      )
    ]
    const later = { "retry-after": "3" }
    for (const [errors, verdict] of [
      [told(503, "circuit_open", later), "ignored"],
      [told(503, "shutting_down"), "ignored"],
      [told(504, "deadline_exceeded", later), "ignored"],
      [told(504, "deadline_exceeded"), "failure"],
      [told(504, "upstream_timeout"), "failure"],
      [told(502, "circuit_open"), "failure"],
      [told(503, "overloaded", later), "failure"]
    ] as const) {
      for (const error of errors) assert.strictEqual(Failure.classify(Exit.fail(error)), verdict)
    }
  })

  it("an attempt that took too long is the model's failure, inside another error too", () => {
    const late = new DeadlineExceeded({
      limit: "attempt",
      started: true,
      elapsed: Duration.seconds(1),
      retryAfter: undefined
    })
    for (const error of [new Rejection({ reason: late }), refused(new Rejection({ reason: late }))]) {
      assert.isTrue(Failure.isTransient(error))
      assert.strictEqual(Failure.classify(Exit.fail(error)), "failure")
    }
  })

  it("an account without money is not asked again, a limit that passes is", () => {
    assert.isFalse(Failure.isTransient({ status: 429, code: "insufficient_quota" }))
    assert.isTrue(Failure.isTransient({ status: 429, code: "rate_limit_exceeded" }))
  })
})
