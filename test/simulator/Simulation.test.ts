import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { Incident } from "../../src/simulator/model/Incident.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"

const run = (options: Simulation.Options) => Effect.orDie(Simulation.run(options))
const short = { duration: "3 minutes" } as const
const sum = (counts: object) => Object.values(counts).reduce((total: number, count: number) => total + count, 0)

/** Each call that arrived ended exactly once. */
const assertConserved = (result: Simulation.Result) => {
  const { calls, failed, refused, started, succeeded, timedOut, unfinished } = result
  assert.strictEqual(started, succeeded + failed + timedOut)
  assert.strictEqual(calls, started + unfinished + sum(refused))
}

describe("Simulation", () => {
  const presets = ["default", "heavy", "light", "unstable", "adaptive"] as const
  const kinds = ["outage", "refuse", "hang", "fail", "slow", "limit"] as const
  const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

  it.effect.prop(
    "each call ends exactly once, whatever the load, the incident and the preset",
    {
      preset: Schema.Literals(presets),
      kind: Schema.Literals(kinds),
      perMinute: between(0, 400),
      retries: between(0, 2),
      bursty: Schema.Boolean,
      seed: between(0, 1000)
    },
    ({ bursty, kind, perMinute, preset, retries, seed }) =>
      Effect.gen(function* () {
        const result = yield* run({
          ...short,
          seed,
          arrivals: bursty
            ? { kind: "bursty", perMinute, burstPerMinute: 2 * perMinute }
            : { kind: "poisson", perMinute, greedyShare: 0.3 },
          incidents: [{ kind, from: "30 seconds", to: "90 seconds", requestsPerMinute: 30 }],
          settings: { preset, maxRetries: retries, deadline: "40 seconds", requestTimeout: "20 seconds" }
        })

        assertConserved(result)
        assert.strictEqual(result.unfinished, 0)
        assert.isAtMost(result.upstreamPerCall, retries + 1)
        for (const share of [result.success, result.wastedWork, result.averageFill, result.openFraction]) {
          assert.isTrue(share >= 0 && share <= 1, String(share))
        }
        const callers = result.callers.length
        assert.isTrue(result.fairness <= 1 && (callers === 0 || result.fairness >= 1 / 11), String(result.fairness))
      }),
    { arbitrary: { runs: 12, seed: 1 } }
  )

  it.effect("the same seed gives the same result to the byte, another seed another", () =>
    Effect.gen(function* () {
      const options: Simulation.Options = {
        ...short,
        // So many that calls are refused, and tried again.
        arrivals: { kind: "agents", jobsPerMinute: 60, population: 60 },
        model: { errorRate: 0.1, hangRate: 0.02 },
        settings: { preset: "heavy", requestTimeout: "20 seconds" }
      }
      const once = JSON.stringify(yield* run(options))

      assert.strictEqual(JSON.stringify(yield* run(options)), once)
      assert.notStrictEqual(JSON.stringify(yield* run({ ...options, seed: 2 })), once)
    })
  )

  it.effect("the same seed brings the same calls to each preset", () =>
    Effect.gen(function* () {
      const arrivals = { kind: "poisson", perMinute: 60 } as const
      const results = yield* Effect.forEach(presets, (preset) => run({ ...short, arrivals, settings: { preset } }))

      assert.strictEqual(
        new Set(results.map(({ calls, callers }) => JSON.stringify([calls, callers.map((one) => one.calls)]))).size,
        1
      )
    })
  )

  it.effect("without a call nothing is wrong", () =>
    Effect.gen(function* () {
      for (const arrivals of [
        { kind: "poisson", perMinute: 0 },
        { kind: "bursty", perMinute: 0, burstPerMinute: 0 },
        { kind: "agents", jobsPerMinute: 0, population: 3 },
        { kind: "trace", calls: [] }
      ] as const) {
        const result = yield* run({ ...short, arrivals })

        assert.deepInclude(result, {
          calls: 0,
          success: 1,
          wastedWork: 0,
          upstreamPerCall: 0,
          fairness: 1,
          averageFill: 0
        })
        assert.isNull(result.total.p95)
      }
    })
  )

  it.effect("far more than the model can do is refused, and no preset answers more than it can", () =>
    Effect.gen(function* () {
      const model = {
        slots: 1,
        tokensPerSecond: 100,
        firstToken: 0,
        perPromptToken: 0,
        spread: 0,
        replyTokens: { chat: 100 }
      }
      for (const preset of presets) {
        const result = yield* run({
          ...short,
          arrivals: { kind: "poisson", perMinute: 600 },
          model,
          settings: { preset }
        })

        assertConserved(result)
        assert.isAbove(sum(result.refused), 1000)
        // What arrived in three minutes may end within the deadline of two minutes after.
        assert.isAtMost(result.succeeded, 300)
        assert.isAbove(result.succeeded, 60)
      }
    })
  )

  it.effect("times and work of one call are those of the model", () =>
    Effect.gen(function* () {
      const calls = [{ at: 500, promptTokens: 1000, completionTokens: 101, caller: "ada" }]
      const result = yield* run({
        arrivals: { kind: "trace", calls },
        model: { tokensPerSecond: 100, firstToken: 300, perPromptToken: 0.2 },
        duration: "10 seconds"
      })

      assert.closeTo(result.firstToken.p50!, 500, 0.01)
      assert.closeTo(result.total.mean!, 1500, 0.01)
      assert.deepInclude(result, { calls: 1, succeeded: 1, success: 1, upstreamPerCall: 1, wastedWork: 0 })
      assert.deepStrictEqual(result.goodput, { callsPerSecond: 0.1, tokensPerSecond: 10.1 })
      assert.deepStrictEqual(result.callers, [{ caller: "ada", calls: 1, succeeded: 1 }])
    })
  )

  it.effect("work for an answer that comes too late is wasted, and so is that of failed attempts", () =>
    Effect.gen(function* () {
      const model = { tokensPerSecond: 100, firstToken: 0, perPromptToken: 0 }
      const call = { promptTokens: 1, completionTokens: 201 }
      const calls = [
        { at: 0, ...call },
        { at: 10_000, ...call, deadlineMs: 1000 }
      ]
      const result = yield* run({ arrivals: { kind: "trace", calls }, model, duration: "1 minute" })

      assert.deepInclude(result, { calls: 2, succeeded: 1, timedOut: 1 })
      assert.closeTo(result.wastedWork, 1 / 3, 0.001)
    })
  )

  it.effect("one greedy caller makes success uneven where nothing shares it, and Jain's index tells", () =>
    Effect.gen(function* () {
      const calls = Array.from({ length: 120 }, (_, i) => ({
        at: i * 500,
        promptTokens: 10,
        completionTokens: 10,
        caller: i % 2 === 0 ? "ada" : "bob",
        ...(i % 2 === 0 ? {} : { deadlineMs: 1 })
      }))
      const { callers, fairness } = yield* run({ arrivals: { kind: "trace", calls }, duration: "1 minute" })

      assert.deepStrictEqual(
        callers.map(({ succeeded }) => succeeded),
        [60, 0]
      )
      assert.strictEqual(fairness, 0.5)
    })
  )

  it.effect("calls of the warm-up are made and not measured", () =>
    Effect.gen(function* () {
      const calls = Array.from({ length: 60 }, (_, i) => ({ at: i * 1000, promptTokens: 10, completionTokens: 10 }))
      const options: Simulation.Options = { arrivals: { kind: "trace", calls }, duration: "1 minute" }
      const slow = [{ kind: "outage", from: 0, to: "30 seconds" }] as const

      assert.strictEqual((yield* run({ ...options, warmUp: "40 seconds" })).calls, 20)
      assert.isBelow((yield* run({ ...options, incidents: slow })).success, 0.6)
    })
  )

  it.effect("a trace comes at a multiple of its speed", () =>
    Effect.gen(function* () {
      const calls = [0, 10_000, 20_000].map((at) => ({ at, promptTokens: 10, completionTokens: 10 }))
      const counts = yield* Effect.forEach([0.5, 1, 2], (speed) =>
        Effect.map(run({ arrivals: { kind: "trace", calls, speed }, duration: "15 seconds" }), (result) => result.calls)
      )

      assert.deepStrictEqual(counts, [1, 2, 3])
    })
  )

  it.effect("each incident does what its name says, for as long as it lasts", () =>
    Effect.gen(function* () {
      const calls = Array.from({ length: 30 }, (_, i) => ({ at: i * 1000, promptTokens: 1, completionTokens: 10 }))
      const settings = {
        maxRetries: 0,
        circuitBreaker: { maxFailures: Infinity },
        requestTimeout: "5 seconds"
      } as const
      const model = { firstToken: 0, perPromptToken: 0, slots: 100 }
      const play = (incident: Pick<Incident, "kind"> & Partial<Incident>) =>
        run({
          arrivals: { kind: "trace", calls },
          model,
          settings: { ...settings, requestsPerSecond: Infinity, maxConcurrentRequests: Infinity },
          incidents: [
            { from: "10 seconds", to: "20 seconds", ...incident } as NonNullable<
              Simulation.Options["incidents"]
            >[number]
          ],
          duration: "30 seconds"
        })

      assert.deepInclude(yield* play({ kind: "refuse" }), { succeeded: 20, failed: 10, timedOut: 0 })
      assert.deepInclude(yield* play({ kind: "outage" }), { succeeded: 20, failed: 10, timedOut: 0 })
      assert.deepInclude(yield* play({ kind: "fail" }), { succeeded: 20, failed: 10, timedOut: 0 })
      assert.deepInclude(yield* play({ kind: "hang" }), { succeeded: 20, failed: 0, timedOut: 10 })
      // The first 429 fails its call; the gate keeps the others until its retry-after.
      assert.deepInclude(yield* play({ kind: "limit", requestsPerMinute: 4 }), { succeeded: 29, failed: 1 })
      assert.deepInclude(yield* play({ kind: "limit", tokensPerMinute: 44 }), { succeeded: 29, failed: 1 })
      const slow = yield* play({ kind: "slow", speed: 0.2 })
      assert.deepInclude(slow, { succeeded: 30 })
      assert.closeTo(slow.latency.max! / slow.latency.p50!, 5, 0.3)
    })
  )

  it.effect("calls that hang where no limit ends them are told of as unfinished", () =>
    Effect.gen(function* () {
      const settings = { requestTimeout: Infinity, deadline: Infinity, requestsPerSecond: Infinity } as const
      const arrivals = { kind: "poisson", perMinute: 30 } as const
      const result = yield* run({ ...short, arrivals, settings, model: { hangRate: 1 } })

      assertConserved(result)
      assert.strictEqual(result.unfinished + sum(result.refused), result.calls)
      assert.isAbove(result.unfinished, 0)
    })
  )

  it.effect("agents finish their jobs, and one who is alone does one after the other", () =>
    Effect.gen(function* () {
      const calm = yield* run({
        arrivals: { kind: "agents", jobsPerMinute: 4, population: 20 },
        duration: "20 minutes"
      })
      const alone = yield* run({
        arrivals: { kind: "agents", jobsPerMinute: 60, population: 1 },
        settings: { preset: "adaptive" },
        duration: "20 minutes"
      })

      assertConserved(calm)
      const { completed, created, failed, pending } = calm.jobs!
      assert.strictEqual(created, completed + failed + pending)
      assert.isAbove(completed, 0.9 * created)
      assert.closeTo(calm.calls / created, 5, 0.6)
      assert.isAbove(alone.jobs!.pending, alone.jobs!.completed)
      assert.strictEqual(alone.callers.length, 1)
    })
  )

  it.effect("tells how far it is", () =>
    Effect.gen(function* () {
      const shares: Array<number> = []
      yield* run({ ...short, arrivals: { kind: "poisson", perMinute: 30 }, onProgress: (share) => shares.push(share) })

      assert.deepStrictEqual(
        shares,
        [...shares].sort((a, b) => a - b)
      )
      assert.isTrue(shares.every((share) => share >= 0 && share < 1))
      assert.isAbove(shares.at(-1)!, 0.9)
    })
  )

  it.effect("every wrong option is named at once", () =>
    Effect.gen(function* () {
      const wrong = {
        arrivals: { kind: "poisson", perMinute: -1, caller: 3 },
        model: { slots: 0 },
        incidents: [{ kind: "slwo", from: 0, to: 1 }],
        settings: { preset: "adaptiv", maxQueueSise: 3 },
        warmUp: "2 hours",
        seed: -1
      } as unknown as Simulation.Options
      const error = yield* Effect.flip(Simulation.run(wrong))
      const names = error.problems.map(({ name }) => name)

      assert.deepStrictEqual(names, [
        "arrivals.caller",
        "arrivals.perMinute",
        "model.slots",
        "incidents[0].kind",
        "settings.maxQueueSise",
        "settings.preset",
        "seed",
        "warmUp"
      ])
      for (const seed of [NaN, Infinity, 1.5, -1]) {
        const { message } = yield* Effect.flip(Simulation.run({ arrivals: { kind: "poisson", perMinute: 1 }, seed }))
        assert.include(message, `seed=${seed} is not allowed: a whole number from 0`)
      }
      assert.match(error.message, /did you mean settings\.maxQueueSize\?/)
      const kind = yield* Effect.flip(Simulation.run({ arrivals: { kind: "steady" } } as unknown as Simulation.Options))
      assert.match(kind.message, /^arrivals\.kind="steady" is not allowed: one of poisson, bursty, agents, trace/)
    })
  )
})
