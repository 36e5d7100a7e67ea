import { assert, describe, it } from "@effect/vitest"
import { allInTime, CostAhead, type Placed } from "../../../src/policy/AdmissionQueue/Schedule.ts"

const job = (cost: number, latestStart: number, tier = 0) => ({ tier, cost, latestStart, arrivedAt: 0 })

describe("allInTime", () => {
  it("tells whether all start in time in the order of their latest starts", () => {
    assert.isTrue(allInTime([job(10, 20), job(10, 0), job(10, 10)], 0, 0))
    assert.isFalse(allInTime([job(10, 19), job(10, 0), job(10, 10)], 0, 0))
  })

  it("counts what running calls still need, and more urgent calls first", () => {
    assert.isFalse(allInTime([job(10, 5)], 6, 0))
    assert.isTrue(allInTime([job(10, 5)], 6, -1))
    assert.isFalse(allInTime([job(10, 30, 0), job(10, 5, 1)], 0, 0))
  })
})

interface Member extends Placed {
  readonly key: number
}

const member = (key: number): Member => ({ key, place: 0, placedCost: key })

describe("CostAhead", () => {
  it("sums what goes before, whoever comes and leaves in between", () => {
    let seed = 7
    const random = (below: number) => (seed = (seed * 16_807) % 2_147_483_647) % below
    const order = new CostAhead<Member>((a, b) => a.key - b.key)
    let all = Array.from({ length: 50 }, () => member(2 * random(1000) + 2))
    order.reset(all.toSorted((a, b) => a.key - b.key))
    for (let i = 0; i < 500; i++) {
      const goes = all[random(all.length)]!
      order.remove(goes)
      all = all.filter((each) => each !== goes)
      // Odd keys fall between the members of the order, even ones beside them.
      const comes = member(2 * random(1000) + 1)
      const ahead = order.ahead(comes)
      const before = all.filter(({ key, place }) => (place % 2 === 0 ? key <= comes.key : place <= comes.place))
      assert.closeTo(
        ahead,
        before.reduce((sum, { key }) => sum + key, 0),
        1e-6
      )
      order.add(comes)
      all.push(comes)
      if (i % 100 === 99) order.reset(all.toSorted((a, b) => a.key - b.key))
    }
  })

  it("one that leaves twice is taken out once", () => {
    const order = new CostAhead<Member>((a, b) => a.key - b.key)
    const [one, other] = [member(2), member(4)]
    order.reset([one, other])

    order.remove(one)
    order.remove(one)

    assert.strictEqual(order.ahead(member(6)), 4)
  })
})
