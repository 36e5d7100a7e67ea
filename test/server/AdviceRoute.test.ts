import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema } from "effect"
import { Advice } from "../../src/advice/Advice.ts"
import { Upstream } from "../../src/upstream/Upstream.ts"
import { calls } from "../support/calls.ts"
import { chat, fetching, json } from "../support/gateway.ts"

const text = (response: Response) => Effect.promise(() => response.text())

describe("GET /advice", () => {
  it.live("is JSON of its schema, and says when all is well", () =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching()
      const response = yield* fetch("/advice")
      const advice = yield* Schema.decodeUnknownEffect(Advice)(yield* json<unknown>(response))

      assert.strictEqual(response.status, 200)
      assert.strictEqual(response.headers.get("cache-control"), "no-store")
      assert.strictEqual(advice.status, "healthy")
      assert.match(advice.summary, /^All is well/)
      assert.deepStrictEqual(
        advice.targets.map(({ name }) => name),
        ["success", "queue", "circuit", "timeouts", "jobs"]
      )
    })
  )

  it.live("names the present values of settings that no snapshot shows", () =>
    Effect.gen(function* () {
      const { fetch, stats } = yield* fetching({ app: { requestTimeout: "10 seconds", maxRetries: 0 } })
      calls(stats.record, 9, "succeeded")
      calls(stats.record, 3, "timedOut", "ada", 10_000)
      const advice = yield* Schema.decodeUnknownEffect(Advice)(yield* json<unknown>(yield* fetch("/advice")))
      const changes = advice.findings.flatMap(({ remedies }) => remedies.flatMap(({ change }) => change))

      assert.deepInclude(
        changes.map(({ from, to, variable }) => ({ from, to, variable })),
        { variable: "LLM_REQUEST_TIMEOUT_MS", from: 10_000, to: 1000 }
      )
      assert.deepInclude(
        changes.map(({ from, to, variable }) => ({ from, to, variable })),
        { variable: "LLM_MAX_RETRIES", from: 0, to: 2 }
      )
    })
  )

  it.live("knows the preset, and names the adaptive one where the limits of another bind", () =>
    Effect.gen(function* () {
      const limits = { requestsPerSecond: 0.001 }
      for (const preset of ["default", "adaptive"]) {
        const { fetch, stats } = yield* fetching({ limits, app: { preset } })
        calls(stats.record, 9, "succeeded")
        for (let call = 0; call < 9; call++) {
          stats.record({ _tag: "Arrived", caller: "ada" })
          const ended = { caller: "ada", outcome: "rejected", reason: "QueueFull", latency: undefined } as const
          stats.record({ _tag: "Ended", ...ended })
        }
        const advice = yield* Schema.decodeUnknownEffect(Advice)(yield* json<unknown>(yield* fetch("/advice")))
        const changes = advice.findings.flatMap(({ remedies }) => remedies.flatMap(({ change }) => change))
        const found = changes.find(({ variable }) => variable === "LLM_PRESET")

        assert.deepStrictEqual(
          [found?.from, found?.to],
          preset === "default" ? ["default", "adaptive"] : [undefined, undefined]
        )
      }
    })
  )

  it.live("reports an API key that the model rejects, which does not count as a failure", () =>
    Effect.gen(function* () {
      const refusing = Upstream.sending(() =>
        Effect.succeed({ status: 401, headers: { "content-type": "application/json" }, body: new Uint8Array() })
      )
      const { fetch, stats } = yield* fetching({ upstream: Layer.succeed(Upstream, refusing) })
      for (const stream of [false, true]) yield* fetch("/v1/chat/completions", chat({ stream }))
      const { summary } = yield* json<Advice>(yield* fetch("/advice"))

      assert.match(
        summary,
        /^The model rejects the API key: of the last hour's 2 calls, 2 were answered with 401 or 403/
      )
      assert.deepInclude((yield* stats.snapshot).requests, { succeeded: 2, successRate: 1 })
    })
  )

  it.live.each([
    ["/advice?format=text", "*/*"],
    ["/advice", "text/plain"],
    ["/advice", "text/plain, application/json;q=0.5"]
  ] as const)("%s with Accept: %s is text", ([path, accept]) =>
    Effect.gen(function* () {
      const { fetch, stats } = yield* fetching()
      calls(stats.record, 3, "failed")
      const response = yield* fetch(path, { headers: { accept } })
      const body = yield* text(response)

      assert.match(response.headers.get("content-type")!, /^text\/plain/)
      assert.match(body, /^health: unhealthy\n/)
      assert.match(body, /\nmissed {2}more than 90 % of the calls that start succeed \(0\)\n/)
      assert.match(body, /\ncritical, success: Only 0 % of the calls that started succeeded/)
    })
  )

  it.live.each([
    ["/advice?format=json", "text/plain"],
    ["/advice", "application/json, text/plain"],
    ["/advice", "text/html, */*"]
  ] as const)("%s with Accept: %s is JSON", ([path, accept]) =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching()
      const response = yield* fetch(path, { headers: { accept } })

      assert.match(response.headers.get("content-type")!, /^application\/json/)
    })
  )

  it.live("asks for a key where keys are set, and takes no other method", () =>
    Effect.gen(function* () {
      const guarded = yield* fetching({ app: { apiKeys: [{ name: "ada", key: Redacted.make("key-of-ada") }] } })
      const { fetch } = yield* fetching()

      assert.strictEqual((yield* guarded.fetch("/advice")).status, 401)
      assert.strictEqual((yield* fetch("/advice", { method: "POST" })).status, 405)
      assert.strictEqual((yield* fetch("/advice", { method: "HEAD" })).status, 200)
    })
  )
})
