import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as TokenEstimate from "../../src/http/TokenEstimate.ts"
import { runs } from "../support/runs.ts"

const user = (content: unknown) => ({ role: "user", content })

describe("TokenEstimate", () => {
  it("four characters are a token, and the reply may be as long as it is allowed", () => {
    const messages = [user("12345678"), user([{ type: "text", text: "1234" }, { type: "image_url" }])]

    assert.strictEqual(TokenEstimate.ofChat({ messages }), 3)
    assert.strictEqual(TokenEstimate.ofChat({ messages, max_tokens: 100 }), 103)
    assert.strictEqual(TokenEstimate.ofChat({ messages, max_tokens: 100, max_completion_tokens: 10, n: 2 }), 23)
  })

  it.effect.prop(
    "any body has an estimate that a gate takes",
    { body: Schema.Record(Schema.Literals(["messages", "max_tokens", "n"]), Schema.Json) },
    ({ body }) =>
      Effect.sync(() => {
        const tokens = TokenEstimate.ofChat(body)
        assert.isTrue(tokens >= 0 && tokens <= 1e12)
      }),
    { arbitrary: { runs: runs(100, 2000), seed: 1 } }
  )

  it("nonsense counts nothing, and no number is too large", () => {
    assert.strictEqual(TokenEstimate.ofChat({ messages: [null, 1, user({})], max_tokens: "many", n: -1 }), 0)
    assert.strictEqual(TokenEstimate.ofChat({ max_tokens: 1e300, n: 1e300 }), 1e12)
  })
})
