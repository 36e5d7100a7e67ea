import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Heap, type Ranked } from "../../src/engine/Heap.ts"
import { runs } from "../support/runs.ts"

interface Item extends Ranked {
  key: number
  readonly order: number
}

const small = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))
const moves = Schema.Array(
  Schema.Struct({ kind: Schema.Literals(["add", "change", "remove"]), index: small, key: small })
)

describe("Heap", () => {
  it.effect.prop(
    "its first is the least of those inside, whoever comes, changes and leaves",
    { moves },
    ({ moves }) =>
      Effect.sync(() => {
        const heap = new Heap<Item>((a, b) => (a.key === b.key ? a.order < b.order : a.key < b.key))
        const inside: Array<Item> = []
        for (const [order, { index, key, kind }] of moves.entries()) {
          const item = inside[index]
          if (kind === "add" || item === undefined) {
            const added = { key, order, heapIndex: 0 }
            inside.push(added)
            heap.add(added)
          } else if (kind === "change") {
            item.key = key
            heap.update(item)
          } else {
            inside.splice(index, 1)
            heap.remove(item)
          }
          assert.strictEqual(heap.first, inside.toSorted((a, b) => a.key - b.key || a.order - b.order)[0])
        }
      }),
    { arbitrary: { runs: runs(300, 3000), size: 80 } }
  )
})
