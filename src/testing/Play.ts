import { Duration, Effect, Fiber, References } from "effect"
import { TestClock } from "effect/testing"
import { StreamProgress } from "../StreamProgress.ts"
import { type Cutter, cutter } from "./Interruption.ts"
import { isStreamed, work } from "./Model.ts"
import { Machine } from "./Machine.ts"
import type { Seen } from "./Observer.ts"
import { type Call, type Scenario, usual } from "./Scenario.ts"
import { beside, type Trial } from "./Trial.ts"

interface Visit {
  readonly call: Call
  readonly seen: Seen
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly cut: Cutter
}

const begin = Effect.fnUntraced(function* (trial: Trial, call: Call) {
  const { optionsOf, drawn, observer, pass, scenario } = trial
  const progress = isStreamed(call) ? new StreamProgress() : undefined
  const { caller, deadline, kind, permits, priority, tokens, weight } = call
  const options = { caller: `caller ${caller}`, purpose: kind, permits, priority, tokens, weight }
  const asked = optionsOf(deadline === Infinity ? options : { ...options, deadline: Duration.millis(deadline) })
  const index = observer.calls.length
  const cut = yield* cutter(call.cut, () => observer.leaves(observer.calls[index]!))
  const around = call.cut === Infinity ? undefined : cut.around
  const passed = observer.pass(pass, asked, work(call, progress), { progress, around })
  const fiber = yield* beside(trial, Effect.provideService(passed, References.MaxOpsBeforeYield, scenario.rhythm))
  const seen = observer.calls[index]!
  drawn.set(seen, call)
  return { call, cut, fiber, seen } satisfies Visit
})

const leave = ({ observer }: Trial, { fiber, seen }: Visit) => {
  if (seen.exit !== undefined) return
  observer.leaves(seen)
  fiber.interruptUnsafe()
}

/** How long a scenario is watched: until no attempt can be at the model any more, or for a while. */
const lasting = ({ calls }: Scenario, attempt: number): number => {
  const last = Math.max(0, ...calls.map(({ at, leaves }) => (leaves === Infinity ? at : leaves)))
  return last + (attempt === Infinity ? 8_000 : Math.min(120_000, attempt + 6_000))
}

/**
 * Makes the calls of a scenario and looks at them whenever nothing can move but time. At the end every caller leaves.
 *
 * Tells whether each call came to the step at which its caller was to leave.
 */
export const play = Effect.fnUntraced(function* <E, R>(trial: Trial, look: Effect.Effect<void, E, R>) {
  const { limits, scenario } = trial
  const { calls, rhythm } = scenario
  const visits: Array<Visit> = []
  const moments = calls.flatMap(({ at, leaves }) => [at, leaves])
  const end = lasting(scenario, limits.attempt)
  const { log } = trial.observer
  let [now, looked, noted] = [0, 0, 0]
  while (now <= end) {
    for (const call of calls) if (call.at === now) visits.push(yield* begin(trial, call))
    // So that those who leave at once have come to the gate before.
    if (rhythm !== usual) yield* Effect.repeat(Effect.yieldNow, { times: 4 })
    for (const visit of visits) if (visit.call.leaves === now) leave(trial, visit)
    if (moments.includes(now)) yield* Machine.settle
    // What has not changed is looked at again only because time has passed.
    if (log.entries.length > noted || now >= looked + 500) {
      yield* look
      looked = now
      noted = log.entries.length
    }
    if (visits.length === calls.length && visits.every(({ seen }) => seen.exit !== undefined)) break
    const next = Math.min(...moments.filter((moment) => moment > now), now + pace(now))
    yield* TestClock.adjust(next - now)
    now = next
  }
  for (const visit of visits) leave(trial, visit)
  yield* Machine.settle
  // Whoever needs time to stop has had more than it needs.
  yield* TestClock.adjust("10 seconds")
  return visits.every(({ call, cut }) => call.cut === Infinity || cut.reached())
})

/** The longer nothing new comes, the more seldom one need look. */
const pace = (now: number): number => (now < 4000 ? 100 : now < 10_000 ? 250 : 1000)
