import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import type { Event } from "../../src/stats/Event.ts"
import { Stats } from "../../src/Stats.ts"
import { runs } from "../support/runs.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Step = Schema.Struct({
  // Mostly moments, sometimes minutes, now and then hours.
  pause: Schema.Union([between(0, 3), between(0, 3_000), between(0, 200_000), between(0, 9_000_000)]),
  what: between(0, 6),
  size: between(0, 9),
  look: Schema.Boolean
})

const events: ReadonlyArray<(size: number) => Event> = [
  (size) => ({ _tag: "Waiting", size, capacity: 10 }),
  () => ({ _tag: "Started", wait: 0 }),
  () => ({ _tag: "Stopped" }),
  () => ({ _tag: "Arrived", caller: "ada" }),
  () => ({ _tag: "Ended", caller: "ada", outcome: "failed", reason: undefined, latency: 1 }),
  (size) => ({ _tag: "Tokens", prompt: size, completion: 1, saved: 0 }),
  (size) => ({ _tag: "Circuit", state: size < 5 ? "open" : "closed", failures: 0 })
]

interface Entry {
  readonly at: number
  readonly event: Event
}

const second = 1_000
const minute = 60 * second

/** The intervals that a history shows at a moment, from its promise. */
const intervals = (now: number): ReadonlyArray<readonly [begin: number, end: number]> => {
  const all: Array<readonly [number, number]> = []
  let end = Math.floor(now / second) * second
  const last = end
  while (end > 0 && (last - end < 10 * minute || end % minute !== 0)) {
    all.unshift([end - second, end])
    end -= second
  }
  while (end > 0 && last - (end - minute) <= 60 * minute) {
    all.unshift([end - minute, end])
    end -= minute
  }
  return all
}

/** The value of a level, a moment at a time; events that come at one moment count from then on. */
const mean = (
  log: ReadonlyArray<Entry>,
  begin: number,
  end: number,
  level: (until: ReadonlyArray<Entry>) => number
) => {
  const inside = log.filter(({ at }) => at > begin && at < end).map(({ at }) => at)
  const moments = [...new Set([begin, ...inside, end])]
  const area = moments.slice(1).reduce((sum, to, index) => {
    const from = moments[index]!
    return sum + (to - from) * level(log.filter(({ at }) => at <= from))
  }, 0)
  return area / (end - begin)
}

const count = (log: ReadonlyArray<Entry>, begin: number, end: number, weigh: (event: Event) => number) =>
  (log.filter(({ at }) => at >= begin && at < end).reduce((sum, { event }) => sum + weigh(event), 0) * second) /
  (end - begin)

const waiting = (until: ReadonlyArray<Entry>) => {
  const event = until.map((entry) => entry.event).findLast(({ _tag }) => _tag === "Waiting")
  return event?._tag === "Waiting" ? event.size : 0
}
const active = (until: ReadonlyArray<Entry>) =>
  until.reduce((sum, { event }) => sum + (event._tag === "Started" ? 1 : event._tag === "Stopped" ? -1 : 0), 0)
const open = (until: ReadonlyArray<Entry>) => {
  const event = until.map((entry) => entry.event).findLast(({ _tag }) => _tag === "Circuit")
  return event?._tag === "Circuit" && event.state === "open" ? 1 : 0
}
const one = (tag: Event["_tag"]) => (event: Event) => (event._tag === tag ? 1 : 0)
const used = (event: Event) => (event._tag === "Tokens" ? event.prompt + event.completion : 0)

describe("Stats.history", () => {
  it.effect.prop(
    "equals the history computed from a log of all events, whenever it is read",
    { steps: Schema.Array(Step) },
    ({ steps }) =>
      Effect.gen(function* () {
        const { history, record } = yield* Stats
        const log: Array<Entry> = []
        let now = 0
        for (const { look, pause, size, what } of steps) {
          yield* TestClock.adjust(pause)
          now += pause
          const event = events[what]!(size)
          log.push({ at: now, event })
          record(event)
          if (look) yield* history
        }

        const actual = yield* history
        const expected = intervals(now)
        assert.deepStrictEqual(
          actual.time,
          expected.map(([, end]) => end)
        )
        for (const [index, [begin, end]] of expected.entries()) {
          const near = (value: number, truth: number) => assert.closeTo(value, truth, 0.0006)
          near(actual.queueSize[index]!, mean(log, begin, end, waiting))
          near(actual.fill[index]!, mean(log, begin, end, waiting) / 10)
          near(actual.activeRequests[index]!, mean(log, begin, end, active))
          near(actual.arrivals[index]!, count(log, begin, end, one("Arrived")))
          near(actual.starts[index]!, count(log, begin, end, one("Started")))
          near(actual.failed[index]!, count(log, begin, end, one("Ended")))
          near(actual.tokens[index]!, count(log, begin, end, used))
          assert.strictEqual(actual.circuit[index] === "open", mean(log, begin, end, open) > 0)
        }
      }).pipe(Effect.provide(Stats.layer)),
    { arbitrary: { runs: runs(15, 500), size: 60 } }
  )
})
