import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { parse } from "../../../src/simulator/simulation/TraceFile.ts"

const call = { at: 0, promptTokens: 200, completionTokens: 50 }
const jsonl = (...lines: ReadonlyArray<object>) => lines.map((line) => JSON.stringify(line)).join("\n")

describe("A trace", () => {
  it.effect("is read in the order of arrival, with what a line leaves out by default", () =>
    Effect.gen(function* () {
      const late = { ...call, at: 900, caller: "ada", model: "gpt-4o", deadlineMs: 5000 }
      const calls = yield* parse(`\uFEFF${jsonl(late, call)}\r\n\n  \n`)

      assert.deepStrictEqual(calls, [{ ...call, caller: "anonymous", model: undefined, deadlineMs: undefined }, late])
      assert.deepStrictEqual(yield* parse(""), [])
    })
  )

  it.effect(
    "of Mooncake's or with the usage of OpenAI's API is understood, and times since 1970 count from the first",
    () =>
      Effect.gen(function* () {
        const calls = yield* parse(
          jsonl(
            { timestamp: 1_767_225_600_500, input_length: 1, output_length: 2, hash_ids: [1, 2] },
            { timestamp: 1_767_225_600_000, prompt_tokens: 3, completion_tokens: 4, caller: null }
          )
        )

        assert.deepStrictEqual(
          calls.map(({ at, completionTokens, promptTokens }) => [at, promptTokens, completionTokens]),
          [
            [0, 3, 4],
            [500, 1, 2]
          ]
        )
      })
  )

  it.effect("with wrong lines is refused, each by its number", () =>
    Effect.gen(function* () {
      const text = [
        "{",
        jsonl(call),
        "",
        jsonl({ ...call, at: -1, promptTokens: "9" }),
        "[]",
        jsonl({ at: 1, promptToken: 1, completionTokens: 2 })
      ]
      const { message } = yield* Effect.flip(parse(text.join("\n")))
      const lines = message.split("\n")

      assert.deepStrictEqual(
        lines.map((line) => line.slice(0, line.indexOf("="))),
        ["line 1", "line 4: at", "line 4: promptTokens", "line 5", "line 6: promptToken"]
      )
      assert.match(lines[1]!, /at=-1 is not allowed: a number from 0/)
      assert.match(lines[4]!, /did you mean promptTokens\?$/)
    })
  )

  it.effect("of another kind is not answered with a problem for each line", () =>
    Effect.gen(function* () {
      const { problems } = yield* Effect.flip(parse("at,prompt\n".repeat(5000)))

      assert.strictEqual(problems.length, 21)
      assert.strictEqual(problems.at(-1)!.value, "4980 problems")
    })
  )
})
