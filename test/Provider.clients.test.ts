import { LLMock } from "@copilotkit/aimock"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createProvider, type ProviderOptions } from "../src/index.ts"
import { clients, joined } from "./support/clients.ts"
import { turn } from "./support/provider.ts"
import { begin, scripted } from "./support/script.ts"

const provider = (options: ProviderOptions = {}) =>
  Effect.acquireRelease(
    Effect.promise(() => createProvider({ requestsPerSecond: Infinity, maxRetries: 0, ...options })),
    (made) => Effect.promise(() => made.close(0))
  )

const mock = Effect.acquireRelease(
  Effect.promise(async () => {
    const mock = new LLMock({ port: 0, chunkSize: 4 })
    const usage = { prompt_tokens: 7, completion_tokens: 9 }
    mock.onMessage("hello", { content: "Hello! Größe, 😀 and more.", usage })
    mock.onMessage("weather", { toolCalls: [{ id: "call_1", name: "weather", arguments: '{"city":"Paris"}' }], usage })
    await mock.start()
    return mock
  }),
  (mock) => Effect.promise(() => mock.stop())
)

/** Waits until it is so, while others go on. */
const until = (so: () => boolean) =>
  Effect.gen(function* () {
    while (!so()) yield* turn
  })

describe.each(clients)("the $name client with the provider's fetch", ({ name, parts, tools, whole }) => {
  it.live("gets answers whole and in parts, and calls of tools", () =>
    Effect.gen(function* () {
      const { url } = yield* mock
      const { fetch, getStats } = yield* provider()
      const endpoint = { baseURL: `${url}/v1`, fetch }
      const answers = yield* Effect.promise(async () => [
        await whole(endpoint, "hello"),
        await joined(parts(endpoint, "hello")),
        await tools(endpoint, "weather", false),
        await tools(endpoint, "weather", true)
      ])

      const words = "Hello! Größe, 😀 and more."
      assert.deepStrictEqual(answers, [words, words, ["weather"], ["weather"]])
      yield* until(() => getStats().requests.inFlight === 0)
      assert.deepInclude(getStats().requests, { total: 4, succeeded: 4 })
      assert.deepInclude(getStats().tokens, { prompt: 28, completion: 36 })
    })
  )

  it.live("comes back when a refusal says so, and is then served", () =>
    Effect.gen(function* () {
      const { url } = yield* mock
      const { fetch, getStats, run } = yield* provider({ circuitBreaker: { maxFailures: 1, timeout: 1000 } })
      const seen: Array<{ readonly status: number; readonly wait: number }> = []
      const watched: typeof fetch = async (input, init) => {
        const response = await fetch(input, init)
        seen.push({ status: response.status, wait: Number(response.headers.get("retry-after-ms")) })
        return response
      }
      yield* Effect.promise(() => run(() => Promise.reject(new Error("down"))).catch(() => {}))

      assert.match(yield* Effect.promise(() => whole({ baseURL: `${url}/v1`, fetch: watched }, "hello")), /^Hello!/)

      const [refused, served, ...others] = seen
      assert.deepStrictEqual([refused!.status, served!.status, others.length], [503, 200, 0])
      assert.isTrue(refused!.wait > 0 && refused!.wait <= 1200, `told to wait ${refused!.wait} ms`)
      assert.deepInclude(getStats().requests, { succeeded: 1, rejected: 1, failed: 1 })
    })
  )

  const hello = `data: ${JSON.stringify({
    id: "c",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta: { role: "assistant", content: "Hello" }, finish_reason: null }]
  })}\n\n`

  it.live(
    "aborted before the head, in the stream or while it waits, leaves no permit held and no connection open",
    () =>
      Effect.gen(function* () {
        const endpoint = yield* scripted((response, body) => {
          if (body.includes('"stream":true')) begin(response, hello)
        })
        const { fetch, getStats } = yield* provider({ maxConcurrentRequests: 2 })
        const through = { baseURL: endpoint.url, fetch, maxRetries: 0 }
        const heard: Array<string> = []
        const leave = new AbortController()
        const calls = [whole(through, "hello", leave.signal)]
        yield* until(() => endpoint.requests.length === 1)
        calls.push(
          (async () => {
            for await (const part of parts(through, "hello", leave.signal)) heard.push(part)
            return "whole"
          })()
        )
        yield* until(() => heard.includes("Hello"))
        calls.push(whole(through, "hello", leave.signal))
        const ends = Promise.allSettled(calls)
        yield* until(() => getStats().queue.queueSize === 1)
        leave.abort()

        const outcomes = yield* Effect.promise(() => ends)
        // The openai client takes an abort for the end of a stream.
        const streamed = name === "openai" ? "fulfilled" : "rejected"
        assert.deepStrictEqual(
          outcomes.map(({ status }) => status),
          ["rejected", streamed, "rejected"]
        )
        const closed = yield* Effect.forEach([0, 1], (index) =>
          Effect.flatMap(endpoint.asked(index), ({ closed }) => closed)
        )
        assert.deepStrictEqual(closed, [false, false])
        yield* until(() => getStats().queue.activeRequests === 0)
        assert.deepInclude(getStats().requests, { total: 3, cancelled: 3, inFlight: 0 })
        assert.strictEqual(endpoint.requests.length, 2)
      })
  )
})

describe("the openai client with the provider's fetch", () => {
  it.live("that breaks out of its loop gives the place back", () =>
    Effect.gen(function* () {
      const { url } = yield* mock
      const { fetch, getStats } = yield* provider({ maxConcurrentRequests: 1 })
      const [openai] = clients
      const through = { baseURL: `${url}/v1`, fetch }
      for (let i = 0; i < 3; i++) {
        yield* Effect.promise(async () => {
          for await (const part of openai!.parts(through, "hello")) if (part !== "") break
        })
      }

      yield* until(() => getStats().requests.inFlight === 0)
      assert.deepInclude(getStats().queue, { activeRequests: 0, queueSize: 0 })
    })
  )
})
