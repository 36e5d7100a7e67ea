import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { lives } from "../support/world.ts"

const thirtyMinutes = { time: "30 minutes" } as const

describe("A population on the default gate", () => {
  it.live("meets every target of health in half an hour, and completes its jobs steadily", () =>
    Effect.gen(function* () {
      const { advice, jobs, requests, targets } = yield* lives(thirtyMinutes)

      assert.deepStrictEqual(
        targets.filter(({ met }) => !met),
        []
      )
      assert.strictEqual(advice.status, "healthy")
      assert.closeTo(jobs.created, 300, 60)
      assert.isAtLeast(jobs.completed / jobs.created, 0.97)
      assert.closeTo(jobs.perMinute, jobs.created / 30, 3)
      // As even as jobs at random moments are: a deviation of the root of ten for a mean of ten.
      assert.isBelow(jobs.variation!, 0.45)
      assert.strictEqual(requests.successRate, 1)
    })
  )
})
