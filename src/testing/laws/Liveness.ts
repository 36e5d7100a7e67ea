import { Effect } from "effect"
import { now } from "../../engine/Time.ts"
import { mends } from "../Aftermath.ts"
import type { Seen } from "../Observer.ts"
import type { Limits } from "../Promises.ts"
import { usual } from "../Scenario.ts"
import { type Law, says, type Trial } from "../Trial.ts"

interface Spent {
  readonly at: number
  readonly units: number
}

/** The moment at which so many units are there again. */
const due = (spent: ReadonlyArray<Spent>, perMilli: number, burst: number, units: number): number => {
  if (perMilli === Infinity) return -Infinity
  const full = spent.reduce((full, { at, units }) => Math.max(full, at) + units / perMilli, -Infinity)
  return full + (units - burst) / perMilli
}

/** What was spent, as far as it can be known: who leaves between its token and its start may have spent the token. */
const spending = ({ observer, scenario }: Trial): ReadonlyArray<Spent & { readonly tokens: number }> => {
  const whole = scenario.rhythm === usual && scenario.calls.every(({ cut }) => cut === Infinity)
  const fleeting = (call: Seen) => !whole && call.left && call.starts.length === 0 && call.exit !== undefined
  return observer.calls
    .flatMap((call) => {
      const times = fleeting(call) ? [call.endedAt] : call.starts
      return times.map((at) => ({ at, units: 1, tokens: call.options.tokens }))
    })
    .sort((a, b) => a.at - b.at)
}

const next = (trial: Trial, limits: Limits): number => {
  const spent = spending(trial)
  const absent = trial.observer.calls.filter(({ exit, running }) => exit === undefined && !running)
  const tokens = Math.max(...absent.map(({ options }) => options.tokens))
  const perMinute = limits.tokensPerMinute
  return Math.max(
    due(spent, limits.perSecond / 1000, limits.burst, 1),
    due(
      spent.map(({ at, tokens }) => ({ at, units: tokens })),
      perMinute / 60_000,
      perMinute,
      tokens
    )
  )
}

/** A call waits only while a limit binds, and nobody waits before an open circuit. */
const lively = Effect.fnUntraced(function* (trial: Trial) {
  const { limits, observer, stats } = trial
  const waiting = observer.waiting.length
  if (waiting === 0) return []
  const circuit = stats === undefined ? undefined : (yield* stats.snapshot).circuitBreaker
  const at = (yield* now)()
  // Those between two attempts may stand before those that have not had one.
  const absent = observer.calls.filter(({ exit, running }) => exit === undefined && !running)
  const widest = Math.max(...absent.map(({ options }) => options.permits))
  const free = limits.permits - observer.used
  const idle = free >= widest && next(trial, limits) < at - 1
  const calls = waiting === 1 ? `${observer.waiting[0]!.name} waits` : `${waiting} calls wait`
  return [
    ...says(circuit?.isOpen === true, `${calls} at ${at} ms at an open circuit`),
    ...says(
      idle && circuit?.state !== "half-open",
      `${calls} at ${at} ms, and no limit binds: ${free} permits are free and a start is due`
    )
  ]
})

/** Nobody waits for nothing. */
export const liveness: Law = {
  name: "liveness",
  promise:
    "a call waits only while a limit binds, and from any state a healthy model is soon asked again: within the open time and a probe",
  tests: ["loads", "interruptions"],
  during: lively,
  after: (trial) => Effect.match(mends(trial), { onFailure: (wrongs) => wrongs, onSuccess: () => [] })
}
