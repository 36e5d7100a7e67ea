import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { always, ask, chunk, done, facing } from "../support/faults.ts"

const forty = "x".repeat(40)

const deltas: ReadonlyArray<readonly [string, object]> = [
  ["reasoning", { reasoning: forty }],
  ["reasoning_content", { reasoning_content: forty }],
  ["both names at once", { reasoning: forty, reasoning_content: forty }],
  ["thinking", { thinking: forty }],
  [
    "reasoning_details",
    { reasoning: forty, reasoning_details: [{ type: "reasoning.text", text: forty, format: "x-v1" }] }
  ],
  ["parts", { content: [{ type: "thinking", thinking: [{ type: "text", text: forty }] }] }],
  ["a refusal", { refusal: forty }],
  ["a call of a tool", { tool_calls: [{ index: 0, id: "call_1", function: { name: "f", arguments: forty } }] }],
  ["a call of old", { function_call: { name: "f", arguments: forty } }],
  ["arguments as an object", { tool_calls: [{ index: 0, function: { name: "f", arguments: { city: forty } } }] }],
  ["what was said aloud", { audio: { id: "a", data: "AAAA", transcript: forty } }]
]

describe("reasoning-deltas-are-not-counted", () => {
  it.live.each(deltas)("text of the model counts in %s", ([, delta]) =>
    Effect.gen(function* () {
      const { stats, url } = yield* always({ body: chunk(delta).repeat(20) + chunk({}, "stop") + done })

      yield* ask(url, { stream: true })

      const { completion, prompt } = (yield* stats.snapshot).tokens
      assert.strictEqual(completion, 200)
      assert.isAbove(prompt, 0)
    })
  )

  it.live.each([
    ["while it still thinks", chunk({ reasoning: forty }), 10],
    ["before its first word", chunk({ role: "assistant", content: "" }), 0]
  ] as const)("an answer that is cut %s took the tokens of its prompt", ([, begun, completion]) =>
    Effect.gen(function* () {
      const { stats, url } = yield* facing((response) => {
        response.writeHead(200, { "content-type": "text/event-stream" }).write(begun, () => response.destroy())
      })

      yield* ask(url, { stream: true })

      const { tokens } = yield* stats.snapshot
      assert.strictEqual(tokens.completion, completion)
      assert.isAbove(tokens.prompt, 0)
    })
  )

  it.live("a thought is the first token", () =>
    Effect.gen(function* () {
      const { stats, url } = yield* always({ body: chunk({ reasoning: "a" }) + chunk({}, "stop") + done })

      yield* ask(url, { stream: true })

      assert.isNotNull((yield* stats.snapshot).firstToken.mean)
    })
  )
})
