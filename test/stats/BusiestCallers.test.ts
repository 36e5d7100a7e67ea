import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { BusiestCallers } from "../../src/stats/CallStats.ts"

const strangers = (callers: BusiestCallers, count: number, name = "stranger") => {
  for (let index = 0; index < count; index++) {
    callers.onArrived(`${name} ${index}`)
    callers.onEnded(`${name} ${index}`, false)
  }
}

const Calls = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40_000 })))

describe("BusiestCallers", () => {
  it("returns the ten callers with the most calls, the busiest first", () => {
    const callers = new BusiestCallers()
    for (let index = 0; index < 20; index++) {
      for (let call = 0; call <= index; call++) callers.onArrived(`caller ${index}`)
    }
    callers.onEnded("caller 19", true)

    const busiest = callers.top()
    assert.deepStrictEqual(
      busiest.map(({ total }) => total),
      [20, 19, 18, 17, 16, 15, 14, 13, 12, 11]
    )
    assert.deepStrictEqual(busiest[0], { caller: "caller 19", total: 20, inFlight: 19, rejected: 1 })
  })

  it("the table does not grow with the number of callers", () => {
    const callers = new BusiestCallers()
    strangers(callers, 10_000)

    assert.isAtMost(callers.size, 200)
  })

  it("callers in flight are never evicted, and the table shrinks when they leave", () => {
    const callers = new BusiestCallers()
    for (let index = 0; index < 3_000; index++) callers.onArrived(`guest ${index}`)
    callers.onArrived("guest 7")
    strangers(callers, 10_000)

    assert.deepStrictEqual(callers.top()[0], { caller: "guest 7", total: 2, inFlight: 2, rejected: 0 })
    assert.isAtLeast(callers.size, 3_000)
    for (let index = 0; index < 3_000; index++) callers.onEnded(`guest ${index}`, false)
    callers.top()
    assert.isAtMost(callers.size, 200)
  })

  it("a new caller that calls often is returned, although idle callers were busy once", () => {
    const callers = new BusiestCallers()
    for (let call = 0; call < 50; call++) strangers(callers, 100, "veteran")
    for (let call = 0; call < 1_000; call++) {
      strangers(callers, 20, `stranger ${call}`)
      strangers(callers, 1, "newcomer")
    }

    assert.strictEqual(callers.top()[0]?.caller, "newcomer 0")
  })

  it.effect.prop(
    "a caller with more than a twentieth of all calls is returned, among any one-time callers",
    { load: Arbitrary.array(Calls, { minLength: 300, maxLength: 600 }) },
    ({ load }) =>
      Effect.sync(() => {
        const callers = new BusiestCallers()
        let regular = 0
        for (const call of load) {
          const caller = call < 4_000 ? "regular" : `stranger ${call}`
          if (caller === "regular") regular++
          callers.onArrived(caller)
          callers.onEnded(caller, false)
        }

        if (regular <= load.length / 20) return
        assert.include(
          callers.top().map(({ caller }) => caller),
          "regular"
        )
        assert.isAtMost(callers.size, 200)
      })
  )
})
