import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import type { Verdict } from "../../../src/Failure.ts"
import { Outcomes, type Progress, type Thresholds } from "../../../src/policy/CircuitBreaker/Outcomes.ts"
import { limit } from "../../support/limit.ts"
import { runs } from "../../support/runs.ts"

const between = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))
const among = <A>(values: ReadonlyArray<A>) => Arbitrary.map(between(0, values.length - 1), (i) => values[i]!)

// A bucket is a millisecond, and everything happens at whole ones: the window is exact.
const thresholds: Thresholds = {
  maxFailures: limit(Infinity),
  within: Infinity,
  failureRate: limit(0.5),
  slowCallRate: limit(Infinity, true),
  minimumCalls: limit(10),
  window: 30
}

interface Ended {
  readonly at: number
  readonly verdict: Verdict
  readonly progress: Progress
}

/** The promise in plain words: shares of what ended in the window, and of what runs. */
const expected = (
  { failureRate, minimumCalls, slowCallRate, window }: Thresholds,
  ended: ReadonlyArray<Ended>,
  running: ReadonlyArray<{ readonly slow: boolean }>,
  now: number
) => {
  const recent = ended.filter(({ at, progress }) => at > now - window && progress !== "waiting")
  const judged = recent.filter(({ verdict }) => verdict !== "ignored")
  const failed = judged.filter(({ verdict }) => verdict === "failure").length
  if (judged.length >= minimumCalls.current && failed / judged.length >= failureRate.current) return "failure rate"
  const timed = recent.filter(({ progress, verdict }) => verdict !== "ignored" || progress === "slow")
  const slow = timed.filter(({ progress }) => progress === "slow").length + running.filter(({ slow }) => slow).length
  const all = timed.length + running.length
  return all >= minimumCalls.current && slow / all >= slowCallRate.current ? "slow calls" : undefined
}

describe("Outcomes", () => {
  it.effect.prop(
    "rates are shares of the attempts that ended in the window, and slow ones also of those that run",
    {
      steps: Arbitrary.array(
        Arbitrary.all({
          act: among(["start", "start", "slow", "end", "end", "wait"] as const),
          pick: between(0, 99),
          verdict: among(["failure", "success", "success", "ignored"] as const)
        }),
        { maxLength: 200 }
      ),
      failureRate: Arbitrary.map(among([0.3, 0.5, 1, Infinity]), limit),
      slowCallRate: Arbitrary.map(among([0.3, 0.5, 1, Infinity]), (rate) => limit(rate, true)),
      minimumCalls: Arbitrary.map(between(1, 6), limit)
    },
    ({ steps, ...rates }) =>
      Effect.sync(() => {
        const rules = { ...thresholds, ...rates }
        const outcomes = new Outcomes(rules, 0)
        const ended: Array<Ended> = []
        const running: Array<{ slow: boolean }> = []
        let now = 1
        for (const { act, pick, verdict } of steps) {
          if (act === "wait") now += pick % 12
          const call = running[pick % running.length]
          if (act === "start") {
            outcomes.start()
            running.push({ slow: false })
          } else if (act === "slow" && call?.slow === false) {
            outcomes.slow()
            call.slow = true
          } else if (act === "end" && call !== undefined) {
            const progress = call.slow ? "slow" : "running"
            outcomes.end(verdict, progress, now)
            running.splice(running.indexOf(call), 1)
            ended.push({ at: now, verdict, progress })
          }
          assert.strictEqual(outcomes.reached(now), expected(rules, ended, running, now))
        }
      }),
    { arbitrary: { runs: runs(200, 5000), size: 200 } }
  )

  it("an attempt that ended before it started does not count among those that run", () => {
    const rules = { ...thresholds, failureRate: limit(Infinity), slowCallRate: limit(0.5), minimumCalls: limit(1) }
    const outcomes = new Outcomes(rules, 0)

    outcomes.end("ignored", "waiting", 1)
    outcomes.start()
    outcomes.slow()

    assert.strictEqual(outcomes.reached(2), "slow calls")
  })

  it("failures of long ago take no memory", () => {
    const rates = { failureRate: limit(Infinity), slowCallRate: limit(Infinity) }
    const outcomes = new Outcomes({ ...thresholds, ...rates, maxFailures: limit(1_000_000), within: 100 }, 0)

    for (let now = 0; now < 10_000; now++) {
      outcomes.end("failure", "running", now)
      assert.isUndefined(outcomes.reached(now))
      assert.isAtMost(outcomes.failures, 100)
    }
  })
})
