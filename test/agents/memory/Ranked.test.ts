import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { ranked } from "../../../src/agents/memory/Ranked.ts"

describe("ranked", () => {
  it.prop("gives the order of a stable sort", [Schema.Array(Schema.Literals([0, 0.1, 0.2, 0.5, 1, 3]))], ([scores]) => {
    const items = scores.map((score, i) => ({ score, i }))

    assert.deepStrictEqual(
      [...ranked(items, scores)],
      items.toSorted((a, b) => b.score - a.score)
    )
  })

  it("gives the best before the rest is sorted", () => {
    const [first, second] = ranked(["c", "a", "b", "a too"], [1, 3, 2, 3])

    assert.deepStrictEqual([first, second], ["a", "a too"])
  })
})
