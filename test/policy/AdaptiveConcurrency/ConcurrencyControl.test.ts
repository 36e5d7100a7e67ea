import { assert, describe, it } from "@effect/vitest"
import {
  type ConcurrencyControl,
  Gradient,
  ThroughputClimb
} from "../../../src/policy/AdaptiveConcurrency/ConcurrencyControl.ts"

const bounds = { initial: 8, minimum: 2, maximum: 64 }
/** An answer of a model that has room: it is as fast as ever, and more calls cost little. */
const roomy = { slope: 0.01, range: 4, enough: Infinity, slowdown: 1, pace: 1, hurry: 0 }
/** An answer of a model that more calls only slow down. */
const crowded = { slope: 4, range: 4, enough: Infinity, slowdown: 8, pace: 1, hurry: 0 }

const after = (control: ConcurrencyControl, sample: typeof roomy, bound: boolean): number => {
  for (let round = 0; round < 100; round++) control.onSample(sample, bound)
  return control.limit
}

describe("ConcurrencyControl", () => {
  for (const [name, make] of [
    ["ThroughputClimb", () => new ThroughputClimb(bounds)],
    ["Gradient", () => new Gradient(bounds)]
  ] as const) {
    it(`${name}: the limit grows while it binds, to the maximum at most, and not while it does not`, () => {
      assert.strictEqual(after(make(), roomy, true), 64)
      assert.strictEqual(after(make(), roomy, false), 8)
    })

    it(`${name}: the limit falls where more calls add nothing, and stays above the minimum`, () => {
      const limit = after(make(), crowded, true)

      assert.isBelow(limit, 8)
      assert.isAtLeast(limit, 2)
    })

    it(`${name}: a refusal for too much load takes three tenths, down to the minimum`, () => {
      const control = make()

      control.onOverload()
      assert.strictEqual(control.limit, 6)
      for (let times = 0; times < 10; times++) control.onOverload()
      assert.strictEqual(control.limit, 2)
    })
  }
})
