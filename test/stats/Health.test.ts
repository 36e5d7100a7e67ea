import { assert, describe, it } from "@effect/vitest"
import { type HealthInputs, status, targets } from "../../src/stats/Health.ts"
import * as Jobs from "../../src/stats/Jobs.ts"

const healthy: HealthInputs = { circuit: "closed", success: 1, fill: 0, open: 0, timeouts: 0 }

const statusOf = (inputs: HealthInputs, jobs = 1) => status(inputs, [...targets(inputs), Jobs.target(jobs)])

const missed = (figures: Partial<HealthInputs>) =>
  targets({ ...healthy, ...figures }).flatMap(({ met, name }) => (met ? [] : [name]))

describe("Health", () => {
  it("every target is listed with its figure", () => {
    const figures = targets({ circuit: "half-open", success: 0.1, fill: 0.2, open: 0.3, timeouts: 0.4 })

    assert.deepStrictEqual(
      figures.map(({ figure, name }) => [name, figure]),
      [
        ["success", 0.1],
        ["queue", 0.2],
        ["circuit", 0.3],
        ["timeouts", 0.4]
      ]
    )
    assert.isFalse(figures.some(({ met }) => met))
  })

  it("a target is missed at its bound, and met just inside it", () => {
    assert.deepStrictEqual(missed({ success: 0.9 }), ["success"])
    assert.deepStrictEqual(missed({ success: 0.901 }), [])
    assert.deepStrictEqual(missed({ fill: 0.2 }), ["queue"])
    assert.deepStrictEqual(missed({ fill: 0.199 }), [])
    assert.deepStrictEqual(missed({ open: 0.01 }), ["circuit"])
    assert.deepStrictEqual(missed({ open: 0.0099 }), [])
    assert.deepStrictEqual(missed({ timeouts: 0.01 }), ["timeouts"])
    assert.deepStrictEqual(missed({ timeouts: 0.0099 }), [])
  })

  it("jobs are steady within a quarter of those created", () => {
    assert.deepStrictEqual(
      [0.74, 0.75, 1.25, 1.26].map((rate) => Jobs.target(rate).met),
      [false, true, true, false]
    )
  })

  it("a missed target is degraded; an open circuit or less than half of the calls succeeding is unhealthy", () => {
    assert.strictEqual(statusOf(healthy), "healthy")
    assert.strictEqual(statusOf({ ...healthy, fill: 0.5 }), "degraded")
    assert.strictEqual(statusOf(healthy, 0), "degraded")
    assert.strictEqual(statusOf({ ...healthy, success: 0.5 }), "degraded")
    assert.strictEqual(statusOf({ ...healthy, success: 0.49 }), "unhealthy")
    assert.strictEqual(statusOf({ ...healthy, circuit: "open" }), "unhealthy")
    assert.strictEqual(statusOf({ ...healthy, circuit: "half-open", open: 0.02 }), "degraded")
  })
})
