import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Upstream, type UpstreamRequest } from "../../src/upstream/Upstream.ts"
import { fetching, json } from "../support/gateway.ts"

const post = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body)
})

describe("the other calls of a model", () => {
  it.live.each([
    ["/v1/completions", { model: "m", prompt: "Once upon a time" }, "text_completion", "prompt_tokens"],
    ["/v1/embeddings", { model: "m", input: ["one", "two"] }, "list", "prompt_tokens"],
    ["/v1/responses", { model: "m", input: "Why is the sky blue?" }, "response", "input_tokens"]
  ] as const)("%s goes through the gate, and its tokens are counted", ([path, body, object, prompt]) =>
    Effect.gen(function* () {
      const { fetch, stats } = yield* fetching()
      const response = yield* fetch(path, post(body))
      const answer = yield* json<{ object: string; usage: Record<string, number> }>(response)

      assert.strictEqual(response.status, 200)
      assert.strictEqual(answer.object, object)
      const { requests, tokens } = yield* stats.snapshot
      assert.strictEqual(requests.succeeded, 1)
      assert.strictEqual(tokens.total, answer.usage["total_tokens"])
      assert.strictEqual(tokens.prompt, answer.usage[prompt])
    })
  )

  it.live.each([
    ["/v1/completions", {}, "prompt"],
    ["/v1/embeddings", { input: null }, "input"],
    ["/v1/responses", { input: "hi", stream: "yes" }, "stream"]
  ] as const)("%s with %o is refused, and no call", ([path, body, param]) =>
    Effect.gen(function* () {
      const { fetch, stats } = yield* fetching()
      const response = yield* fetch(path, post({ model: "m", ...body }))
      const { error } = yield* json(response)

      assert.deepStrictEqual([response.status, error.code, error.param], [400, "invalid_request", param])
      assert.strictEqual((yield* stats.snapshot).requests.total, 0)
    })
  )

  it.live.each(["/completions", "/embeddings", "/responses"])("%s reaches the same path of the endpoint", (path) =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const send = (request: UpstreamRequest) => {
        seen.push(request.path)
        return Effect.succeed({ status: 200, headers: {}, body: request.body ?? new Uint8Array() })
      }
      const upstream = Layer.succeed(Upstream, Upstream.sending(send))
      const { fetch } = yield* fetching({ upstream })
      const body = JSON.stringify({ input: "1", prompt: "1", x_unknown: 12345678901234567890n.toString() })
      const response = yield* fetch(`/v1${path}?version=2`, { ...post({}), body })

      assert.strictEqual(yield* Effect.promise(() => response.text()), body)
      assert.deepStrictEqual(seen, [`${path}?version=2`])
    })
  )
})
