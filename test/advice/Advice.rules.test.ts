import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Advice from "../../src/advice/Advice.ts"
import { threshold } from "../../src/advice/Evidence.ts"
import { readText } from "../../src/config/Field.ts"
import { steady } from "../../src/stats/Jobs.ts"
import { leaves } from "../../src/config/Options.ts"
import * as Table from "../../src/config/Table.ts"
import { advise, type Given } from "../support/evidence.ts"

const rulesOf = ({ findings }: Advice.Advice) => findings.map(({ rule }) => rule)
const changesOf = ({ findings }: Advice.Advice): ReadonlyArray<ReadonlyArray<ReadonlyArray<unknown>>> =>
  findings.flatMap(({ remedies }) =>
    remedies.map(({ change }) => change.map(({ from, to, variable }) => [variable, from, to]))
  )

/** Failures that all are of one kind. */
const all = (kind: string) => ({ failures: [{ kind, count: 50 }] })

describe("Advice", () => {
  it("with every target met and no limit idle there are no findings", () => {
    const advice = advise()

    assert.deepStrictEqual(advice.findings, [])
    assert.match(advice.summary, /^All is well/)
  })

  it("a missed target always has a finding with its figure, and the threshold at which the target is missed", () => {
    const figures = { success: 0.9, fill: 0.2, open: 0.01, timeouts: 0.01 }
    const { circuit, queue, success, timeouts } = threshold
    const all = advise({ figures, jobs: 0.74 })

    assert.deepStrictEqual(
      all.findings.map((finding) => [finding.rule, finding.figure, finding.threshold]),
      [
        ["circuit", 0.01, circuit],
        ["success", 0.9, success],
        ["timeouts", 0.01, timeouts],
        ["queue", 0.2, queue],
        ["jobs", 0.74, steady.minimum]
      ]
    )
    const met = {
      success: success + 0.001,
      fill: queue - 0.001,
      open: circuit - 0.001,
      timeouts: timeouts - 0.001
    }
    assert.deepStrictEqual(advise({ figures: met, jobs: steady.minimum }).findings, [])
  })

  it("of rate, permits and tokens the limit with the lowest throughput binds, once arrivals come near it", () => {
    const binding = (given: Given) => advise(given).binding

    assert.strictEqual(binding({ perSecond: 1.1 }), "rate")
    assert.isNull(binding({ perSecond: 1.2 }))
    assert.strictEqual(binding({ perSecond: 1.1, recent: { heldMs: 4000 } }), "permits")
    assert.strictEqual(binding({ perSecond: 1.1, settings: { tokensPerMinute: 6000 } }), "tokens")
    assert.strictEqual(binding({ perSecond: null, queue: { maxConcurrent: null } }), null)
    assert.strictEqual(binding({ recent: { queueFull: 36 } }), "queue")
    assert.strictEqual(binding({ perSecond: 1.1, figures: { circuit: "half-open" } }), "breaker")
    const unknown = { heldMs: null, arrivalsPerSecond: 0.1 }
    assert.strictEqual(binding({ queue: { queueSize: 1, activeRequests: 4 }, recent: unknown }), "permits")
    assert.isNull(binding({ queue: { queueSize: 1, activeRequests: 3 }, recent: unknown }))
  })

  it("for a full queue it advises to raise every limit that is too low, or to create fewer jobs", () => {
    const given: Given = { figures: { fill: 0.6 }, perSecond: 1, population: { jobsPerMinute: 60 } }

    assert.deepStrictEqual(changesOf(advise(given)), [[["LLM_REQUESTS_PER_SECOND", 1, 2]], [["JOBS_PER_MIN", 60, 30]]])
    assert.deepStrictEqual(changesOf(advise({ ...given, recent: { heldMs: 3000 } })), [
      [
        ["LLM_REQUESTS_PER_SECOND", 1, 2],
        ["LLM_MAX_CONCURRENT_REQUESTS", 4, 6]
      ],
      [["JOBS_PER_MIN", 60, 30]]
    ])
  })

  it("for a model that slows down it does not advise to raise a limit", () => {
    const slow = { latencyMs: 1500, earlierLatencyMs: 1000, heldMs: 1500 }
    const advice = advise({
      figures: { fill: 0.6 },
      perSecond: 1,
      population: { jobsPerMinute: 60 },
      recent: slow
    })

    assert.deepStrictEqual(rulesOf(advice), ["queue", "latency"])
    assert.deepStrictEqual(changesOf(advice), [[["JOBS_PER_MIN", 60, 30]], [["LLM_MAX_CONCURRENT_REQUESTS", 4, 2]]])
  })

  it("latency is compared only if both figures are known", () => {
    assert.deepStrictEqual(rulesOf(advise({ recent: { latencyMs: 1499 } })), [])
    assert.deepStrictEqual(rulesOf(advise({ recent: { latencyMs: 1500 } })), ["latency"])
    assert.deepStrictEqual(rulesOf(advise({ recent: { latencyMs: null } })), [])
    assert.deepStrictEqual(rulesOf(advise({ recent: { earlierLatencyMs: null, latencyMs: 9000 } })), [])
  })

  it("a finding reports that 1 % of calls were rejected for a full queue or for lack of time", () => {
    assert.deepStrictEqual(rulesOf(advise({ recent: { queueFull: 20, outOfTime: 15 } })), [])
    assert.deepStrictEqual(rulesOf(advise({ recent: { queueFull: 20, outOfTime: 16 } })), ["refusals"])
  })

  it("4xx answers are reported by cause (key, path or model, request), with what to check", () => {
    const said = (recent: Given["recent"]) => {
      const { findings, summary } = advise({ recent: { arrivals: 20, ...recent } })
      assert.deepStrictEqual(
        findings.map(({ rule }) => rule),
        ["declined"]
      )
      assert.strictEqual(summary, findings[0]!.message)
      return findings[0]!
    }

    const key = said({ unauthorized: 20, notFound: 1 })
    assert.strictEqual(key.severity, "critical")
    assert.match(
      key.message,
      /rejects the API key: of the last hour's 20 calls, 20 were answered with 401 or 403.*OPENAI_API_KEY/
    )
    const place = said({ notFound: 5 })
    assert.deepStrictEqual([place.severity, place.figure, place.threshold], ["warning", 0.25, threshold.declined])
    assert.match(place.message, /answered with 404.*OPENAI_BASE_URL.*model/)
    assert.match(said({ invalid: 5 }).message, /rejects requests as invalid/)
    assert.deepStrictEqual(rulesOf(advise({ recent: { arrivals: 20, unauthorized: 1 } })), [])
    assert.match(
      advise({ jobs: 0, recent: { arrivals: 20, unauthorized: 20 } }).findings[1]!.message,
      /the model rejects their calls/
    )
  })

  it("with one call at a time and an overloaded model it advises fewer starts than the rate limit allows", () => {
    const given: Given = {
      figures: { success: 0.4 },
      queue: { maxConcurrent: 1 },
      perSecond: 1.8,
      recent: all("503")
    }

    assert.deepStrictEqual(changesOf(advise(given)), [[["LLM_REQUESTS_PER_SECOND", 1.8, 0.9]]])
    assert.strictEqual(advise(given).findings[0]?.severity, "critical")
    // Without a rate limit the rate of starts is what callers happen to ask for, and less the longer they do not.
    assert.deepStrictEqual(changesOf(advise({ ...given, perSecond: null })), [])
  })

  it("less load is advised only where failures follow the load", () => {
    const load = { succeeded: 200, failed: 100, activeIfSucceeded: 2, activeIfFailed: 2, spread: 1 }
    const isReduced = (recent: NonNullable<Given["recent"]>) =>
      changesOf(advise({ figures: { success: 0.6 }, recent }))
        .flat(1)
        .some(([variable]) => variable === "LLM_MAX_CONCURRENT_REQUESTS")
    const busier = (by: number, more: Partial<typeof load> = {}) => ({
      load: { ...load, activeIfFailed: 2 + by, ...more }
    })

    assert.isTrue(isReduced(busier(0.6)))
    assert.isFalse(isReduced(busier(0.4)), "too small a difference")
    assert.isFalse(isReduced({ ...busier(0.6, { failed: 6 }), ...all("500") }), "it may be chance")
    assert.isFalse(isReduced({ ...busier(0), ...all("503") }), "it says so at any load")
    const even = busier(0, { spread: 0 })
    for (const kind of ["429", "503", "529", "upstream_timeout", "deadline_exceeded"]) {
      assert.isTrue(isReduced({ ...even, ...all(kind) }), kind)
    }
    for (const kind of ["500", "502", "ECONNREFUSED", "TruncatedStream", "error"]) {
      assert.isFalse(isReduced({ ...even, ...all(kind) }), kind)
    }
    const never = busier(0, { spread: 0, succeeded: 0 })
    assert.isFalse(isReduced({ ...never, ...all("503") }), "it is down")
    assert.isTrue(isReduced({ ...never, ...all("upstream_timeout") }))
    assert.isFalse(isReduced({}), "nothing is known")
  })

  it("a finding says how calls failed, the most frequent first", () => {
    const failures = [
      { kind: "ECONNREFUSED", count: 12 },
      { kind: "500", count: 3 }
    ]

    assert.match(
      advise({ figures: { success: 0.4 }, recent: { failures } }).summary,
      /\(12 failed with ECONNREFUSED, 3 failed with 500\): check the endpoint/
    )
  })

  it("if the circuit opens repeatedly it advises a longer open duration", () => {
    const given = (openings: number): Given => ({
      figures: { open: 0.1 },
      recent: { openings, ...all("503") },
      settings: { circuitBreaker: { timeout: 30_000 } }
    })
    const more = [["LLM_MAX_CONCURRENT_REQUESTS", 4, 2]]

    assert.deepStrictEqual(changesOf(advise(given(1))), [more])
    assert.deepStrictEqual(changesOf(advise(given(2))), [more, [["LLM_CIRCUIT_BREAKER_TIMEOUT_MS", 30_000, 60_000]]])
  })

  it("a shorter timeout is advised if requests hang, a longer one if answers are slow", () => {
    const given = (p99: number): Given => ({
      figures: { timeouts: 0.05 },
      recent: all("upstream_timeout"),
      p99,
      settings: { requestTimeout: 60_000, deadline: 120_000, maxRetries: 0 }
    })
    const less = [["LLM_MAX_CONCURRENT_REQUESTS", 4, 2]]

    assert.deepStrictEqual(changesOf(advise(given(14_000))), [
      [
        ["LLM_REQUEST_TIMEOUT_MS", 60_000, 42_000],
        ["LLM_MAX_RETRIES", 0, 2]
      ],
      less
    ])
    assert.deepStrictEqual(changesOf(advise(given(50_000))), [
      [
        ["LLM_REQUEST_TIMEOUT_MS", 60_000, 120_000],
        ["LLM_DEADLINE_MS", 120_000, 180_000]
      ],
      less
    ])
  })

  it("the jobs finding names the first cause that applies", () => {
    const said = (given: Given) => advise(given).findings.find(({ rule }) => rule === "jobs")?.message

    assert.match(said({ jobs: 0.5, figures: { open: 0.1, fill: 0.5 } })!, /the circuit was open/)
    assert.match(said({ jobs: 0.5, figures: { fill: 0.5 }, recent: { queueFull: 100 } })!, /the queue overflows/)
    assert.match(said({ jobs: 0.5, figures: { fill: 0.5 } })!, /wait in the queue/)
    assert.match(said({ jobs: 0.5, figures: { timeouts: 0.5 } })!, /the endpoint is slow/)
    assert.match(said({ jobs: 0.5, figures: { success: 0.5 } })!, /the endpoint fails/)
    assert.match(said({ jobs: 0.5 })!, /agents are too few/)
    assert.match(said({ jobs: 1.5 })!, /backlog/)
    assert.match(advise({ jobs: 1.5 }).summary, /^For every 100 jobs created, 150 are completed/)
  })

  it("limits are reported as idle only if none binds and calls arrive", () => {
    const wide: Given = { perSecond: 100, queue: { maxConcurrent: 100 } }

    assert.deepStrictEqual(rulesOf(advise(wide)), ["idleRate", "idlePermits"])
    assert.deepStrictEqual(changesOf(advise(wide)), [
      [["LLM_REQUESTS_PER_SECOND", 100, 10]],
      [["LLM_MAX_CONCURRENT_REQUESTS", 100, 6]]
    ])
    assert.match(advise(wide).summary, /^All is well.*could be tighter/)
    assert.deepStrictEqual(rulesOf(advise({ ...wide, recent: { arrivals: 19 } })), [])
    assert.deepStrictEqual(rulesOf(advise({ ...wide, settings: { tokensPerMinute: 6000 } })), [])
  })

  it("every advised variable exists, and every advised value is in its range", () => {
    const known = new Map(leaves(Table.settings).map(({ facts }) => [facts.env, facts]))
    const extremes: ReadonlyArray<Given> = [
      {
        jobs: 0,
        figures: { fill: 1 },
        perSecond: 100_000,
        recent: { arrivalsPerSecond: 1e6, heldMs: 1e6 },
        population: { jobsPerMinute: 5 }
      },
      { figures: { success: 0 }, perSecond: 0.001, queue: { maxConcurrent: 1 } },
      { figures: { fill: 1 }, queue: { maxSize: 1_000_000 } },
      { jobs: 0, population: { agents: 1, jobsPerMinute: 0.3 } },
      {
        figures: { timeouts: 1 },
        p99: 0.5,
        settings: { requestTimeout: 86_400_000, deadline: Infinity, maxRetries: 0 }
      },
      { figures: { timeouts: 1 }, p99: 7e7, settings: { requestTimeout: 86_400_000, deadline: 86_400_000 } }
    ]
    for (const given of extremes) {
      const advice = advise(given)
      Schema.decodeUnknownSync(Advice.Advice)(advice)
      for (const { change } of advice.findings.flatMap(({ remedies }) => remedies)) {
        for (const { to, variable } of change) {
          assert.isDefined(known.get(variable), variable)
          assert.isDefined(readText(known.get(variable)!, String(to), []), `${variable}=${to}`)
        }
      }
    }
  })

  it("time limits of callers that are too short are no fault of the model", () => {
    const settings = { requestTimeout: 60_000, deadline: 120_000 }
    const [finding] = advise({ figures: { timeouts: 0.9 }, recent: { heldMs: 2 }, settings }).findings

    assert.match(finding!.message, /90 % of calls timed out, sooner than .*callers set deadlines/)
    assert.deepStrictEqual(finding!.remedies, [])
    const [hung] = advise({ figures: { timeouts: 0.9 }, recent: { heldMs: 54_000 }, settings }).findings
    assert.match(hung!.message, /check how long the endpoint takes/)
  })

  it("deadlines of callers are told of for information, and change no setting", () => {
    const { findings, status, summary } = advise({ recent: { arrivals: 62, callerDeadlines: 1 } })

    assert.strictEqual(status, "healthy")
    assert.deepStrictEqual(
      findings.map(({ remedies, rule, severity }) => [rule, severity, remedies]),
      [["deadlines", "info", []]]
    )
    assert.match(summary, /^All is well.*Deadlines that callers set ended 1 of the last hour's 62 calls/)
    assert.deepStrictEqual(rulesOf(advise({ recent: { arrivals: 1000, callerDeadlines: 1 } })), [])
  })

  it("where callers' deadlines are what fails, the success finding says so and changes no setting", () => {
    const recent = {
      callerDeadlines: 40,
      failures: [{ kind: "deadline_exceeded", count: 40 }],
      load: { succeeded: 50, failed: 40, activeIfSucceeded: 1, activeIfFailed: 1, spread: 0 }
    }
    const { findings } = advise({ figures: { success: 0.55 }, recent })

    assert.deepStrictEqual(
      findings.map(({ remedies, rule }) => [rule, remedies]),
      [["success", []]]
    )
    assert.match(findings[0]!.message, /deadlines that callers set ended 40\. Check what callers allow/)
  })

  it("one call is one call in every finding", () => {
    const messages = advise({ jobs: 0.01, recent: { arrivals: 1, notFound: 1 } }).findings.map(({ message }) => message)

    assert.match(messages.join(" "), /of the last hour's 1 call, 1 was answered with/)
    assert.match(messages.join(" "), /For every 100 jobs created, 1 is completed/)
  })

  it("where the limit follows the model no fixed one is advised, but where a fixed one is set", () => {
    const bad = {
      figures: { success: 0.4, timeouts: 0.3, fill: 0.6 },
      recent: { heldMs: 40_000, peak: 4, ...all("upstream_timeout") }
    }
    const variables = (settings: Advice.Settings) =>
      changesOf(advise({ ...bad, settings }))
        .flat(1)
        .map(([variable]) => variable)

    assert.notInclude(variables({ preset: "adaptive" }), "LLM_MAX_CONCURRENT_REQUESTS")
    assert.notInclude(variables({ preset: "adaptive", maxConcurrentRequests: Infinity }), "LLM_MAX_CONCURRENT_REQUESTS")
    assert.include(variables({ preset: "adaptive", maxConcurrentRequests: 4 }), "LLM_MAX_CONCURRENT_REQUESTS")
    assert.include(variables({}), "LLM_MAX_CONCURRENT_REQUESTS")
  })

  it("the adaptive preset is advised only where the limits of another bind and the model has room", () => {
    const full = { figures: { fill: 0.6 }, perSecond: 1 }
    const isAdvised = (given: Given) =>
      changesOf(advise(given))
        .flat(1)
        .some(([variable]) => variable === "LLM_PRESET")

    for (const preset of ["default", "heavy", "light", "unstable"]) {
      assert.isTrue(isAdvised({ ...full, settings: { preset } }), preset)
    }
    assert.isFalse(isAdvised({ ...full, settings: { preset: "adaptive" } }))
    assert.isFalse(isAdvised(full), "the preset is not known")
    assert.isFalse(isAdvised({ settings: { preset: "default" } }), "no limit binds")
    const settings = { preset: "default" }
    assert.isFalse(isAdvised({ ...full, settings, figures: { fill: 0.6, success: 0.5 } }), "calls fail")
    assert.isFalse(isAdvised({ ...full, settings, figures: { fill: 0.6, timeouts: 0.5 } }), "calls time out")
    const slower = { latencyMs: 4000, earlierLatencyMs: 1000 }
    assert.isFalse(isAdvised({ ...full, settings, recent: slower }), "the model slows down")
  })

  it("the text names the value to set and the current one", () => {
    const text = Advice.text(advise({ figures: { fill: 0.6 }, perSecond: 1 }))

    assert.match(text, /^health: degraded\n/)
    assert.match(text, /\nmissed {2}the queue is on average less than 20 % full \(0\.6\)\n/)
    assert.match(text, /\nwarning, queue: The queue is 60 % full on average; the bottleneck is the rate limit\.\n/)
    assert.match(
      text,
      /\n {6}LLM_REQUESTS_PER_SECOND=2 \(now 1\): calls arrive at 1 per second, and the rate limit lets them start at 1 per second\n/
    )
  })
})
