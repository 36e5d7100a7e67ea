import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Fifo } from "../../src/internal/Fifo.ts"
import { Levels, type Placed } from "../../src/internal/Levels.ts"
import { runs } from "../support/runs.ts"

interface Call extends Placed {
  readonly priority: number
  readonly arrivedAt: number
}

const step = 10
const call = (order: number, tag: number, priority: number, at: number): Call => ({
  order,
  tag,
  priority,
  arrivedAt: at,
  level: priority,
  since: at,
  link: undefined
})
/** The level that a call has now by the formula, looked up anew for each. */
const level = ({ arrivedAt, priority }: Call, now: number) =>
  Math.max(0, priority - Math.floor((now - arrivedAt) / step))
const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const moves = Schema.Array(
  Schema.Struct({ kind: between(0, 4), tag: between(0, 5), priority: between(0, 6), wait: between(0, 25) })
)

describe("Levels", () => {
  it.effect.prop(
    "hands out by level, tag and arrival, where a level falls with each step waited",
    { moves },
    ({ moves }) =>
      Effect.sync(() => {
        const levels = new Levels<Call>(step)
        const waiting: Array<Call> = []
        let now = 0
        const inOrder = () =>
          waiting.toSorted((a, b) => level(a, now) - level(b, now) || a.tag - b.tag || a.order - b.order)
        moves.forEach(({ kind, priority, tag, wait }, order) => {
          now += wait
          levels.age(now)
          const first = inOrder()[0]
          if (kind === 0 && first !== undefined) {
            assert.strictEqual(levels.shift(), first)
            waiting.splice(waiting.indexOf(first), 1)
          } else if (kind === 1 && waiting.length > 0) {
            const [left] = waiting.splice(tag % waiting.length, 1)
            levels.remove(left!)
          } else {
            const newcomer = call(order, tag, priority, now)
            const ahead = inOrder().filter(
              (other) => level(other, now) < priority || (level(other, now) === priority && other.tag <= tag)
            )
            assert.strictEqual(levels.ahead(newcomer), ahead.length)
            levels.add(newcomer, priority, now)
            waiting.push(newcomer)
          }
        })
        levels.age(now)
        assert.deepStrictEqual(
          waiting.map(() => levels.shift()?.order),
          inOrder().map(({ order }) => order)
        )
      }),
    { arbitrary: { runs: runs(200, 2000), size: 60 } }
  )

  it("one who waited for many steps moves up as many levels, however late that is noticed", () => {
    const levels = new Levels<Call>(step)
    const patient = call(0, 0, 900, 0)
    levels.add(patient, 900, 0)

    levels.age(9000)

    assert.strictEqual(patient.level, 0)
  })
})

describe("Fifo", () => {
  it.effect.prop(
    "keeps the order of those who stay, whoever leaves",
    { moves },
    ({ moves }) =>
      Effect.sync(() => {
        const line = new Fifo<number>()
        const links = new Map<number, ReturnType<typeof line.add>>()
        moves.forEach(({ kind, tag }, order) => {
          const leaving = [...links.keys()][tag]
          if (kind < 2 && leaving !== undefined) {
            line.remove(links.get(leaving)!)
            links.delete(leaving)
          } else {
            links.set(order, line.add(order))
          }
          assert.deepStrictEqual([...line], [...links.keys()])
          assert.strictEqual(line.first, links.keys().next().value)
          assert.strictEqual(line.size, links.size)
        })
      }),
    { arbitrary: { runs: runs(200, 2000), size: 60 } }
  )
})
