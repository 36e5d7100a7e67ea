import { assert, describe, it } from "@effect/vitest"
import { ResolvedOptions } from "../../../src/Call.ts"
import { type Running, WaitPrediction } from "../../../src/policy/AdmissionQueue/WaitPrediction.ts"

const running = (): Running => ({
  startedAt: undefined,
  running: 0,
  call: { options: ResolvedOptions.of({}) },
  previous: undefined,
  next: undefined
})

describe("WaitPrediction", () => {
  it("takes no permit for free when work that was given up ends while its call goes on", () => {
    const prediction = new WaitPrediction(() => 1)
    const call = running()
    prediction.onStart(call, 0, true, 0)
    // Its first attempt is given up, and goes on beside the second.
    prediction.onRestart(call, 100)
    prediction.onStop(call, 200)
    prediction.onStart(running(), 0, true, 300)

    // The second start waited 300 ms for its turn, and the first not at all.
    assert.strictEqual(prediction.spacing.mean, 150)
  })
})
