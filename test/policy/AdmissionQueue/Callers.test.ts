import { assert, describe, it } from "@effect/vitest"
import { Callers } from "../../../src/policy/AdmissionQueue/Callers.ts"
import { Demand } from "../../../src/policy/AdmissionQueue/Demand.ts"

/** Calls that come evenly for a minute, each taking up so many milliseconds of the gate. */
const load = (callers: Callers, name: string, perSecond: number, work: number, weight = 1) => {
  let caller = callers.arrive(name, weight, work, 0)
  callers.leave(caller, true, 0)
  for (let at = 1000 / perSecond; at < 60_000; at += 1000 / perSecond) {
    caller = callers.arrive(name, weight, work, at)
    callers.leave(caller, true, at)
  }
  return caller
}

describe("Callers", () => {
  it("beside a greedy caller, those that ask for less than half their share are light", () => {
    const callers = new Callers()
    const light = load(callers, "light", 1, 50)
    const greedy = load(callers, "greedy", 30, 100)

    assert.isTrue(callers.isLight(light, 1, 60_000))
    assert.isFalse(callers.isLight(greedy, 1, 60_000))
  })

  it("a caller's share is by weight", () => {
    const callers = new Callers()
    const heavy = load(callers, "heavy", 6, 100, 8)
    const greedy = load(callers, "greedy", 30, 100)

    // 0.6 of the gate's time with eight ninths of the weight, against 3 with a ninth.
    assert.isFalse(callers.isLight(greedy, 1, 60_000))
    assert.isTrue(callers.isLight(heavy, 2, 60_000))
  })

  it("a caller that makes one call at a time and was just answered has a job under way", () => {
    const callers = new Callers()
    const caller = callers.arrive("agent", 1, 1, 0)
    assert.isFalse(callers.isUnderWay(caller, 0))
    callers.leave(caller, true, 1000)
    callers.arrive("agent", 1, 1, 3000)

    assert.isTrue(callers.isUnderWay(caller, 3000))
    assert.isFalse(callers.isUnderWay(caller, 20_000))
  })

  it("a caller that makes many calls at once has none", () => {
    const callers = new Callers()
    let caller = callers.arrive("crowd", 1, 1, 0)
    for (let i = 0; i < 20; i++) caller = callers.arrive("crowd", 1, 1, i)
    callers.leave(caller, true, 100)

    assert.isFalse(callers.isUnderWay(caller, 200))
  })

  it("remembers a bounded number of callers, and those with calls in flight", () => {
    const callers = new Callers()
    const waiting = callers.arrive("waiting", 1, 1, 0)
    for (let i = 0; i < 10_000; i++) callers.leave(callers.arrive(`caller ${i}`, 1, 1, i), true, i)

    assert.strictEqual(callers.arrive("waiting", 1, 1, 10_000), waiting)
  })
})

describe("Demand", () => {
  it("leaves free what calls of a lower cost do not ask for", () => {
    const demand = new Demand(60_000)
    for (let at = 0; at < 300_000; at += 1000) {
      demand.add(200, at)
      demand.add(1500, at)
    }

    assert.closeTo(demand.free(100, 1, 300_000), 1, 0.05)
    assert.closeTo(demand.free(1000, 1, 300_000), 0.8, 0.05)
    assert.isBelow(demand.free(5000, 1, 300_000), 0)
  })

  it("allows a model what it has done", () => {
    const demand = new Demand(60_000)
    for (let at = 0; at < 300_000; at += 1000) {
      demand.add(1500, at)
      demand.serve(1500, at)
    }

    assert.closeTo(demand.free(5000, 1.25, 300_000), 1.25 * 1.5 - 1.5, 0.05)
  })
})
