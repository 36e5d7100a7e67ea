import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Logger, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Advice from "../../src/advice/Advice.ts"
import { type Section, type SectionStats, Stats } from "../../src/Stats.ts"
import type { Moment } from "../../src/stats/Section.ts"

class CacheStats implements SectionStats {
  readonly metrics = {
    hits: { type: "counter", help: "Answers from the cache." },
    hitRate: { type: "gauge", help: "Share of answers from the cache." },
    note: { type: "gauge", help: "No number." }
  } as const
  private readonly moment: Moment
  private hits = 0
  private misses = 0

  constructor(moment: Moment) {
    this.moment = moment
  }

  onLookup(hit: boolean): void {
    this.moment()
    if (hit) this.hits++
    else this.misses++
  }

  snapshot() {
    return { hits: this.hits, hitRate: this.rate, note: "warm" }
  }

  targets() {
    return [{ name: "cache", aim: "more than half of the answers are cached", figure: this.rate, met: this.rate > 0.5 }]
  }

  readonly advisor: Advice.Advisor = {
    rule: ({ targets }) => {
      const missed = targets.find(({ met, name }) => name === "cache" && !met)
      return missed && finding(missed.figure)
    },
    reduceDemand: (share) => [{ variable: "CACHE_SIZE", from: 10, to: 10 / share, why: "a larger cache asks less" }]
  }

  private get rate(): number {
    return this.hits + this.misses === 0 ? 1 : this.hits / (this.hits + this.misses)
  }
}

const finding = (figure: number): Advice.Finding => ({
  rule: "cache",
  severity: "info",
  limit: null,
  figure,
  threshold: 0.5,
  message: "The cache is cold.",
  remedies: []
})

const cache: Section<CacheStats> = { name: "cache", make: (moment) => new CacheStats(moment) }

const advice = Effect.flatMap(Stats, ({ advisors, recent, snapshot, targets }) =>
  Effect.map(Effect.all({ advisors, recent, snapshot, targets }), (stats) => Advice.from({ ...stats, settings: {} }))
)

describe("A section of the stats", () => {
  it.effect("stands in the snapshot under its name, from its first use on, and all who use it count together", () =>
    Effect.gen(function* () {
      const { snapshot } = yield* Stats
      assert.notProperty(yield* snapshot, "cache")

      const one = yield* Stats.section(cache)
      const other = yield* Stats.section(cache)
      one.onLookup(true)
      other.onLookup(false)

      assert.deepInclude((yield* snapshot) as object, { cache: { hits: 1, hitRate: 0.5, note: "warm" } })
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("has its numbers in the metrics, beside those of jobs, which are zeros", () =>
    Effect.gen(function* () {
      const { metrics } = yield* Stats
      const stats = yield* Stats.section(cache)
      stats.onLookup(true)

      assert.deepStrictEqual(
        (yield* metrics).map(({ name, type, value }) => [name, type, value]),
        [
          ["jobs_created", "counter", 0],
          ["jobs_completed", "counter", 0],
          ["jobs_failed", "counter", 0],
          ["jobs_pending", "gauge", 0],
          ["cache_hits", "counter", 1],
          ["cache_hit_rate", "gauge", 1]
        ]
      )
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("that misses a target of its own makes the health degraded, and advises", () =>
    Effect.gen(function* () {
      const stats = yield* Stats.section(cache)
      assert.strictEqual((yield* advice).status, "healthy")
      stats.onLookup(false)

      const { findings, status, targets } = yield* advice
      assert.strictEqual(status, "degraded")
      assert.deepStrictEqual(
        targets.map(({ name }) => name),
        ["success", "queue", "circuit", "timeouts", "jobs", "cache"]
      )
      assert.deepStrictEqual(findings, [finding(0)])
    }).pipe(Effect.provide(Stats.layer))
  )

  it("may offer changes that reduce the demand", () => {
    const { advisor } = new CacheStats(() => 0)

    assert.deepStrictEqual(
      advisor.reduceDemand!(0.5).map(({ to }) => to),
      [20]
    )
  })

  it.effect("wakes the readers of changes when it counts", () =>
    Effect.gen(function* () {
      const { changes } = yield* Stats
      const stats = yield* Stats.section(cache)
      const reader = yield* Effect.forkChild(Stream.runCollect(Stream.take(changes, 2)), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      stats.onLookup(true)
      yield* TestClock.adjust("1 second")

      const [before, after] = Array.from(yield* Fiber.join(reader))
      assert.deepInclude(before as object, { cache: { hits: 0, hitRate: 1, note: "warm" } })
      assert.deepInclude(after as object, { cache: { hits: 1, hitRate: 1, note: "warm" } })
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("whose targets fail breaks no call: the failure is logged", () => {
    const logged: Array<unknown> = []
    const logger = Logger.make(({ message }) => void logged.push(message))
    const broken = {
      name: "broken",
      make: () => ({
        snapshot: () => ({}),
        targets: (): never => {
          throw new Error("no figures")
        }
      })
    }
    return Effect.gen(function* () {
      const { record, snapshot } = yield* Stats
      yield* Stats.section(broken)
      yield* TestClock.adjust("2 seconds")
      record({ _tag: "Arrived", caller: "ada" })
      yield* Effect.yieldNow

      assert.strictEqual((yield* snapshot).requests.total, 1)
      assert.match(String(logged), /section broken failed/)
    }).pipe(Effect.provide(Stats.layer), Effect.provide(Logger.layer([logger])))
  })

  it.effect("may not take the name of another", () =>
    Effect.gen(function* () {
      const { section } = yield* Stats
      section(cache)

      assert.throws(() => section({ ...cache }), /another section named "cache"/)
      assert.throws(() => section({ ...cache, name: "queue" }), /another section named "queue"/)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("counts by itself where there are no stats", () =>
    Effect.gen(function* () {
      const stats = yield* Stats.section(cache)
      stats.onLookup(true)

      assert.deepStrictEqual(stats.snapshot().hits, 1)
    })
  )
})
