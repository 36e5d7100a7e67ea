import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Fifo, type Linked } from "../../src/engine/Fifo.ts"
import { runs } from "../support/runs.ts"

interface Item extends Linked<Item> {
  readonly value: number
}

const item = (value: number): Item => ({ value, previous: undefined, next: undefined })
const moves = Schema.Array(
  Schema.Struct({ adds: Schema.Boolean, index: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 })) })
)

describe("Fifo", () => {
  it.effect.prop(
    "keeps the order of those who stay, whoever leaves",
    { moves },
    ({ moves }) =>
      Effect.sync(() => {
        const fifo = new Fifo<Item>()
        const expected: Array<Item> = []
        for (const [order, { adds, index }] of moves.entries()) {
          const leaving = expected[index]
          if (!adds && leaving !== undefined) {
            fifo.remove(leaving)
            expected.splice(index, 1)
          } else {
            const added = item(order)
            fifo.add(added)
            expected.push(added)
          }
          assert.deepStrictEqual(
            Array.from(fifo, ({ value }) => value),
            expected.map(({ value }) => value)
          )
          assert.strictEqual(fifo.first, expected[0])
          assert.strictEqual(fifo.size, expected.length)
        }
      }),
    { arbitrary: { runs: runs(200, 2000), size: 60 } }
  )

  it("an item that is no member leaves nothing behind when it is removed", () => {
    const fifo = new Fifo<Item>()
    const items = [0, 1].map(item)
    for (const each of items) fifo.add(each)

    const removed = [items[0]!, items[0]!, item(2)].map((each) => fifo.remove(each))

    assert.deepStrictEqual(removed, [true, false, false])
    assert.deepStrictEqual([Array.from(fifo), fifo.size], [[items[1]], 1])
  })

  it("an item that has left keeps no pointer to others, so that it keeps none of them alive", () => {
    const fifo = new Fifo<Item>()
    const items = [0, 1, 2].map(item)
    for (const each of items) fifo.add(each)

    for (const each of items) fifo.remove(each)

    for (const { next, previous } of items) assert.deepStrictEqual([next, previous], [undefined, undefined])
  })
})
