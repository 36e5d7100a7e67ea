import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import type { Outcome } from "../../src/stats/Event.ts"
import type { Reason } from "../../src/Rejection.ts"
import { Stats } from "../../src/Stats.ts"

type Step = "arrive" | "start" | "stop" | Outcome
interface Call {
  readonly caller: string
  running: boolean
  attempts: number
  end: Outcome | undefined
  reason: Reason["_tag"] | undefined
}

const outcomes: ReadonlyArray<Outcome> = ["succeeded", "failed", "rejected", "cancelled", "timedOut"]
const reasons = [
  "QueueFull",
  "CircuitOpen",
  "RateLimited",
  "DeadlineExceeded",
  "NeverAdmissible",
  "ShuttingDown"
] as const
const step: Schema.Schema<Step> = Schema.Literals(["arrive", "start", "stop", ...outcomes])
const pick = Schema.Natural.check(Schema.isBetween({ minimum: 0, maximum: 999 }))
const Steps = Arbitrary.array(Arbitrary.all({ step: Arbitrary.schema(step), pick: Arbitrary.schema(pick) }), {
  maxLength: 120
})

const take = (
  { record }: Stats["Service"],
  calls: Array<Call>,
  { pick, step }: { readonly step: Step; readonly pick: number }
) => {
  if (step === "arrive") {
    const caller = `caller ${pick % 4}`
    calls.push({ caller, running: false, attempts: 0, end: undefined, reason: undefined })
    return record({ _tag: "Arrived", caller })
  }
  const open = calls.filter((call) => call.end === undefined && call.running === (step === "stop"))
  const call = open[pick % open.length]
  if (call === undefined) return
  if (step === "start") {
    record({ _tag: "Started", wait: call.attempts === 0 ? pick : undefined })
    call.attempts++
  }
  if (step === "start" || step === "stop") {
    call.running = step === "start"
    return step === "stop" ? record({ _tag: "Stopped" }) : undefined
  }
  call.end = step
  call.reason = step === "rejected" ? reasons[pick % reasons.length] : undefined
  record({
    _tag: "Ended",
    caller: call.caller,
    outcome: step,
    reason: call.reason,
    latency: call.attempts > 0 ? pick : undefined
  })
}

describe("Stats conservation", () => {
  it.effect.prop(
    "at every instant each call is counted exactly once, in its current state",
    { steps: Steps },
    ({ steps }) =>
      Effect.gen(function* () {
        const stats = yield* Stats
        const calls: Array<Call> = []
        const count = (where: (call: Call) => boolean) => calls.filter(where).length

        for (const each of steps) {
          take(stats, calls, each)
          const { callers, queue, requests } = yield* stats.snapshot

          const ended = outcomes.map((outcome) => requests[outcome])
          assert.deepStrictEqual(
            ended,
            outcomes.map((outcome) => count(({ end }) => end === outcome))
          )
          assert.strictEqual(
            requests.inFlight,
            count(({ end }) => end === undefined)
          )
          assert.strictEqual(requests.total, ended.reduce((a, b) => a + b, 0) + requests.inFlight)
          assert.strictEqual(
            queue.activeRequests,
            count(({ running }) => running)
          )
          assert.strictEqual(
            requests.retried,
            calls.reduce((sum, { attempts }) => sum + Math.max(0, attempts - 1), 0)
          )
          for (const name of reasons)
            assert.strictEqual(
              requests.rejections[name],
              count(({ reason }) => reason === name)
            )
          for (const { caller, inFlight, rejected, total } of callers) {
            const own = calls.filter((call) => call.caller === caller)
            assert.deepStrictEqual(
              [total, inFlight, rejected],
              [
                own.length,
                own.filter(({ end }) => end === undefined).length,
                own.filter(({ end }) => end === "rejected").length
              ]
            )
          }
          assert.strictEqual(callers.length, new Set(calls.map(({ caller }) => caller)).size)
        }
      }).pipe(Effect.provide(Stats.layer)),
    { arbitrary: { size: 60 } }
  )
})
