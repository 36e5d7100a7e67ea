import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as TokenEstimate from "../../src/upstream/TokenEstimate.ts"
import { runs } from "../support/runs.ts"

const user = (content: unknown) => ({ role: "user", content })

describe("TokenEstimate", () => {
  it("four characters are a token, and the reply may be as long as it is allowed", () => {
    const messages = [user("12345678"), user([{ type: "text", text: "1234" }, { type: "image_url" }])]

    assert.strictEqual(TokenEstimate.of({ messages }), 3)
    assert.strictEqual(TokenEstimate.of({ messages, max_tokens: 100 }), 103)
    assert.strictEqual(TokenEstimate.of({ messages, max_tokens: 100, max_completion_tokens: 10, n: 2 }), 23)
  })

  it("prompts, inputs and token ids count as messages do", () => {
    assert.strictEqual(TokenEstimate.of({ prompt: ["12345678", "1234"], max_tokens: 5 }), 8)
    assert.strictEqual(TokenEstimate.of({ input: [17, 4, 2] }), 3)
    const input = [{ role: "user", content: [{ type: "input_text", text: "12345678" }] }]
    assert.strictEqual(TokenEstimate.of({ instructions: "1234", input, max_output_tokens: 7 }), 10)
  })

  it("a body nested without end is estimated all the same", () => {
    const nested = JSON.parse("[".repeat(100_000) + "]".repeat(100_000))

    assert.strictEqual(TokenEstimate.of({ input: nested }), 0)
  })

  it.effect.prop(
    "any body has an estimate that a gate takes",
    { body: Schema.Record(Schema.Literals(["messages", "prompt", "input", "max_tokens", "n"]), Schema.Json) },
    ({ body }) =>
      Effect.sync(() => {
        const tokens = TokenEstimate.of(body)
        assert.isTrue(tokens >= 0 && tokens <= 1e12)
      }),
    { arbitrary: { runs: runs(100, 2000), seed: 1 } }
  )

  it("nonsense counts nothing, and no number is too large", () => {
    assert.strictEqual(TokenEstimate.of({ messages: [null, true, user({})], max_tokens: "many", n: -1 }), 0)
    assert.strictEqual(TokenEstimate.of({ max_tokens: 1e300, n: 1e300 }), 1e12)
  })
})
