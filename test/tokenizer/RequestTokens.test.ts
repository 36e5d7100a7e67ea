import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as RequestTokens from "../../src/tokenizer/RequestTokens.ts"
import { Tokenizer } from "../../src/tokenizer/Tokenizer.ts"
import { runs } from "../support/runs.ts"

const user = (content: unknown) => ({ role: "user", content })

// A token a character, so that overheads are easy to tell apart.
const letters = new Tokenizer((text) => text.length)
const promptOf = (body: Readonly<Record<string, unknown>>, tokenizer = letters) =>
  RequestTokens.ofPrompt(body, tokenizer)
const reserved = (body: Readonly<Record<string, unknown>>) => RequestTokens.withReply(promptOf(body), body)

describe("RequestTokens", () => {
  it("each message has four tokens around it, and the reply three before it", () => {
    assert.strictEqual(promptOf({ messages: [user("Hello")] }), 3 + 4 + 5)
    assert.strictEqual(promptOf({ messages: [user("Hello"), { role: "system", content: "Be brief" }] }), 3 + 9 + 12)
    assert.strictEqual(promptOf({ messages: [user([{ type: "text", text: "Hello" }])] }), 3 + 4 + 5)
  })

  it("the reply may be as long as it is allowed, as often as it is asked for", () => {
    const messages = [user("Hello")]

    assert.strictEqual(reserved({ messages, max_tokens: 100 }), 112)
    assert.strictEqual(reserved({ messages, max_tokens: 100, max_completion_tokens: 10, n: 2 }), 32)
  })

  it("prompts, inputs and token ids count as messages do", () => {
    assert.strictEqual(reserved({ prompt: ["12345678", "1234"], max_tokens: 5 }), 17)
    assert.strictEqual(reserved({ input: [17, 4, 2] }), 3)
    const input = [{ role: "user", content: [{ type: "input_text", text: "12345678" }] }]
    assert.strictEqual(reserved({ instructions: "1234", input, max_output_tokens: 7 }), 4 + 4 + 8 + 7)
  })

  it("calls of tools, their results and the definitions of tools and schemas count as they are written", () => {
    const call = { id: "call_1", type: "function", function: { name: "add", arguments: '{"a":1}' } }
    const messages = [
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", content: "42" }
    ]
    assert.strictEqual(promptOf({ messages }), 3 + 4 + 3 + 7 + 4 + 2)
    const items = [
      { type: "function_call", name: "add", arguments: '{"a":1}' },
      { type: "function_call_output", output: "42" }
    ]
    assert.strictEqual(promptOf({ input: items }), 3 + 7 + 2)

    const tools = [{ type: "function", function: { name: "add", parameters: { type: "object" } } }]
    const format = { type: "json_schema", json_schema: { name: "sum", schema: { type: "number" } } }
    const written = JSON.stringify(tools).length + JSON.stringify(format).length
    assert.strictEqual(promptOf({ messages: [user("")], tools, response_format: format }), 7 + written)
    assert.strictEqual(promptOf({ input: "", text: { format } }), JSON.stringify(format).length)
  })

  it("images and sound do not count as the text of their data", () => {
    const data = `data:image/png;base64,${"A".repeat(4_000_000)}`
    const seen = (part: unknown) => promptOf({ messages: [user([{ type: "text", text: "Hello" }, part])] }) - 12

    assert.strictEqual(seen({ type: "image_url", image_url: { url: data } }), 765)
    assert.strictEqual(seen({ type: "image_url", image_url: { url: data, detail: "low" } }), 85)
    assert.strictEqual(seen({ type: "input_image", image_url: data }), 765)
    assert.strictEqual(seen({ type: "input_image", image_url: data, detail: "low" }), 85)
    assert.strictEqual(seen({ type: "input_audio", input_audio: { data: "A".repeat(200_000), format: "mp3" } }), 100)
    assert.strictEqual(seen({ type: "file", file: { file_data: data } }), 0)
  })

  it("a Chinese prompt reserves about as many tokens as it has", () => {
    const text = "把今天的会议记录整理成三点，并列出每个人负责的任务和截止日期。"

    assert.isAtLeast(promptOf({ messages: [user(text)] }, Tokenizer.estimate), 22)
  })

  it.effect("a long prompt is counted in time, however slow the exact count would be", () =>
    Effect.gen(function* () {
      const tokenizer = yield* Tokenizer.current
      const counted: Array<number> = []
      const watched = new Tokenizer((text) => {
        counted.push(text.length)
        return tokenizer.count(text)
      })
      const messages = ["把今天的会议记录整理", "a".repeat(1_000_000), "one word ".repeat(200), "short"].map(user)
      const tokens = promptOf({ messages }, watched)

      assert.isAtMost(
        counted.reduce((sum, length) => sum + length, 0),
        2_000
      )
      assert.isAbove(tokens, 60_000)
    }).pipe(Effect.provide(Tokenizer.layer))
  )

  it("a body nested without end is counted all the same", () => {
    const nested = JSON.parse("[".repeat(100_000) + "]".repeat(100_000))

    assert.strictEqual(promptOf({ input: nested, tools: nested }), 0)
  })

  it.effect.prop(
    "any body has a number of tokens that a gate takes",
    { body: Schema.Record(Schema.Literals(["messages", "prompt", "input", "max_tokens", "n", "tools"]), Schema.Json) },
    ({ body }) =>
      Effect.sync(() => {
        const tokens = RequestTokens.withReply(RequestTokens.ofPrompt(body, Tokenizer.estimate), body)
        assert.isTrue(tokens >= 0 && tokens <= 1e12)
      }),
    { arbitrary: { runs: runs(100, 2000), seed: 1 } }
  )

  it("nonsense counts nothing, and no number is too large", () => {
    const nonsense = { messages: [null, true, user({})], max_tokens: "many", n: -1 }

    assert.strictEqual(reserved(nonsense), 7)
    assert.strictEqual(reserved({ max_tokens: 1e300, n: 1e300 }), 1e12)
  })
})
