import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import OpenAI from "openai"
import { setTimeout as delay } from "node:timers/promises"
import { errors } from "@effect/platform-node/Undici"
import { createProvider, Failure } from "../../src/index.ts"

const provider = Effect.acquireRelease(
  Effect.promise(() =>
    createProvider({
      maxConcurrentRequests: 5,
      requestsPerSecond: Infinity,
      maxRetries: 2,
      circuitBreaker: { maxFailures: 3, timeout: "30 seconds" }
    })
  ),
  (provider) => Effect.promise(() => provider.close(0))
)

const aborted = () => AbortSignal.abort()
const nowhere = "http://127.0.0.1:9/"
const named = (name: string, fields: object = {}) => Object.assign(new Error("stopped"), { name }, fields)
const caused = (cause: unknown) => new Error("The call failed", { cause })

/** Work that its own program aborts, as libraries tell of it. */
const aborts: ReadonlyArray<readonly [string, () => unknown]> = [
  ["throwIfAborted", () => aborted().throwIfAborted()],
  ["fetch", () => fetch(nowhere, { signal: aborted() })],
  ["undici's own error", () => Promise.reject(new errors.RequestAbortedError())],
  ["timers", () => delay(1, undefined, { signal: aborted() })],
  ["openai", () => new OpenAI({ apiKey: "k", baseURL: nowhere, maxRetries: 0 }).models.list({ signal: aborted() })],
  ["a DOMException", () => Promise.reject(new DOMException("stopped", "AbortError"))],
  ["axios", () => Promise.reject(named("CanceledError", { code: "ERR_CANCELED", __CANCEL__: true }))],
  ["a code alone", () => Promise.reject(named("Error", { code: "ABORT_ERR" }))],
  ["an error that wraps one", () => Promise.reject(caused(caused(named("AbortError"))))],
  ["a plain object", () => Promise.reject({ name: "AbortError", message: "stopped" })]
]

const others: ReadonlyArray<readonly [string, () => unknown]> = [
  ["a timeout of its own", () => Promise.reject(new DOMException("late", "TimeoutError"))],
  ["a timer that a timeout ended", () => Promise.reject(named("AbortError", { cause: named("TimeoutError") }))],
  ["a connection that cannot be made", () => fetch(nowhere)],
  [
    "a proxy that refuses",
    () => Promise.reject(new TypeError("fetch failed", { cause: new errors.RequestAbortedError() }))
  ],
  ["axios' timeout", () => Promise.reject(named("AxiosError", { code: "ECONNABORTED" }))]
]

const outcomeOf = Effect.fnUntraced(function* (work: () => unknown) {
  const { getStats, run } = yield* provider
  let begun = 0
  const wrapped = async () => {
    begun++
    await work()
  }
  yield* Effect.promise(() => run(wrapped).catch(() => {}))
  return { begun, ...getStats() }
})

// Failures are tried again after real delays.
describe.concurrent("an-abort-of-the-works-own-is-tried-again", () => {
  it.live.each(aborts)("%s: work that aborts is not made again, and is no failure", ([, work]) =>
    Effect.gen(function* () {
      const { begun, circuitBreaker, requests } = yield* outcomeOf(work)

      assert.strictEqual(begun, 1)
      assert.deepInclude(circuitBreaker, { state: "closed", failures: 0 })
      assert.deepInclude(requests, { total: 1, cancelled: 1, failed: 0, retried: 0 })
    })
  )

  it.live.each(others)("%s is a failure", ([, work]) =>
    Effect.gen(function* () {
      const { begun, circuitBreaker, requests } = yield* outcomeOf(work)

      assert.isAbove(begun, 1)
      assert.isAbove(circuitBreaker.failures, 0)
      assert.deepInclude(requests, { total: 1, cancelled: 0, failed: 1 })
    })
  )

  it.live("a fetch of the program's own that aborts is not made again either", () =>
    Effect.gen(function* () {
      let begun = 0
      const fetch = () => {
        begun++
        return Promise.reject(new DOMException("stopped", "AbortError"))
      }
      const { fetch: guarded, getStats } = yield* Effect.promise(() =>
        createProvider({ maxConcurrentRequests: 1, fetch })
      )

      const error = yield* Effect.promise(() =>
        guarded("http://model.test/v1/chat/completions", { method: "POST", body: "{}" }).catch(
          (error: unknown) => error
        )
      )

      assert.strictEqual((error as Error).name, "AbortError")
      assert.strictEqual(begun, 1)
      assert.deepInclude(getStats().requests, { cancelled: 1, failed: 0 })
    })
  )

  it("an abort is told apart from a timeout", () => {
    assert.isTrue(Failure.isAbort(new OpenAI.APIUserAbortError()))
    assert.isFalse(Failure.isAbort(new OpenAI.APIConnectionTimeoutError()))
    assert.isFalse(Failure.isAbort("AbortError"))
  })
})
