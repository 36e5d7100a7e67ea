import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { LanguageModel } from "effect/ai"
import { chunk, events, reply } from "../support/openai.ts"
import { type Seen, answered, message, hello, holds, fails, alike } from "../support/replies.ts"

describe("content-in-parts-is-refused", () => {
  const thinking = { type: "thinking", thinking: [{ type: "text", text: "Hm." }] }
  const text = { type: "text", text: "Hello" }
  const thought: Seen = { text: "Hello", reasoning: "Hm." }

  holds({
    "thoughts and text in parts, then as text": [
      events([
        chunk({ content: [thinking] }),
        chunk({ content: [text] }),
        chunk({ content: " you" }),
        chunk({}, "stop")
      ]),
      { text: "Hello you", reasoning: "Hm." }
    ],
    "unknown parts": [reply({ content: [text, { type: "mystery", x: 1 }] }), hello],
    ...alike("thoughts as a text", { content: [{ type: "thinking", thinking: "Hm." }, text] }, thought),
    ...alike("parts that are texts", { content: ["Hel", "lo"] }, hello),
    ...alike("one part", { content: text }, hello),
    ...alike("parts without a type", { content: [{ text: "Hello" }] }, hello),
    ...alike("parts of another API", { content: [{ type: "output_text", text: "Hello", annotations: [] }] }, hello),
    ...alike("parts that are null, or say nothing", { content: [null, { type: "text", text: null }, text, 7] }, hello),
    ...alike("a text in an object", { content: [{ type: "text", text: { value: "Hello", annotations: [] } }] }, hello),
    ...alike("references between texts", { content: [text, { type: "reference", reference_ids: [1] }] }, hello),
    ...alike("no parts", { content: [], reasoning: "Hm." }, { reasoning: "Hm." }),
    ...alike("content that is null", { content: null, reasoning_content: "Hm." }, { reasoning: "Hm." }),
    ...alike("one kind of thoughts empty", { content: "Hello", reasoning_content: "", reasoning: "Hm." }, thought),
    ...alike("the same thoughts twice", { content: "Hello", reasoning_content: "Hm.", reasoning: "Hm." }, thought),
    ...alike("thoughts as parts", { content: "Hello", reasoning: [{ type: "text", text: "Hm." }] }, thought),
    ...alike("thoughts as an object", { content: "Hello", reasoning: { content: "Hm." } }, thought),
    ...alike(
      "thoughts in detail",
      { content: "Hello", reasoning_details: [{ type: "reasoning.text", text: "Hm." }, { data: "AbC=" }] },
      thought
    ),
    ...alike("thoughts of no shape", { content: "Hello", reasoning_content: 7, reasoning: true }, hello)
  })

  it.effect("an object that was asked for may stand there as one", () =>
    Effect.gen(function* () {
      const schema = Schema.Struct({ type: Schema.String, text: Schema.String, n: Schema.Number })
      const given = { type: "text", text: "Hello", n: 1 }
      for (const content of [given, JSON.stringify(given), [{ type: "text", text: JSON.stringify(given) }]]) {
        const { value } = yield* LanguageModel.generateObject({ prompt: "Hi", schema }).pipe(
          Effect.provide(answered(JSON.stringify(reply({ content })), "application/json"))
        )
        assert.deepStrictEqual(value, given)
      }
    })
  )

  fails({
    "a number is no content": [reply({ content: 7 }), "InvalidResponseError"],
    "a part whose text is none": [reply({ content: [{ type: "text", text: 7 }] }), "InvalidResponseError"],
    "a number is no content of a delta": [message({ content: 7 })[1], "InvalidResponseError"],
    "a part may decline": [reply({ content: [{ type: "refusal", refusal: "No." }] }), "ContentPolicyError"],
    "a part of a stream may decline": [
      message({ content: [{ type: "refusal", refusal: "No." }] })[1],
      "ContentPolicyError"
    ]
  })
})
