import { Effect } from "effect"
import { type Call, type Stage, waitingFor } from "../../Call.ts"
import { Draining } from "../../Drain.ts"
import * as Dynamic from "../../engine/Dynamic.ts"
import { change } from "../../engine/Line.ts"
import { TimerQueue } from "../../engine/TimerQueue.ts"
import type { Limits } from "../../Limits.ts"
import type { Gauges } from "../../stats/Event.ts"
import { Stats } from "../../Stats.ts"

/** What a queue needs besides its options. */
export interface Surroundings {
  readonly beneath: Limits
  readonly draining: Draining
  readonly record: Stats["Service"]["record"]
  readonly timers: TimerQueue
}

/** A queue in front of a gate. */
interface Queue {
  /** Calls that wait. */
  readonly size: number
  gauges(at: number): Gauges
  /** Ends every call that is left, because the gate closes. */
  close(): void
}

/** Makes a queue and its policy: its gauges are watched, its capacity is followed, and it closes with the gate. */
export const make = Effect.fnUntraced(function* <Q extends Queue>(
  capacity: Dynamic.Limit,
  beneath: Limits,
  queueIn: (surroundings: Surroundings) => Q,
  stageOf: (call: Call, queue: Q) => Stage
) {
  const draining = yield* Draining
  const { record, watch } = yield* Stats.recorder
  const timers = yield* TimerQueue.make
  const queue = queueIn({ beneath, draining, record, timers })
  watch(() => queue.gauges(timers.now()))
  yield* Dynamic.follow({ capacity })
  if (draining.possible) yield* draining.onEnd(() => change(() => queue.close()))
  const readyAt: Limits["readyAt"] = (_options, at) => (queue.size === 0 ? at : Infinity)
  return { policy: waitingFor("queue", (call) => stageOf(call, queue)), readyAt }
})
