import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { ChatStreamReader } from "../../../src/upstream/events/ChatStreamReader.ts"

const texts = [
  "",
  "word ",
  "a",
  'say "hi"',
  "back\\slash",
  "line\nbreak",
  "{}",
  '","x":"',
  "漢字",
  "🙂",
  "[DONE]",
  "\u0085"
]

const Chunk = Schema.Struct({
  text: Schema.Literals(texts),
  id: Schema.Literals(["one", "two"]),
  index: Schema.Literals([0, 0, 0, 1]),
  kind: Schema.Literals(["text", "text", "text", "text", "role", "tool", "twice", "end", "usage", "error", "message"])
})

const chunkOf = ({ id, index, kind, text }: typeof Chunk.Type): object => {
  const choice = (more: object) => ({ id, choices: [{ index, ...more }] })
  switch (kind) {
    case "text":
      return choice({ delta: { content: text }, finish_reason: null })
    case "role":
      return choice({ delta: { role: "assistant", content: text }, finish_reason: null })
    case "tool":
      return choice({ delta: { content: text, tool_calls: [{ function: { arguments: text } }] } })
    case "twice":
      return choice({ delta: { content: text }, message: { content: text } })
    case "end":
      return choice({ delta: { content: text }, finish_reason: "stop" })
    case "usage":
      return { id, choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } }
    case "error":
      return { ...choice({ delta: { content: text } }), error: { message: text, code: 500 } }
    case "message":
      return choice({ delta: { content: text }, text: "more" })
  }
}

const stateOf = ({ begun, complete, reported, terminated, tokens, usage }: ChatStreamReader) => ({
  begun,
  complete,
  reported: reported !== undefined,
  terminated,
  tokens: Math.round(tokens * 1000),
  usage
})

describe("ChatStreamReader", () => {
  it.effect.prop(
    "reads chunks that differ in their text alone as it reads any other",
    { chunks: Schema.Array(Chunk) },
    ({ chunks }) =>
      Effect.sync(() => {
        const [compact, spaced] = [new ChatStreamReader(), new ChatStreamReader()]
        for (const chunk of chunks.map(chunkOf)) {
          const purpose = compact.onEvent({ name: undefined, data: JSON.stringify(chunk) })
          // With blanks after the colons no template is found, so each chunk is parsed.
          assert.strictEqual(spaced.onEvent({ name: undefined, data: JSON.stringify(chunk, null, 1) }), purpose)
          assert.deepStrictEqual(stateOf(compact), stateOf(spaced))
        }
      }),
    { arbitrary: { runs: 1000, seed: 1, size: 60 } }
  )

  it("reads a chunk that is nested without end", () => {
    const depth = 50_000
    const data = `{"choices":[{"index":0,"delta":{"x":${"[".repeat(depth)}${"]".repeat(depth)}}}]}`

    assert.strictEqual(new ChatStreamReader().onEvent({ name: undefined, data }), "answer")
  })
})
