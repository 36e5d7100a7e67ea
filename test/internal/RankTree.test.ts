import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { RankTree } from "../../src/internal/RankTree.ts"
import { runs } from "../support/runs.ts"

const small = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 99 }))
const steps = Schema.Array(Schema.Struct({ add: Schema.Boolean, value: small, ask: small }))

describe("RankTree", () => {
  it.effect.prop(
    "agrees with a sorted array about the first, the ranks and the size",
    { steps },
    ({ steps }) =>
      Effect.sync(() => {
        const tree = new RankTree<number>((a, b) => a < b)
        const inside = new Set<number>()
        for (const { add, ask, value } of steps) {
          if (add && !inside.has(value)) {
            inside.add(value)
            tree.add(value)
          } else if (!add) {
            inside.delete(value)
            tree.remove(value)
          }
          const sorted = [...inside].sort((a, b) => a - b)
          assert.strictEqual(tree.size, sorted.length)
          assert.strictEqual(tree.first, sorted[0])
          assert.strictEqual(tree.rank(ask), sorted.filter((other) => other < ask).length)
        }
      }),
    { arbitrary: { runs: runs(200, 2000), size: 60 } }
  )

  it("stays shallow when its values come in order", () => {
    const tree = new RankTree<number>((a, b) => a < b)
    for (let value = 0; value < 100_000; value++) tree.add(value)

    for (let value = 0; value < 100_000; value++) {
      assert.strictEqual(tree.first, value)
      tree.remove(value)
    }
    assert.strictEqual(tree.size, 0)
  })
})
