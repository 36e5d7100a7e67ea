import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import type { ServerResponse } from "node:http"
import { GuardedUpstream } from "../../src/upstream/GuardedUpstream.ts"
import { Upstream } from "../../src/upstream/Upstream.ts"
import * as Headgate from "../../src/Headgate.ts"
import { answer, ask, chunk, data, done, events, facing, json, write } from "../support/faults.ts"
import { open } from "../support/upstream.ts"

const isAsked = (body: string) => body.includes("stream_options")

type Refusal = (response: ServerResponse) => void

const says =
  (status: number, body: string, type = json): Refusal =>
  (response) =>
    write(response, { status, headers: { "content-type": type }, body })

const refusals: ReadonlyArray<readonly [string, Refusal]> = [
  ["a bare 400", says(400, '{"error":{"message":"Bad Request"}}')],
  ["a 500 that names the field", says(500, '{"error":{"message":"unknown field stream_options"}}')],
  ["an error event", says(200, data({ error: { message: "Extra inputs are not permitted", code: 400 } }), events)],
  ["no event at all", says(200, "", events)],
  ["a 422 with details", says(422, '{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"]}]}')],
  ["a bare 500", says(500, "")],
  ["a page of a proxy", says(502, "<html>", "text/html")],
  ["a page with status 200", says(200, "<html>", "text/html")],
  ["a 404", says(404, "{}")],
  ["a 501", says(501, "{}")],
  ["JSON that is an error", says(200, '{"error":"bad body"}')],
  ["empty JSON", says(200, "")],
  ["only [DONE]", says(200, done, events)],
  ["only a comment", says(200, ": hi\n\n", events)],
  ["a comment and an error", says(200, ": hi\n\n" + data({ error: { code: 400 } }), events)],
  ["an error named by its event", says(200, 'event: error\ndata: {"message":"x"}\n\n', events)],
  ["a connection that breaks", (response) => response.destroy()],
  [
    "a connection that breaks after its head",
    (response) => {
      response.writeHead(200, { "content-type": events })
      response.flushHeaders()
      setImmediate(() => response.destroy())
    }
  ]
]

describe("asking-for-usage-breaks-strict-endpoints", () => {
  it.live.each(refusals)("an endpoint that answers the question with %s is asked once more without it", ([, refuse]) =>
    Effect.gen(function* () {
      const { endpoint, outcomes, stats, url } = yield* facing((response, body) =>
        isAsked(body) ? refuse(response) : write(response, { body: answer() })
      )

      const first = yield* ask(url, { stream: true })
      const second = yield* ask(url, { stream: true })

      assert.strictEqual(first.status, 200)
      assert.strictEqual(first.text.replace(": hi\n\n", ""), answer())
      assert.strictEqual(second.text, answer())
      assert.deepStrictEqual(
        endpoint.requests.map(({ body }) => isAsked(body)),
        [true, false, false]
      )
      assert.deepInclude(yield* outcomes, { failed: 0, succeeded: 2 })
      assert.strictEqual((yield* stats.snapshot).circuitBreaker.failures, 0)
    })
  )

  it.live.each([
    ["breaks the connection once", (response: ServerResponse) => response.destroy()],
    ["fails once", says(500, "")]
  ] as const)("a model that %s is asked again later, and then tells its usage", ([, fail]) =>
    Effect.gen(function* () {
      const told = data({ choices: [], usage: { prompt_tokens: 40, completion_tokens: 2 } })
      const { endpoint, stats, url } = yield* facing((response, body, attempt) => {
        if (attempt === 1) fail(response)
        else write(response, { body: chunk({ content: "hi" }, "stop") + (isAsked(body) ? told : "") + done })
      })
      for (let i = 0; i < 4; i++) assert.strictEqual((yield* ask(url, { stream: true })).text, answer())

      assert.deepStrictEqual(
        endpoint.requests.map(({ body }) => isAsked(body)),
        [true, false, false, true, true]
      )
      assert.isAtLeast((yield* stats.snapshot).tokens.prompt, 80)
    })
  )

  it.live("a model that breaks off at each question is asked no third time", () =>
    Effect.gen(function* () {
      const { endpoint, url } = yield* facing((response, body) =>
        isAsked(body) ? response.destroy() : write(response, { body: answer() })
      )
      for (let i = 0; i < 6; i++) assert.strictEqual((yield* ask(url, { stream: true })).text, answer())

      assert.strictEqual(endpoint.requests.filter(({ body }) => isAsked(body)).length, 2)
    })
  )

  it.live("an endpoint that asks for a rest is not asked twice", () =>
    Effect.gen(function* () {
      for (const status of [429, 503]) {
        const { endpoint, url } = yield* facing((response) =>
          write(response, { status, headers: { "retry-after": "1" }, body: "{}" })
        )

        assert.strictEqual((yield* ask(url, { stream: true })).status, status)
        assert.strictEqual(endpoint.requests.length, 1)
      }
    })
  )

  it.live("an endpoint that fails with and without the question is asked twice only once", () =>
    Effect.gen(function* () {
      const { endpoint, url } = yield* facing(
        (response, _, attempt) =>
          attempt < 5 ? write(response, { status: 500, body: "{}" }) : write(response, { body: answer() }),
        { circuitBreaker: { maxFailures: 100 } }
      )

      for (let i = 0; i < 5; i++) yield* ask(url, { stream: true })

      const asked = endpoint.requests.map(({ body }) => isAsked(body))
      assert.deepStrictEqual(asked, [true, false, false, false, false, true])
    })
  )

  it.live("what an endpoint refuses of the caller's own comes back as it is", () =>
    Effect.gen(function* () {
      const { endpoint, url } = yield* facing((response) => write(response, { status: 400, body: "{}" }))

      const got = yield* ask(url, { stream: true, stream_options: { include_usage: true } })

      assert.deepStrictEqual([got.status, got.text, endpoint.requests.length], [400, "{}", 1])
    })
  )

  it.live("an error in place of the usage, after the answer, is left out", () =>
    Effect.gen(function* () {
      const body = chunk({ content: "hi" }, "stop") + data({ error: { message: "no usage" } }) + done
      const { outcomes, url } = yield* facing((response) => write(response, { body }))

      assert.strictEqual((yield* ask(url, { stream: true })).text, answer())
      assert.deepInclude(yield* outcomes, { failed: 0, succeeded: 1 })
    })
  )

  it.effect("switched off, nothing is asked", () =>
    Effect.gen(function* () {
      const bodies: Array<string> = []
      const upstream = Upstream.sending(({ body }) => {
        bodies.push(new TextDecoder().decode(body))
        return Effect.succeed({ status: 200, headers: {}, body: new TextEncoder().encode(answer()) })
      })
      const context = yield* Layer.build(
        GuardedUpstream.layerWith({ streamUsage: "off" }).pipe(
          Layer.provide(Layer.succeed(Upstream, upstream)),
          Layer.provide(Headgate.make())
        )
      )
      const body = new TextEncoder().encode('{"stream":true}')

      yield* open(
        Context.get(context, GuardedUpstream),
        {},
        { method: "POST", path: "/chat/completions", headers: {}, body }
      )

      assert.deepStrictEqual(bodies, ['{"stream":true}'])
    })
  )
})
