import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { Limits } from "../Guarantees.ts"
import { forkCall, interruptCalls, type Law, type Trial, type Violations } from "../Law.ts"
import { Observer } from "../Observer.ts"
import { TestScheduler } from "../TestScheduler.ts"
import { counted } from "../../config/Plural.ts"

/** The number of calls that is enough to see whether a limit holds. */
const enough = 6

/** The time between two starts at the guaranteed rate, in milliseconds. */
const startInterval = ({ perSecond }: Limits): number => Math.ceil(1000 / perSecond)

/** Calls a healthy model until a call succeeds; fails if none does within the open time and the time of a probe. */
export const recovers = Effect.fnUntraced(function* (trial: Trial) {
  const { limits, observer, optionsOf, pass } = trial
  const healthy = yield* Observer.on(observer.log, "healthy call")
  const patience = limits.openDuration + limits.probeTimeout + startInterval(limits) + 2000
  for (let waited = 0; waited <= patience; waited += 500) {
    const call = healthy.pass(pass, optionsOf({ caller: "healthy" }), () => Effect.void)
    const fiber = yield* forkCall(trial, call)
    yield* TestClock.adjust("500 millis")
    if (healthy.calls.some(({ exit }) => exit?._tag === "Success")) return
    fiber.interruptUnsafe()
  }
  return yield* Effect.fail([`no call to a healthy model succeeds within ${patience} ms after all others have ended`])
})

/** Fails if another number of calls does something than the guarantees say. */
const expectCount = (what: string, seen: number, expected: number): Effect.Effect<void, Violations> =>
  seen === expected
    ? Effect.void
    : Effect.fail([`after an idle period ${counted(seen, "call")} can ${what}, expected ${expected}`])

const failIf = (condition: boolean, text: string): Effect.Effect<void, Violations> =>
  condition ? Effect.fail([text]) : Effect.void

/** Makes calls that never end, as many as may start, run and wait, and fails if their number is not the guaranteed one. */
const fillUp = Effect.fnUntraced(function* (trial: Trial, late: Observer) {
  const { limits, optionsOf, pass } = trial
  const { burst, capacity, permits } = limits
  const call = Effect.suspend(() => {
    const options = optionsOf({ caller: `late ${late.calls.length + 1}` })
    return forkCall(
      trial,
      late.pass(pass, options, () => Effect.never)
    )
  })

  const first = Math.min(permits, Math.floor(burst), enough)
  const over = first < enough ? 1 : 0
  yield* Effect.repeat(call, { times: first + over - 1 })
  yield* TestScheduler.settle
  yield* expectCount("start at once", late.running.length, first)

  // Only as many run together as can start before the first of them times out.
  const longest = Math.min(limits.attemptTimeout, limits.deadline)
  const interval = startInterval(limits)
  const reach = interval === 0 ? Infinity : Math.floor(burst) + Math.floor((longest - 1) / interval)
  const most = Math.min(permits, reach, enough)
  for (let i = first; i < most; i++) {
    yield* TestClock.adjust(interval)
    if (late.running.length < i + 1) yield* call
    yield* TestScheduler.settle
  }
  yield* expectCount("run together", late.running.length, most)

  // With a deadline, a call that would wait too long is refused on arrival.
  const full = most === permits || (limits.perSecond < Infinity && burst < first + 1)
  if (full && limits.deadline === Infinity) {
    const places = Math.min(capacity, 3) + 2
    yield* Effect.repeat(call, { times: places - 1 })
    yield* TestClock.adjust(0)
    yield* TestScheduler.settle
    yield* expectCount("wait", late.waiting.length, Math.min(capacity, (most === first ? over : 0) + places))
  }
})

/** Fails if the stack does not offer all of its limits after an idle period, or is not idle after its callers have left. */
const isIntact = Effect.fnUntraced(function* (trial: Trial) {
  const { limits, observer, stats } = trial
  const late = yield* Observer.on(observer.log, "late call")
  yield* TestClock.adjust(Math.max(60_000, Math.min(limits.burst, 1e6) * startInterval(limits)))
  yield* fillUp(trial, late)

  yield* interruptCalls(trial)
  yield* TestClock.adjust(0)
  const left = late.calls.filter(({ exit }) => exit === undefined).length
  yield* failIf(left > 0, `${counted(left, "call")} did not end after every caller cancelled`)
  if (stats !== undefined) {
    const { queue, requests } = yield* stats.snapshot
    const gauges = queue.queueSize + queue.activeRequests + requests.inFlight
    yield* failIf(gauges > 0, `the Stats of the stack count ${counted(gauges, "call")} in flight when there are none`)
  }
  const seen = observer.log.entries.length
  yield* TestClock.adjust("1 day")
  const [more] = observer.log.entries.slice(seen)
  yield* failIf(more !== undefined, `${more?.who} ${more?.what} after all calls had ended`)
})

/** No resource is lost or duplicated, however the calls ended. */
export const noLeak: Law = {
  name: "no leak",
  statement: "no place, permit, token or probe slot is lost or duplicated, at whatever step a call is interrupted",
  scenarios: ["interruptions", "loads"],
  after: (trial) =>
    Effect.match(Effect.andThen(recovers(trial), isIntact(trial)), {
      onFailure: (violations) => violations,
      onSuccess: () => []
    })
}
