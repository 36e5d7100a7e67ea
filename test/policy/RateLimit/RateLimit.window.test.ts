import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema, SubscriptionRef } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { TestClock } from "effect/testing"
import * as RateLimit from "../../../src/policy/RateLimit/RateLimit.ts"
import { moment, recorder } from "../../support/policies.ts"
import { fork, gate } from "../../support/gate.ts"
import { runs } from "../../support/runs.ts"

const between = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))
const among = <A>(values: ReadonlyArray<A>) => Arbitrary.map(between(0, values.length - 1), (i) => values[i]!)

interface Load {
  readonly at: number
  readonly units: number
  /** How long after it came the caller leaves; never on the same moment as a start. */
  readonly leaves: number
}

const Loads = Arbitrary.map(
  Arbitrary.array(
    Arbitrary.all({ at: between(0, 3000), units: between(1, 3), leaves: among([9e6, 9e6, 9e6, 0.37, 130.37, 700.37]) }),
    { minLength: 1, maxLength: 30 }
  ),
  (loads: ReadonlyArray<Load>) => [...loads].sort((a, b) => a.at - b.at)
)

interface Start {
  readonly call: number
  readonly at: number
  readonly units: number
}

/** Plays the load from now on and returns the starts, in milliseconds from now. */
const play = Effect.fnUntraced(function* (options: RateLimit.Options, loads: ReadonlyArray<Load>, horizon: number) {
  const pass = yield* gate(RateLimit.layer({ ...options, cost: ({ tokens }) => tokens }))
  const zero = yield* moment
  const starts: Array<Start> = []
  for (const [call, { at, leaves, units }] of loads.entries()) {
    const start = Effect.map(moment, (now) => starts.push({ call, at: now - zero, units }))
    const passing = Effect.delay(
      Effect.suspend(() => pass({ tokens: units }, start)),
      at
    )
    const fiber = yield* fork(passing)
    yield* fork(Effect.delay(Fiber.interrupt(fiber), at + leaves))
  }
  yield* TestClock.adjust(horizon)
  return starts
})

/** A token bucket as one would write it first: it fills, the first in line takes. */
const reference = (loads: ReadonlyArray<Load>, perSecond: number, burst: number): ReadonlyArray<Start> => {
  const starts: Array<Start> = []
  let tokens = burst
  let now = 0
  const fill = (until: number) => {
    tokens = Math.min(burst, tokens + ((until - now) * perSecond) / 1000)
    now = until
  }
  for (const [call, { at, leaves, units }] of loads.entries()) {
    if (at + leaves < now) continue
    fill(Math.max(now, at))
    const start = now + Math.max(0, ((units - tokens) * 1000) / perSecond)
    fill(Math.min(start, at + leaves))
    if (at + leaves < start) continue
    tokens -= units
    starts.push({ call, at: now, units })
  }
  return starts
}

interface Rate {
  readonly at: number
  readonly perSecond: number
}

/** Units that come back between two moments. */
const returned = (rates: ReadonlyArray<Rate>, from: number, to: number) =>
  rates.reduce((sum, { at, perSecond }, i) => {
    const end = rates[i + 1]?.at ?? Infinity
    return sum + (Math.max(0, Math.min(to, end) - Math.max(from, at)) * perSecond) / 1000
  }, 0)

describe("RateLimit, windows", () => {
  it.effect.prop(
    "starts are those of a token bucket with one line, whoever leaves it",
    { loads: Loads, perSecond: among([0.5, 2, 3, 7, 33, 100]), burst: among([3, 3.5, 5]) },
    ({ burst, loads, perSecond }) =>
      Effect.gen(function* () {
        const expected = reference(loads, perSecond, burst)

        const starts = yield* play({ perSecond, burst }, loads, 300_000)

        assert.deepStrictEqual(
          starts.map(({ call }) => call),
          expected.map(({ call }) => call)
        )
        starts.forEach(({ at }, i) => assert.closeTo(at, expected[i]!.at, 0.01))
      }).pipe(Effect.scoped),
    { arbitrary: { runs: runs(40, 1500), size: 60 } }
  )

  it.effect.prop(
    "no window holds more than the burst and what came back in it, whoever leaves and however the rate changes",
    {
      loads: Loads,
      burst: among([3, 4, 6]),
      first: among([2, 10]),
      changes: Arbitrary.array(Arbitrary.all({ after: between(1, 900), perSecond: among([0.5, 1, 5, 40, 100]) }), {
        maxLength: 6
      })
    },
    ({ burst, changes, first, loads }) =>
      Effect.gen(function* () {
        const rate = yield* SubscriptionRef.make(first)
        const rates: Array<Rate> = [{ at: 0, perSecond: first }]
        for (const { after, perSecond } of changes) {
          const at = rates.at(-1)!.at + after
          rates.push({ at, perSecond })
          yield* fork(Effect.delay(SubscriptionRef.set(rate, perSecond), at))
        }

        const starts = yield* play({ perSecond: rate, burst }, loads, 400_000)

        starts.forEach((first, i) => {
          let units = 0
          for (const { at, units: more } of starts.slice(i)) {
            units += more
            assert.isAtMost(units, burst + returned(rates, first.at, at) + 1e-6, `from ${first.at} to ${at}`)
          }
        })
        const staying = loads.filter(({ leaves }) => leaves > 1000).length
        assert.isAtLeast(starts.length, staying, "somebody waits for ever")
      }).pipe(Effect.scoped),
    { arbitrary: { runs: runs(40, 1500), size: 60 } }
  )

  for (const perSecond of [1, 3, 7, 30, 33, 64, 97, 100]) {
    it.effect(`the mean pace at ${perSecond}/s is right within 0.2 %, and never too fast`, () =>
      Effect.gen(function* () {
        const pass = yield* gate(RateLimit.layer({ perSecond }))
        const { seen, watch } = recorder()
        for (let call = 0; call <= 200; call++) yield* fork(pass({}, watch(Effect.void)))

        yield* TestClock.adjust((200_500 / perSecond) * 1.002)

        assert.strictEqual(seen.starts.length, 201)
        assert.closeTo(seen.starts[200]! / 200, 1000 / perSecond, 2 / perSecond)
        seen.starts.forEach((at, i) => assert.isAtLeast(at, (i * 1000) / perSecond - 0.001))
      })
    )
  }
})
