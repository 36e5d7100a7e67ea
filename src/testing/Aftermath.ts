import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Machine } from "./Machine.ts"
import { Observer } from "./Observer.ts"
import type { Limits } from "./Promises.ts"
import { abandoned, beside, type Trial, type Wrongs } from "./Trial.ts"

/** More calls than these need not be made to see whether a limit holds. */
const enough = 6

/** The time from one start to the next, in milliseconds; a started call must still be there when others come. */
const unit = ({ perSecond }: Limits): number => Math.ceil(1000 / perSecond)

/** A healthy model is asked again within the open time and the time of a probe; fails if it is not. */
export const mends = Effect.fnUntraced(function* (trial: Trial) {
  const { optionsOf, limits, observer, pass } = trial
  const healthy = yield* Observer.on(observer.log, "healthy call")
  const patience = limits.openFor + limits.probeTimeout + unit(limits) + 2000
  for (let waited = 0; waited <= patience; waited += 500) {
    const call = healthy.pass(pass, optionsOf({ caller: "healthy" }), () => Effect.void)
    const fiber = yield* beside(trial, call)
    yield* TestClock.adjust("500 millis")
    if (healthy.calls.some(({ exit }) => exit?._tag === "Success")) return
    fiber.interruptUnsafe()
  }
  return yield* Effect.fail([`no call of a healthy model passes within ${patience} ms after all others have gone`])
})

const counted = (calls: number): string => (calls === 1 ? "1 call" : `${calls} calls`)

/** Fails if not as many calls may do something as must. */
const must = (what: string, seen: number, promised: number): Effect.Effect<void, Wrongs> => {
  const wrong = `after a quiet time ${counted(seen)} may ${what}, where ${promised} must be able to`
  return seen === promised ? Effect.void : Effect.fail([wrong])
}

const mustNot = (wrong: boolean, text: string): Effect.Effect<void, Wrongs> =>
  wrong ? Effect.fail([text]) : Effect.void

/**
 * After a quiet time as many calls start, run and wait as the limits allow: nothing was lost or doubled.
 *
 * Fails with the first thing that is wrong, and leaves its calls as they are then.
 */
export const whole = Effect.fnUntraced(function* (trial: Trial) {
  const { optionsOf, limits, observer, pass, stats } = trial
  const { burst, capacity, permits } = limits
  const late = yield* Observer.on(observer.log, "late call")
  const call = Effect.suspend(() => {
    const asked = optionsOf({ caller: `late ${late.calls.length + 1}` })
    return beside(
      trial,
      late.pass(pass, asked, () => Effect.never)
    )
  })

  yield* TestClock.adjust(Math.max(60_000, Math.min(burst, 1e6) * unit(limits)))
  const first = Math.min(permits, Math.floor(burst), enough)
  const over = first < enough ? 1 : 0
  yield* Effect.repeat(call, { times: first + over - 1 })
  yield* Machine.settle
  yield* must("start at once", late.running.length, first)

  // As many as can be there together, since the first may be cut before the last could start.
  const longest = Math.min(limits.attempt, limits.deadline)
  const reach = unit(limits) === 0 ? Infinity : Math.floor(burst) + Math.floor((longest - 1) / unit(limits))
  const most = Math.min(permits, reach, enough)
  for (let i = first; i < most; i++) {
    yield* TestClock.adjust(unit(limits))
    if (late.running.length < i + 1) yield* call
    yield* Machine.settle
  }
  yield* must("run together", late.running.length, most)

  // Who could not meet its deadline is refused on arrival.
  const full = most === permits || (limits.perSecond < Infinity && burst < first + 1)
  if (full && limits.deadline === Infinity) {
    const places = Math.min(capacity, 3) + 2
    yield* Effect.repeat(call, { times: places - 1 })
    yield* TestClock.adjust(0)
    yield* Machine.settle
    yield* must("wait", late.waiting.length, Math.min(capacity, (most === first ? over : 0) + places))
  }

  yield* abandoned(trial)
  yield* TestClock.adjust(0)
  const left = late.calls.filter(({ exit }) => exit === undefined).length
  yield* mustNot(left > 0, `${counted(left)} have not ended, though all callers have left`)
  if (stats !== undefined) {
    const { queue, requests } = yield* stats.snapshot
    const gauges = queue.queueSize + queue.activeRequests + requests.inFlight
    yield* mustNot(gauges > 0, `the stack's Stats tell of ${counted(gauges)} where there is none`)
  }
  const seen = observer.log.entries.length
  yield* TestClock.adjust("1 day")
  const [more] = observer.log.entries.slice(seen)
  yield* mustNot(more !== undefined, `${more?.who} ${more?.what} after all had gone`)
})
