import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import OpenAI from "openai"
import { type Provider, RejectionError } from "../src/index.ts"
import * as Fetching from "./support/fetching.ts"
import { pass, provider, settled, turn } from "./support/provider.ts"

const breaker = { circuitBreaker: { maxFailures: 2, timeout: "1 hour" } } as const

/** A provider whose circuit is open. */
const opened = Effect.gen(function* () {
  const inner = yield* provider(breaker)
  for (let index = 0; index < 2; index++) void inner.run(() => Promise.reject(new Error("down"))).catch(() => {})
  yield* turn
  assert.isTrue(inner.getStats().circuitBreaker.isOpen)
  return inner
})

/** A provider that refuses whatever comes: its only place is taken, and nobody may wait. */
const full = Effect.gen(function* () {
  const inner = yield* provider({ maxConcurrentRequests: 1, maxQueueSize: 0 })
  void inner.run(() => new Promise(() => {})).catch(() => {})
  yield* turn
  return inner
})

const closed = Effect.tap(provider(), ({ close }) => Effect.promise(() => close(0)))

const inners = [
  { code: "circuit_open", status: 503, inner: opened },
  { code: "queue_full", status: 429, inner: full },
  { code: "shutting_down", status: 503, inner: closed }
] as const

/** Makes calls through the outer gate that all come to the same refusal, and tells with what the last failed. */
const refusals = Effect.fnUntraced(function* (outer: Provider, work: () => Promise<unknown>) {
  let last: unknown
  for (let index = 0; index < 4; index++) {
    const call = settled(outer.run(work))
    yield* turn
    yield* pass(1)
    assert.strictEqual(call.is, "rejected")
    last = call.value
  }
  return last
})

/** What a promise comes to, although the outer gate pauses after a 429. */
const awaited = Effect.fnUntraced(function* <A>(begin: () => Promise<A>) {
  const fiber = yield* Effect.forkChild(Effect.promise(begin), { startImmediately: true })
  yield* TestClock.adjust("1 minute")
  return yield* Fiber.join(fiber)
})

const untouched = { isOpen: false, state: "closed", failures: 0 } as const

describe("A provider in front of another", () => {
  for (const { code, inner, status } of inners) {
    it.effect(`takes ${code} of the inner one for no failure of the model, and asks no more often`, () =>
      Effect.gen(function* () {
        const outer = yield* provider({ ...breaker, maxRetries: 2 })
        const beneath = yield* inner
        const error = yield* refusals(outer, () => beneath.run(async () => "answer"))

        assert.instanceOf(error, RejectionError)
        assert.strictEqual(error.code, code)
        assert.deepInclude(outer.getStats().circuitBreaker, untouched)
        assert.deepInclude(outer.getStats().requests, { failed: 4, retried: 0, rejected: 0 })
      })
    )

    it.effect(`knows ${code} inside an error of the work's own`, () =>
      Effect.gen(function* () {
        const outer = yield* provider(breaker)
        const beneath = yield* inner
        yield* refusals(outer, () =>
          beneath.run(async () => "answer").catch((cause: unknown) => Promise.reject(new Error("no luck", { cause })))
        )

        assert.deepInclude(outer.getStats().circuitBreaker, untouched)
      })
    )

    it.effect(`knows ${code} of a gate over HTTP`, () =>
      Effect.gen(function* () {
        const beneath = yield* inner
        const outer = yield* provider({ ...breaker, fetch: beneath.fetch })
        for (let index = 0; index < 4; index++) {
          const response = yield* awaited(() => outer.fetch(Fetching.url, Fetching.ask()))
          assert.strictEqual(response.status, status)
          const said = (yield* Effect.promise(() => response.json())) as { readonly error: { readonly code: string } }
          assert.strictEqual(said.error.code, code)
        }

        assert.deepInclude(outer.getStats().circuitBreaker, untouched)
      })
    )

    it.effect(`knows ${code} that a client of such a gate throws`, () =>
      Effect.gen(function* () {
        const outer = yield* provider(breaker)
        const beneath = yield* inner
        const client = new OpenAI({
          apiKey: "none",
          baseURL: "http://model.test/v1",
          maxRetries: 0,
          fetch: beneath.fetch
        })
        const ask = () => client.chat.completions.create({ model: "m", messages: [{ role: "user", content: "Hello" }] })
        for (let index = 0; index < 4; index++) {
          const error = yield* awaited(() => outer.run(ask).catch((error: unknown) => error))
          assert.deepInclude(error as object, { status, code })
        }

        assert.deepInclude(outer.getStats().circuitBreaker, untouched)
      })
    )
  }

  it.effect("takes an attempt that was too long for the inner one for a failure of the model", () =>
    Effect.gen(function* () {
      const outer = yield* provider(breaker)
      const inner = yield* provider({ requestTimeout: "5 millis" })
      for (let index = 0; index < 2; index++) {
        void outer.run(() => inner.run(() => new Promise(() => {}))).catch(() => {})
        yield* pass(6)
      }

      assert.isTrue(outer.getStats().circuitBreaker.isOpen)
    })
  )

  it.effect("takes another 503 for a failure of the model", () =>
    Effect.gen(function* () {
      const body = { error: { code: "overloaded", message: "busy" } }
      const { fetch } = Fetching.answering(() => Fetching.json(body, { status: 503 }))
      const outer = yield* provider({ ...breaker, fetch })
      for (let index = 0; index < 2; index++) yield* Effect.promise(() => outer.fetch(Fetching.url, Fetching.ask()))

      assert.isTrue(outer.getStats().circuitBreaker.isOpen)
    })
  )
})
