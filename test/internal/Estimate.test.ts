import { assert, describe, it } from "@effect/vitest"
import { Estimate } from "../../src/internal/Estimate.ts"

const of = (...samples: ReadonlyArray<number>) => {
  const estimate = new Estimate()
  for (const sample of samples) estimate.add(sample)
  return estimate
}

describe("Estimate", () => {
  it("the first sample is the mean, with nothing to doubt it", () => {
    const one = of(7)

    assert.strictEqual(one.mean, 7)
    assert.strictEqual(one.likely(3), 21)
  })

  it("knows nothing before the first", () => {
    assert.strictEqual(of().mean, 0)
    assert.strictEqual(of().likely(3), 0)
  })

  it("what varies is likely to take two deviations more than its mean, and a sum of many less in proportion", () => {
    const varied = of(...Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? 1 : 3)))

    assert.closeTo(varied.mean, 2, 0.1)
    assert.closeTo(varied.likely(1), 4, 0.2)
    assert.closeTo(varied.likely(16), 32 + 8, 1)
  })

  it("follows what changes within some twenty samples, and lets no single one carry it off", () => {
    const slower = of(...Array.from({ length: 100 }, () => 1), ...Array.from({ length: 40 }, () => 5))
    const once = of(...Array.from({ length: 100 }, () => 1), 101)

    assert.isAbove(slower.mean, 4)
    assert.closeTo(once.mean, 6, 0.001)
  })
})
