import { Effect } from "effect"
import { now } from "../../engine/Time.ts"
import { type Law, type Trial, violation, type Violations } from "../Law.ts"
import { type ObservedCall, rejection } from "../Observer.ts"
import { abortDelay } from "../Run.ts"
import { defaultYieldEvery } from "../Scenario.ts"
import { recovers } from "./Recovery.ts"
import { counted } from "../../config/Plural.ts"

/** Units of a rate limit that were spent at a time. */
interface Spent {
  readonly at: number
  readonly units: number
}

/** The first interval in which more was spent than the burst and the refill allow. */
const overspent = (spent: ReadonlyArray<Spent>, perMilli: number, burst: number) => {
  for (const [i, from] of spent.entries()) {
    let sum = 0
    for (const to of spent.slice(i)) {
      sum += to.units
      if (sum > burst + (to.at - from.at) * perMilli + 1e-6) return { sum, from: from.at, to: to.at }
    }
  }
  return undefined
}

const rateExceeded = (what: string, spent: ReadonlyArray<Spent>, perMilli: number, burst: number): Violations => {
  const found = perMilli === Infinity ? undefined : overspent(spent, perMilli, burst)
  if (found === undefined) return []
  const { from, sum, to } = found
  const allowed = Number((burst + (to - from) * perMilli).toFixed(3))
  return [`${sum} ${what} from ${from} ms to ${to} ms, allowed ${allowed}`]
}

/** Too many permits, attempts or starts. */
const usage = ({ limits, observer }: Trial): Violations => {
  const starts = observer.calls.flatMap(({ options, starts }) => starts.map((at) => ({ at, tokens: options.tokens })))
  starts.sort((a, b) => a.at - b.at)
  const calls = starts.map(({ at }) => ({ at, units: 1 }))
  const tokens = starts.map(({ at, tokens }) => ({ at, units: tokens }))
  const retried = observer.calls.find((call) => call.starts.length > 1 + limits.retries)
  const { burst, perSecond, permits, tokensPerMinute } = limits
  return [
    ...violation(
      observer.peak > permits,
      `${counted(observer.peak, "permit was", "permits were")} in use at once, allowed ${permits}`
    ),
    ...violation(retried !== undefined, `${retried?.name} was started ${counted(retried?.starts.length ?? 0, "time")}`),
    ...rateExceeded("calls started", calls, perSecond / 1000, burst),
    ...rateExceeded("tokens were spent", tokens, tokensPerMinute / 60_000, tokensPerMinute)
  ]
}

/** Whether the order in which calls reach the gate is known from outside: no fiber yields early or is interrupted at a step. */
const isOrderKnown = ({ scenario }: Trial): boolean =>
  scenario.yieldEvery === defaultYieldEvery &&
  scenario.calls.every(({ interruptAtStep }) => interruptAtStep === Infinity)

/** A call that was refused as `QueueFull` while the queue had room. */
const refusedEarly = (trial: Trial): Violations => {
  const { capacity, retries } = trial.limits
  if (retries > 0 || !isOrderKnown(trial)) return []
  const early = trial.observer.calls.find((call) => {
    const reason = rejection(call)
    // What waiting calls may cost together is no guarantee.
    return reason?._tag === "QueueFull" && reason.limit !== "cost" && call.othersWaiting < capacity
  })
  return violation(
    early !== undefined,
    `${early?.name} was refused as QueueFull when ${early?.othersWaiting} of ${counted(capacity, "place was", "places were")} taken`
  )
}

/** Calls and attempts that lasted longer than guaranteed. */
const overdue = ({ limits, observer, planned }: Trial, at: number): Violations =>
  observer.calls.flatMap((call) => {
    const { deadline = Infinity, kind } = planned.get(call) ?? {}
    if (call.cancelled || call.firstChunk) return []
    const grace = 1 + (kind === "slowAbort" ? abortDelay : 0)
    const longest = limits.deadline === Infinity || deadline === Infinity ? limits.deadline : deadline
    const took = Math.min(at, call.endedAt) - call.arrivedAt
    const attempt = Math.max(0, ...call.starts.map((start, i) => (call.stops[i] ?? at) - start))
    return [
      ...violation(took > longest + grace, `${call.name} took ${took} ms, allowed ${longest}`),
      ...violation(
        attempt > limits.attemptTimeout + grace,
        `${call.name} ran for more than ${limits.attemptTimeout} ms`
      )
    ]
  })

const boundsNow = Effect.fnUntraced(function* (trial: Trial) {
  const waiting = trial.observer.waiting.length
  const { capacity } = trial.limits
  const at = (yield* now)()
  return [
    ...violation(waiting > capacity, `${counted(waiting, "call waits", "calls wait")}, allowed ${capacity}`),
    ...overdue(trial, at)
  ]
})

/** Every limit holds at every moment. */
export const bounds: Law = {
  name: "bounds",
  statement:
    "at most `permits` are in use, `capacity` calls wait and `burst + rate × t` calls start in any time t, and no call or attempt outlives its time limit",
  scenarios: ["loads", "interruptions"],
  during: boundsNow,
  after: (trial) => Effect.sync(() => [...usage(trial), ...refusedEarly(trial)])
}

/** The time at which a rate limit has so many units again. */
const dueAt = (spent: ReadonlyArray<Spent>, perMilli: number, burst: number, units: number): number => {
  if (perMilli === Infinity) return -Infinity
  const full = spent.reduce((full, { at, units }) => Math.max(full, at) + units / perMilli, -Infinity)
  return full + (units - burst) / perMilli
}

/** What was spent, as far as it is known: a call that ends between its token and its start may have spent the token. */
const spending = (trial: Trial): ReadonlyArray<Spent & { readonly tokens: number }> => {
  const unknown = (call: ObservedCall) =>
    !isOrderKnown(trial) && call.exit !== undefined && (call.cancelled || rejection(call) !== undefined)
  return trial.observer.calls
    .flatMap((call) => {
      const times = unknown(call) ? [...call.starts, call.endedAt] : call.starts
      return times.map((at) => ({ at, units: 1, tokens: call.options.tokens }))
    })
    .sort((a, b) => a.at - b.at)
}

/** The time at which the rate limits allow the next start of any of the waiting calls. */
const nextStartAt = (trial: Trial, waiting: ReadonlyArray<ObservedCall>): number => {
  const spent = spending(trial)
  const tokens = spent.map(({ at, tokens }) => ({ at, units: tokens }))
  const { burst, perSecond, tokensPerMinute } = trial.limits
  const most = Math.max(...waiting.map(({ options }) => options.tokens))
  return Math.max(
    dueAt(spent, perSecond / 1000, burst, 1),
    dueAt(tokens, tokensPerMinute / 60_000, tokensPerMinute, most)
  )
}

/** Calls that wait although every limit admits them, or wait at an open circuit. */
const needlessWaits = Effect.fnUntraced(function* (trial: Trial) {
  const { limits, observer, stats } = trial
  const waiting = observer.waiting.length
  if (waiting === 0) return []
  const circuit = stats === undefined ? undefined : (yield* stats.snapshot).circuitBreaker
  const at = (yield* now)()
  // Calls that wait for another attempt may stand before those that wait for their first.
  const absent = observer.calls.filter(({ exit, running }) => exit === undefined && !running)
  const widest = Math.max(...absent.map(({ options }) => options.permits))
  const free = limits.permits - observer.permitsInUse
  const admits = free >= widest && nextStartAt(trial, absent) < at - 1
  const calls = waiting === 1 ? `${observer.waiting[0]!.name} waits` : `${waiting} calls wait`
  return [
    ...violation(circuit?.isOpen === true, `${calls} at ${at} ms, and the circuit is open`),
    ...violation(
      admits && circuit?.state !== "half-open",
      `${calls} at ${at} ms, and no limit binds: ${counted(free, "permit is", "permits are")} free and the rate allows a start`
    )
  ]
})

/** No call waits without a reason, and the stack recovers from every state. */
export const liveness: Law = {
  name: "liveness",
  statement:
    "a call waits only while a limit binds, and from any state a call to a healthy model succeeds within the open time and the time of a probe",
  scenarios: ["loads", "interruptions"],
  during: needlessWaits,
  after: (trial) => Effect.match(recovers(trial), { onFailure: (violations) => violations, onSuccess: () => [] })
}
