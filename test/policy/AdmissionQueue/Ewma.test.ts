import { assert, describe, it } from "@effect/vitest"
import { Ewma } from "../../../src/policy/AdmissionQueue/Ewma.ts"

const of = (...samples: ReadonlyArray<number>) => {
  const estimate = new Ewma()
  for (const sample of samples) estimate.add(sample)
  return estimate
}

describe("Ewma", () => {
  it("the first sample is the mean, with nothing to doubt it", () => {
    const one = of(7)

    assert.strictEqual(one.mean, 7)
    assert.strictEqual(one.spread(3), 0)
  })

  it("knows nothing before the first", () => {
    assert.strictEqual(of().mean, 0)
    assert.strictEqual(of().spread(3), 0)
  })

  it("the spread of a sum is four deviations for each root of its samples", () => {
    const varied = of(...Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? 1 : 3)))

    assert.closeTo(varied.mean, 2, 0.1)
    assert.closeTo(varied.spread(1), 4, 0.4)
    assert.closeTo(varied.spread(16), 16, 1)
  })

  it("follows what changes within some twenty samples, and lets no single one carry it off", () => {
    const slower = of(...Array.from({ length: 100 }, () => 1), ...Array.from({ length: 40 }, () => 5))
    const once = of(...Array.from({ length: 100 }, () => 1), 101)

    assert.isAbove(slower.mean, 4)
    assert.closeTo(once.mean, 6, 0.001)
  })
})
