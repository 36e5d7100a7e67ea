import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Stream } from "effect"
import { LanguageModel } from "effect/ai"
import OpenAI from "openai"
import { type Provider, Stats } from "../src/index.ts"
import * as OpenAi from "../src/ai/OpenAi.ts"
import * as UpstreamHttp from "../src/upstream/UpstreamHttp.ts"
import { chat, endpoint, onLoopback } from "./support/gateway.ts"
import { behind } from "./support/guarded.ts"
import { provider } from "./support/provider.ts"

const limits = { circuitBreaker: { maxFailures: 1 } }

/** Asks the endpoint once, by one of the ways to the gate; tells the figures then. */
type Door = (url: string) => Effect.Effect<ReturnType<Provider["getStats"]>, never, never>

const gateway =
  (stream: boolean): Door =>
  (baseUrl) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { stats, url } = yield* onLoopback({ upstream: UpstreamHttp.layer({ baseUrl }), limits })
        yield* Effect.promise(() => fetch(`${url}/v1/chat/completions`, chat({ stream })).then((reply) => reply.text()))
        return yield* stats.snapshot
      })
    ).pipe(Effect.orDie)

const provided =
  (ask: (provider: Provider, url: string) => Promise<unknown>): Door =>
  (url) =>
    Effect.scoped(
      Effect.gen(function* () {
        const made = yield* provider(limits)
        yield* Effect.promise(() => ask(made, url).catch(() => {}))
        return made.getStats()
      })
    ).pipe(Effect.orDie)

const model =
  (call: Effect.Effect<unknown, unknown, LanguageModel.LanguageModel>): Door =>
  (baseUrl) =>
    Effect.scoped(
      Effect.gen(function* () {
        const context = yield* Layer.build(behind(OpenAi.layer({ baseUrl }), limits))
        yield* Effect.exit(Effect.provideContext(call, context))
        return yield* Context.get(context, Stats).snapshot
      })
    ).pipe(Effect.orDie)

const question = { model: "m", messages: [{ role: "user" as const, content: "Hello" }] }
const asking = (baseURL: string, signal?: AbortSignal) =>
  new OpenAI({ apiKey: "any", baseURL, maxRetries: 0 }).chat.completions.create(question, signal && { signal })

const doors: ReadonlyArray<readonly [string, Door]> = [
  ["the gateway", gateway(false)],
  ["a stream of the gateway", gateway(true)],
  ["fetch", provided(({ fetch }, url) => fetch(`${url}/chat/completions`, chat()).then((reply) => reply.text()))],
  ["a stream of fetch", provided(({ fetch }, url) => fetch(`${url}/chat/completions`, chat({ stream: true })))],
  ["run", provided(({ run }, url) => run((signal) => asking(url, signal)))],
  ["a language model", model(LanguageModel.generateText({ prompt: "Hello" }))],
  ["a stream of a language model", model(Stream.runDrain(LanguageModel.streamText({ prompt: "Hello" })))]
]

describe.each(doors)("by way of %s", (_, door) => {
  for (const [status, outcome] of [
    [400, "succeeded"],
    [401, "succeeded"],
    [402, "succeeded"],
    [403, "succeeded"],
    [404, "succeeded"],
    [408, "failed"],
    [429, "failed"],
    [500, "failed"]
  ] as const) {
    it.live(`a reply of ${status} is counted as ${outcome}`, () =>
      Effect.gen(function* () {
        const { url } = yield* endpoint((request, response) => {
          request.resume()
          response.writeHead(status, { "content-type": "application/json" }).end('{"error":{"message":"no"}}')
        })

        const { circuitBreaker, requests } = yield* door(url)

        assert.deepInclude(requests, { total: 1, [outcome]: 1 })
        assert.strictEqual(circuitBreaker.isOpen, status === 408 || status === 500)
      })
    )
  }
})
