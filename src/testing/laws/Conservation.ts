import { Effect } from "effect"
import type { Outcome } from "../../stats/Event.ts"
import { isInterrupted, outcome } from "../Observer.ts"
import type { Limits } from "../Promises.ts"
import { usual } from "../Scenario.ts"
import { type Law, says, type Trial, type Wrongs } from "../Trial.ts"

const outcomes: ReadonlyArray<Outcome> = ["succeeded", "failed", "rejected", "cancelled", "timedOut"]

const same = (name: string, told: unknown, seen: unknown): Wrongs =>
  says(
    JSON.stringify(told) !== JSON.stringify(seen),
    `the stack's Stats tell ${JSON.stringify(told)} ${name}, and ${JSON.stringify(seen)} were seen`
  )

const between = (name: string, told: number, least: number, most: number): Wrongs =>
  told >= least && told <= most ? [] : same(name, told, most)

const countsWaiting = ({ capacity, counts, retries }: Limits): boolean =>
  // A call that waits for another attempt is in the queue too, and cannot be seen there from outside.
  retries === 0 && (counts === "all" || (counts === undefined && capacity < Infinity))

/** The calls whose caller left at a step of which one cannot tell from outside whether it was before or after another. */
const fleeting = ({ drawn, observer, scenario }: Trial) =>
  observer.calls.filter((call) => call.left && (scenario.rhythm !== usual || drawn.get(call)?.cut !== Infinity))

/** The stack's own figures are what was seen from outside. */
export const truthful = Effect.fnUntraced(function* (trial: Trial) {
  const { limits, observer, stats } = trial
  if (stats === undefined || limits.counts === "nothing") return []
  const { queue, requests } = yield* stats.snapshot
  const { calls, running, waiting } = observer
  const ended = outcomes.map((each) => calls.filter((call) => outcome(call) === each).length)
  // Who leaves between the end of the gate's work and its own has ended in two ways.
  const unsure = calls.filter(
    ({ answer, exit, left }) => left && answer !== undefined && !isInterrupted(answer) && isInterrupted(exit)
  ).length
  const fleet = fleeting(trial)
  // Such a call may not have come to the gate, or have gone a step beyond it.
  const unseen = fleet.filter(({ starts }) => starts.length === 0).length
  const told = outcomes.map((each) => requests[each])
  const differ = told.reduce((sum, count, i) => sum + Math.abs(count - ended[i]!), 0)
  const total = outcomes.reduce((sum, each) => sum + requests[each], requests.inFlight)
  const again = calls.reduce((sum, { starts }) => sum + Math.max(0, starts.length - 1), 0)
  const rejected = Object.values(requests.rejections).reduce((sum, each) => sum + each, 0)
  return [
    ...between("calls in all", requests.total, calls.length - unseen, calls.length),
    ...says(total !== requests.total, `the stack's Stats tell ${requests.total} calls, and ${total} by their ends`),
    ...(differ > 2 * (unsure + unseen) ? same(`calls ${outcomes.join(", ")}`, told, ended) : []),
    ...same("calls in flight", requests.inFlight, calls.filter(({ exit }) => exit === undefined).length),
    ...same("active calls", queue.activeRequests, running.length),
    ...between("attempts after the first", requests.retried, again, again + fleet.length),
    ...same("rejections by reason", rejected, requests.rejected),
    ...(countsWaiting(limits) ? same("waiting calls", queue.queueSize, waiting.length) : []),
    ...says(queue.queueSize + queue.activeRequests > requests.inFlight, "more calls wait and run than are in flight")
  ]
})

/** Every call ends, once, and nothing is at work for those that have ended. */
export const conservation: Law = {
  name: "conservation",
  promise: "every call that arrives ends exactly once, its work at the model with it, and the figures add up",
  tests: ["loads", "interruptions"],
  during: truthful,
  after: (trial) =>
    Effect.map(truthful(trial), (figures) => [
      ...trial.observer.astray,
      ...trial.observer.calls.flatMap(({ exit, name }) =>
        says(exit === undefined, `${name} has not ended, though its caller has left`)
      ),
      ...figures
    ])
}
