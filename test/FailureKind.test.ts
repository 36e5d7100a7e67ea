import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit } from "effect"
import { AiError } from "effect/ai"
import * as FailureKind from "../src/FailureKind.ts"
import { DeadlineExceeded, QueueFull, Rejection } from "../src/Rejection.ts"
import { TruncatedStream } from "../src/upstream/TruncatedStream.ts"
import { UpstreamUnreachable } from "../src/upstream/Upstream.ts"

const of = (reason: AiError.AiErrorReason) => AiError.make({ module: "Model", method: "generateText", reason })
const late = (limit: "attempt" | "idle" | "reader", started = true) =>
  new Rejection({
    reason: new DeadlineExceeded({ limit, started, elapsed: Duration.seconds(1), retryAfter: undefined })
  })
const secret = "the key sk-123 and a prompt"
const reset = Object.assign(new TypeError(secret, { cause: Object.assign(new Error(secret), { code: "ECONNRESET" }) }))

describe("FailureKind", () => {
  it.each([
    ["a status", { status: 503, message: secret }, "503"],
    ["a status of Effect's errors", of(new AiError.RateLimitError({})), "429"],
    ["an endpoint that is not there", new UpstreamUnreachable({ reason: "ECONNREFUSED" }), "ECONNREFUSED"],
    ["a code beneath the error", reset, "ECONNRESET"],
    ["an answer that breaks off", new TruncatedStream({}), "TruncatedStream"],
    ["an attempt that took too long", late("attempt"), "upstream_timeout"],
    ["a silence", late("idle"), "upstream_idle_timeout"],
    ["an error of a class", new RangeError(secret), "RangeError"],
    ["a name that says too much", Object.assign(new Error(secret), { name: secret, code: secret }), "error"],
    ["a text", secret, "error"],
    ["a reader that stalls", late("reader"), undefined],
    ["a refusal", new Rejection({ reason: new QueueFull({ capacity: 1, retryAfter: undefined }) }), undefined],
    ["a refusal for want of time", late("attempt", false), undefined]
  ] as const)("%s is of its kind, without words of its own", (_, error, kind) => {
    assert.strictEqual(FailureKind.of(Exit.fail(error)), kind)
  })

  it("a defect and a deadline have kinds, an answer has none", () => {
    assert.strictEqual(FailureKind.of(Exit.die(secret)), "defect")
    assert.strictEqual(FailureKind.of(Exit.failCause(Cause.interrupt(1))), "deadline_exceeded")
    assert.isUndefined(FailureKind.of(Effect.runSyncExit(Effect.succeed(secret))))
  })
})
