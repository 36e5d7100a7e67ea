import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { LanguageModel, Prompt } from "effect/ai"
import { answering, bodyOf, reply } from "../../support/openai.ts"

const messagesOf = (prompt: Prompt.RawInput) =>
  Effect.map(bodyOf(LanguageModel.generateText({ prompt })), ({ messages }) => messages)

const filed = (file: Omit<Prompt.FilePartEncoded, "type">) =>
  Effect.map(messagesOf([{ role: "user", content: [{ type: "file", ...file }] }]), (messages) => {
    const [{ content }] = messages as [{ content: ReadonlyArray<unknown> }]
    return content[0]
  })

const bytes = new Uint8Array([1, 2, 3])
const image = (url: string) => ({ type: "image_url", image_url: { url } })

describe("Messages", () => {
  it.effect("a conversation keeps its roles, its calls and their results", () =>
    Effect.gen(function* () {
      const messages = yield* messagesOf([
        { role: "system", content: "Be brief." },
        { role: "user", content: "Weather?" },
        {
          role: "assistant",
          content: [
            { type: "reasoning", text: "The user wants the weather." },
            { type: "text", text: "Let me " },
            { type: "text", text: "look." },
            { type: "tool-call", id: "call_1", name: "weather", params: { city: "Paris" } },
            { type: "tool-call", id: "call_2", name: "stock", params: {} },
            { type: "tool-call", id: "call_3", name: "search", params: {}, providerExecuted: true }
          ]
        },
        {
          role: "tool",
          content: [
            { type: "tool-result", id: "call_1", name: "weather", isFailure: false, result: { sky: "clear" } },
            { type: "tool-result", id: "call_2", name: "stock", isFailure: true, result: "no such stock" }
          ]
        },
        { role: "assistant", content: "Clear." }
      ])

      assert.deepStrictEqual(messages, [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Weather?" },
        {
          role: "assistant",
          content: "Let me look.",
          tool_calls: [
            { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Paris"}' } },
            { id: "call_2", type: "function", function: { name: "stock", arguments: "{}" } }
          ]
        },
        { role: "tool", tool_call_id: "call_1", content: '{"sky":"clear"}' },
        { role: "tool", tool_call_id: "call_2", content: "no such stock" },
        { role: "assistant", content: "Clear." }
      ])
    })
  )

  it.effect("a message that only thought is left out, and arguments that were no JSON stay what they were", () =>
    Effect.gen(function* () {
      const messages = yield* messagesOf([
        { role: "assistant", content: [{ type: "reasoning", text: "Hm." }] },
        { role: "assistant", content: [{ type: "tool-call", id: "1", name: "add", params: '{"a":' }] },
        { role: "tool", content: [{ type: "tool-result", id: "1", name: "add", isFailure: true, result: undefined }] }
      ])

      assert.deepStrictEqual(messages, [
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "1", type: "function", function: { name: "add", arguments: '{"a":' } }]
        },
        { role: "tool", tool_call_id: "1", content: "null" }
      ])
    })
  )

  it.effect("what a tool made for the model is what it gets", () =>
    Effect.gen(function* () {
      const modelOutput = [
        { type: "text" as const, text: "a chart" },
        { type: "file" as const, mediaType: "image/png", data: bytes }
      ]
      const messages = yield* messagesOf([
        {
          role: "tool",
          content: [{ type: "tool-result", id: "1", name: "draw", isFailure: false, result: {}, modelOutput }]
        }
      ])

      assert.deepStrictEqual(messages, [{ role: "tool", tool_call_id: "1", content: "a chart\n[image/png omitted]" }])
    })
  )

  it.effect("images go by URL or inline, sound and documents inline", () =>
    Effect.gen(function* () {
      const url = "https://example.com/cat.png"
      const pdf = "data:application/pdf;base64,AQID"

      assert.deepStrictEqual(yield* filed({ mediaType: "image/png", data: new URL(url) }), image(url))
      assert.deepStrictEqual(yield* filed({ mediaType: "image/png", data: url }), image(url))
      assert.deepStrictEqual(
        yield* filed({ mediaType: "image/png", data: bytes, options: { openai: { imageDetail: "low" } } }),
        { type: "image_url", image_url: { url: "data:image/png;base64,AQID", detail: "low" } }
      )
      assert.deepStrictEqual(yield* filed({ mediaType: "image/*", data: "AQID" }), image("data:image/jpeg;base64,AQID"))
      assert.deepStrictEqual(yield* filed({ mediaType: "audio/mpeg", data: bytes }), {
        type: "input_audio",
        input_audio: { data: "AQID", format: "mp3" }
      })
      for (const data of [bytes, "AQID", pdf, new URL(pdf)]) {
        assert.deepStrictEqual(yield* filed({ mediaType: "application/pdf", data, fileName: "a.pdf" }), {
          type: "file",
          file: { filename: "a.pdf", file_data: pdf }
        })
      }
      assert.deepStrictEqual(yield* filed({ mediaType: "application/pdf", data: "file-abc" }), {
        type: "file",
        file: { file_id: "file-abc" }
      })
    })
  )

  it.effect("text and files of one message stay in their order", () =>
    Effect.gen(function* () {
      const messages = yield* messagesOf([
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "file", mediaType: "image/png", data: "https://example.com/a.png" },
            { type: "text", text: "Be brief." }
          ]
        }
      ])

      assert.deepStrictEqual(messages, [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            image("https://example.com/a.png"),
            { type: "text", text: "Be brief." }
          ]
        }
      ])
    })
  )

  it.effect("what the model cannot take is refused in words, and nothing is sent", () =>
    Effect.gen(function* () {
      const { layer, sent } = answering(() => Response.json(reply({ content: "" })))
      const file = (role: "user" | "assistant", mediaType: string, data: Prompt.FilePartEncoded["data"]) =>
        LanguageModel.generateText({ prompt: [{ role, content: [{ type: "file", mediaType, data }] }] }).pipe(
          Effect.flip,
          Effect.provide(layer)
        )
      for (const [error, words] of [
        [yield* file("user", "text/csv", "YQ=="), /"text\/csv".*give a text as text/],
        [yield* file("user", "application/pdf", new URL("https://example.com/a.pdf")), /give its bytes/],
        [yield* file("user", "audio/wav", "https://example.com/a.wav"), /give its bytes/],
        [yield* file("user", "image/png", new URL("file:///a.png")), /http and https URLs only/],
        [yield* file("assistant", "image/png", "AQID"), /in a user's message only/]
      ] as const) {
        assert.deepInclude(error.reason, { _tag: "InvalidRequestError", parameter: "prompt", isRetryable: false })
        assert.match(error.message, words)
      }
      assert.deepStrictEqual(sent, [])
    })
  )
})
