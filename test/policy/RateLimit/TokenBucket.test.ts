import { assert, describe, it } from "@effect/vitest"
import { TokenBucket } from "../../../src/policy/RateLimit/TokenBucket.ts"

describe("TokenBucket", () => {
  it("is due when what is missing has come back", () => {
    const bucket = new TokenBucket(10, 5)
    assert.isAtMost(bucket.due(5, 0), 0)
    bucket.take(5, 0)

    assert.strictEqual(bucket.due(1, 0), 100)
    assert.strictEqual(bucket.due(5, 250), 500)
    assert.strictEqual(bucket.due(5, 10_000), 10_000)
  })

  it("has a taken unit again after it was put back", () => {
    const bucket = new TokenBucket(10, 1)
    const taken = bucket.take(1, 0)
    assert.strictEqual(bucket.due(1, 0), 100)

    bucket.putBack(1, taken)
    assert.strictEqual(bucket.due(1, 0), 0)
  })

  it("does not take a unit back after another was taken, so that starts never bunch up", () => {
    const bucket = new TokenBucket(10, 1)
    const early = bucket.take(1, 0)
    bucket.take(1, 100)

    bucket.putBack(1, early)
    assert.strictEqual(bucket.due(1, 100), 200)
  })

  it("owes as many units after a change of the rate as before", () => {
    const bucket = new TokenBucket(10, 1)
    bucket.take(1, 0)

    bucket.setRate(1, 50)
    assert.strictEqual(bucket.due(1, 50), 550)
    bucket.setRate(1000, 50)
    assert.strictEqual(bucket.due(1, 50), 50.5)
  })

  it("owes nothing at an unlimited rate, nor after it", () => {
    const bucket = new TokenBucket(Infinity, 2)
    for (let call = 0; call < 100; call++) bucket.take(1, 5)
    assert.isAtMost(bucket.due(1, 5), 5)

    bucket.setRate(2, 5)
    bucket.take(2, 5)
    assert.strictEqual(bucket.due(1, 5), 505)
  })
})
