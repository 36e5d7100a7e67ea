import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { always, ask, chunk, data, done } from "../support/faults.ts"

const usage = { prompt_tokens: 12, completion_tokens: 7, total_tokens: 19 }
const hi = chunk({ role: "assistant", content: "hi" })
const stop = chunk({}, "stop")

const alone: ReadonlyArray<readonly [string, object]> = [
  ["an empty delta", { choices: [{ index: 0, delta: {} }], usage }],
  ["null", { choices: null, usage }],
  ["nothing", { usage }],
  ["an empty list", { choices: [], usage }],
  ["empty text", { choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }], usage }],
  [
    "null in every field",
    { choices: [{ index: 0, delta: { content: null, tool_calls: null }, logprobs: null }], usage }
  ],
  ["a delta of null", { choices: [{ index: 0, delta: null, finish_reason: null }], usage }],
  ["empty lists", { choices: [{ index: 0, delta: { content: "", tool_calls: [], reasoning: "" } }], usage }],
  ["the reason once more", { choices: [{ index: 0, delta: {}, finish_reason: "stop" }], usage }],
  ["usage of another name", { choices: [], x_groq: { usage } }]
]

describe("usage-chunk-with-choices-is-not-left-out", () => {
  it.live.each(alone)("a chunk of usage whose choices are %s is left out if the caller did not ask", ([, value]) =>
    Effect.gen(function* () {
      const { stats, url } = yield* always({ body: hi + stop + data(value) + done })

      const unasked = yield* ask(url, { stream: true })
      const { prompt, completion } = (yield* stats.snapshot).tokens
      const asked = yield* ask(url, { stream: true, stream_options: { include_usage: true } })

      assert.strictEqual(unasked.text, hi + stop + done)
      assert.deepStrictEqual([prompt, completion], [12, 7])
      assert.strictEqual(asked.text, hi + stop + data(value) + done)
    })
  )

  it.live.each([
    ["text", { choices: [{ index: 0, delta: { content: "!" } }], usage }],
    ["a reason to finish", { choices: [{ index: 0, delta: {}, finish_reason: "length" }], usage }],
    ["a call of a tool", { choices: [{ index: 0, delta: { tool_calls: [{ index: 0 }] } }], usage }],
    ["the first word of another choice", { choices: [{ index: 1, delta: { role: "assistant" } }], usage }]
  ])("a chunk of usage that brings %s stays", ([, value]) =>
    Effect.gen(function* () {
      const body = hi + data(value) + stop + done
      const { url } = yield* always({ body })

      assert.strictEqual((yield* ask(url, { stream: true })).text, body)
    })
  )

  it.live.each([
    [
      "grows",
      [
        { prompt_tokens: 12, completion_tokens: 1 },
        { prompt_tokens: 12, completion_tokens: 7 }
      ]
    ],
    ["comes in parts", [{ prompt_tokens: 12 }, { completion_tokens: 7 }]],
    ["ends with zeros", [usage, { prompt_tokens: 0, completion_tokens: 0 }]],
    [
      "holds null",
      [
        { prompt_tokens: 12, completion_tokens: null },
        { prompt_tokens: null, completion_tokens: 7 }
      ]
    ],
    ["has a total", [{ prompt_tokens: 12, total_tokens: 19 }, null]]
  ])("usage that %s is merged over all chunks", ([, all]) =>
    Effect.gen(function* () {
      const chunks = (all as ReadonlyArray<unknown>).map((usage) =>
        data({ choices: [{ index: 0, delta: { content: "hi" } }], usage })
      )
      const { stats, url } = yield* always({ body: chunks.join("") + stop + done })

      yield* ask(url, { stream: true })

      const { prompt, completion } = (yield* stats.snapshot).tokens
      assert.deepStrictEqual([prompt, completion], [12, 7])
    })
  )
})
