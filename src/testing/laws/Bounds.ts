import { Effect } from "effect"
import { now } from "../../engine/Time.ts"
import { lingers } from "../Model.ts"
import { refusal } from "../Observer.ts"
import { usual } from "../Scenario.ts"
import { type Law, says, type Trial, type Wrongs } from "../Trial.ts"

interface Spent {
  readonly at: number
  readonly units: number
}

/** The first stretch of time in which more was spent than a burst and what came back in it. */
const crowd = (spent: ReadonlyArray<Spent>, perMilli: number, burst: number) => {
  for (const [i, from] of spent.entries()) {
    let sum = 0
    for (const to of spent.slice(i)) {
      sum += to.units
      if (sum > burst + (to.at - from.at) * perMilli + 1e-6) return { sum, from: from.at, to: to.at }
    }
  }
  return undefined
}

const crowded = (what: string, spent: ReadonlyArray<Spent>, perMilli: number, burst: number): Wrongs => {
  const found = perMilli === Infinity ? undefined : crowd(spent, perMilli, burst)
  if (found === undefined) return []
  const { from, sum, to } = found
  const allowed = Number((burst + (to - from) * perMilli).toFixed(3))
  return [`${sum} ${what} from ${from} ms to ${to} ms, where ${allowed} are allowed`]
}

/** Never more at work, more attempts or more starts than promised. */
const bounded = ({ limits, observer }: Trial): Wrongs => {
  const starts = observer.calls.flatMap(({ options, starts }) => starts.map((at) => ({ at, tokens: options.tokens })))
  starts.sort((a, b) => a.at - b.at)
  const spent = (units: (start: { readonly tokens: number }) => number) =>
    starts.map((start) => ({ at: start.at, units: units(start) }))
  const again = observer.calls.find((call) => call.starts.length > 1 + limits.retries)
  const { tokensPerMinute } = limits
  return [
    ...says(observer.peak > limits.permits, `${observer.peak} permits were in use at once, of ${limits.permits}`),
    ...says(again !== undefined, `${again?.name} was made ${again?.starts.length} times`),
    ...crowded(
      "calls started",
      spent(() => 1),
      limits.perSecond / 1000,
      limits.burst
    ),
    ...crowded(
      "tokens were spent",
      spent(({ tokens }) => tokens),
      tokensPerMinute / 60_000,
      tokensPerMinute
    )
  ]
}

/** Nobody finds the queue full before it is; only where calls do not yield can that be seen from outside. */
const roomy = ({ limits: { capacity, retries }, observer, scenario }: Trial): Wrongs => {
  if (retries > 0 || scenario.rhythm !== usual || scenario.calls.some(({ cut }) => cut !== Infinity)) return []
  const early = observer.calls.find((call) => refusal(call)?._tag === "QueueFull" && call.others < capacity)
  return says(early !== undefined, `${early?.name} found the queue full when ${early?.others} of ${capacity} waited`)
}

/** An attempt or a call that lasted longer than it may. */
const overdue = ({ drawn, limits, observer }: Trial, at: number): Wrongs =>
  observer.calls.flatMap((call) => {
    const { deadline = Infinity, kind } = drawn.get(call) ?? {}
    if (call.left || call.begun) return []
    const grace = 1 + (kind === "linger" ? lingers : 0)
    const longest = limits.deadline === Infinity || deadline === Infinity ? limits.deadline : deadline
    const took = Math.min(at, call.endedAt) - call.arrivedAt
    const attempt = Math.max(0, ...call.starts.map((start, i) => (call.stops[i] ?? at) - start))
    return [
      ...says(took > longest + grace, `${call.name} took ${took} ms, where ${longest} are allowed`),
      ...says(attempt > limits.attempt + grace, `${call.name} was at the model for more than ${limits.attempt} ms`)
    ]
  })

/** Never more waiting nor longer at work than promised. */
const present = Effect.fnUntraced(function* (trial: Trial) {
  const waiting = trial.observer.waiting.length
  const { capacity } = trial.limits
  const at = (yield* now)()
  return [...says(waiting > capacity, `${waiting} calls wait, where ${capacity} may`), ...overdue(trial, at)]
})

/** The limits hold at every moment. */
export const bounds: Law = {
  name: "bounds",
  promise:
    "never more than `permits` at work, `capacity` waiting or `burst + rate × t` starts in any time t, and nothing beyond its time",
  tests: ["loads", "interruptions"],
  during: present,
  after: (trial) => Effect.sync(() => [...bounded(trial), ...roomy(trial)])
}
