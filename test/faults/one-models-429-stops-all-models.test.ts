import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as Headgate from "../../src/Headgate.ts"
import { Stats } from "../../src/Stats.ts"
import { GuardedUpstream } from "../../src/upstream/GuardedUpstream.ts"
import { Upstream, type UpstreamReply } from "../../src/upstream/Upstream.ts"
import { fork, reasonOf, steps } from "../support/gate.ts"
import { answer, data, events, json, reply } from "../support/faults.ts"
import { open, send } from "../support/upstream.ts"

const encoder = new TextEncoder()

const limited = (
  headers: Record<string, string> = { "retry-after": "4" },
  status = 429,
  body = "{}"
): UpstreamReply => ({
  status,
  headers: { "content-type": json, ...headers },
  body: encoder.encode(body)
})

const good: UpstreamReply = { status: 200, headers: { "content-type": json }, body: encoder.encode(reply) }

/** The gate before an endpoint whose answers depend on the model; it tells when which model was asked. */
const guarding = Effect.fnUntraced(function* (
  answers: (model: string, attempt: number) => UpstreamReply,
  limits: Headgate.Options = {}
) {
  const asked: Array<string> = []
  const upstream = Upstream.sending(({ body }) => {
    const { model } = JSON.parse(new TextDecoder().decode(body)) as { readonly model: string }
    asked.push(model)
    return Effect.sync(() => answers(model, asked.filter((each) => each === model).length))
  })
  const context = yield* Layer.build(
    GuardedUpstream.layer.pipe(
      Layer.provide(Layer.succeed(Upstream, upstream)),
      Layer.provideMerge(Headgate.make({ requestsPerSecond: Infinity, maxRetries: 0, ...limits }))
    )
  )
  const guarded = Context.get(context, GuardedUpstream)
  const request = (model: string, endpoint?: string) =>
    ({
      method: "POST",
      path: "/chat/completions",
      headers: {},
      body: encoder.encode(JSON.stringify({ model })),
      endpoint
    }) as const
  const sendTo = (model: string, endpoint?: string) => Effect.exit(send(guarded, {}, request(model, endpoint)))
  const openAt = (model: string) => Effect.exit(Effect.scoped(open(guarded, {}, request(model), { askUsage: false })))
  return { asked, send: sendTo, open: openAt, snapshot: Context.get(context, Stats).snapshot }
})

const big = (first: UpstreamReply) => (model: string, attempt: number) =>
  model !== "small" && attempt === 1 ? first : good

describe("one-models-429-stops-all-models", () => {
  it.effect("a 429 keeps the model's own calls back until its retry-after, and no other's", () =>
    Effect.gen(function* () {
      const { asked, send, snapshot } = yield* guarding(big(limited()))
      yield* send("big")

      yield* send("small")
      const again = yield* fork(send("big"))
      yield* TestClock.adjust("3900 millis")

      assert.deepStrictEqual(asked, ["big", "small"])
      assert.deepInclude((yield* snapshot).queue, { queueSize: 0, activeRequests: 0 })
      yield* TestClock.adjust("200 millis")
      yield* Fiber.join(again)
      assert.deepStrictEqual(asked, ["big", "small", "big"])
    })
  )

  it.effect.each<readonly [string, UpstreamReply]>([
    ["an error in JSON", limited({}, 200, '{"error":{"code":429,"retry_after":4}}')],
    ["a delay in its details", limited({}, 429, '{"error":{"details":[{"retryDelay":"4s"}]}}')],
    ["a header that is quoted", limited({}, 200, '{"error":{"code":429,"metadata":{"headers":{"Retry-After":"4"}}}}')],
    [
      "the head of an answer that is an error",
      limited({ "retry-after": "4" }, 200, '{"error":{"type":"rate_limit_error"}}')
    ]
  ])("so does %s", ([, first]) =>
    Effect.gen(function* () {
      const { asked, send } = yield* guarding(big(first))
      yield* send("big")

      const again = yield* fork(send("big"))
      yield* send("small")
      yield* TestClock.adjust("3900 millis")

      assert.deepStrictEqual(asked, ["big", "small"])
      yield* TestClock.adjust("200 millis")
      yield* Fiber.join(again)
    })
  )

  it.effect("so does an error event of a stream", () =>
    Effect.gen(function* () {
      const event = data({ error: { code: "rate_limit_exceeded", retry_after_ms: 4000 } })
      const of = (text: string): UpstreamReply => ({
        status: 200,
        headers: { "content-type": events },
        body: encoder.encode(text)
      })
      const { asked, open } = yield* guarding((_, attempt) => of(attempt === 1 ? event : answer()))
      yield* open("big")

      const again = yield* fork(open("big"))
      yield* TestClock.adjust("3900 millis")
      assert.strictEqual(asked.length, 1)
      yield* TestClock.adjust("200 millis")

      yield* Fiber.join(again)
      assert.strictEqual(asked.length, 2)
    })
  )

  it.effect("several models that are cooled down at once cool the endpoint down, until fewer are", () =>
    Effect.gen(function* () {
      const { asked, send } = yield* guarding((model, attempt) => {
        if (attempt > 1 || model === "small") return good
        return limited({ "retry-after": model === "big" ? "4" : "2" })
      })
      for (const model of ["big", "medium"]) yield* send(model)

      const small = yield* fork(send("small"))
      const elsewhere = yield* fork(send("small", "http://elsewhere"))
      yield* TestClock.adjust("1900 millis")
      assert.deepStrictEqual(asked, ["big", "medium", "small"])
      yield* Fiber.join(elsewhere)
      yield* TestClock.adjust("200 millis")

      yield* Fiber.join(small)
      assert.deepStrictEqual(asked, ["big", "medium", "small", "small"])
    })
  )

  it.effect("a retry waits as well, and holds no permit", () =>
    Effect.gen(function* () {
      const { asked, send } = yield* guarding(big(limited()), { maxRetries: 1, maxConcurrentRequests: 1 })
      const retried = yield* fork(send("big"))
      yield* steps(50)

      yield* send("small")
      yield* TestClock.adjust("4100 millis")

      yield* Fiber.join(retried)
      assert.deepStrictEqual(asked, ["big", "small", "big"])
    })
  )

  it.effect("a caller that leaves, or more than the queue would take, leaves nothing behind", () =>
    Effect.gen(function* () {
      const { asked, send, snapshot } = yield* guarding(big(limited()), { maxQueueSize: 2 })
      yield* send("big")

      const waiting = [yield* fork(send("big")), yield* fork(send("big"))]
      yield* steps(20)
      assert.strictEqual(reasonOf(yield* send("big"))?.code, "rate_limited")
      yield* Fiber.interrupt(waiting[0]!)
      const next = yield* fork(send("big"))
      yield* TestClock.adjust("4100 millis")
      for (const fiber of [waiting[1]!, next]) yield* Fiber.join(fiber)

      assert.strictEqual(asked.length, 3)
      const { requests } = yield* snapshot
      assert.deepInclude(requests, { total: 5, inFlight: 0, cancelled: 1, rejected: 1 })
    })
  )

  it.effect("a call whose deadline comes first is refused at once", () =>
    Effect.gen(function* () {
      const { asked, send } = yield* guarding(big(limited()), { deadline: "2 seconds" })
      yield* send("big")

      assert.strictEqual(reasonOf(yield* send("big"))?.code, "deadline_exceeded")
      assert.strictEqual(asked.length, 1)
    })
  )

  it.effect("the gate's end ends the wait", () =>
    Effect.gen(function* () {
      const done = yield* Deferred.make<void>()
      const { send } = yield* guarding(big(limited({ "retry-after": "3000" })))
      yield* send("big")
      const waiting = yield* fork(Effect.ensuring(send("big"), Deferred.succeed(done, undefined)))

      yield* TestClock.adjust("121 seconds")

      yield* Fiber.join(waiting)
      assert.isTrue(yield* Deferred.isDone(done))
    })
  )
})
