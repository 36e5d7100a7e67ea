import { Clock, Context, Effect, Layer, Option, type Stream } from "effect"
import type { Recent } from "./stats/Recent.ts"
import type { Distributions } from "./stats/Distribution.ts"
import type { Event, Gauges } from "./stats/Event.ts"
import type { Target } from "./stats/Health.ts"
import type { History } from "./stats/HistorySchema.ts"
import type { Snapshot } from "./stats/Snapshot.ts"
import { Changes } from "./stats/Changes.ts"
import { Recorder } from "./stats/Recorder.ts"
import { now } from "./engine/Time.ts"

/** Counts what passes the gate, for people and machines. */
export class Stats extends Context.Service<
  Stats,
  {
    /** Counts one event. */
    readonly record: (event: Event) => void
    /** Asks a policy for its gauges whenever a snapshot is made. */
    readonly watch: (gauges: () => Gauges) => void
    /** Tells a listener of each event from now on, when it has been counted; what it returns ends that. */
    readonly onEvent: (listener: (event: Event) => void) => () => void
    /** The figures of this moment. */
    readonly snapshot: Effect.Effect<Snapshot>
    /** The targets of health at this moment, each met or missed with its figure of the last hour. */
    readonly targets: Effect.Effect<ReadonlyArray<Target>>
    /** The figures of late, which advice compares with those of the snapshot. */
    readonly recent: Effect.Effect<Recent>
    /** How the times of all calls spread: what a histogram of theirs needs. */
    readonly distributions: Effect.Effect<Distributions>
    /** The last hour: a point a second for ten minutes, before them a point a minute. */
    readonly history: Effect.Effect<History>
    /** The figures of this moment, then again whenever they have changed, at most ten times a second. */
    readonly changes: Stream.Stream<Snapshot>
  }
>()("headgate/Stats") {
  /** Counts from the moment it is built, in memory that does not grow. */
  static readonly layer: Layer.Layer<Stats> = Layer.effect(
    this,
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const time = yield* now
      const ledger = new Recorder(time, () => clock.currentTimeMillisUnsafe())
      const changes = new Changes(ledger, time)
      const listeners = new Set<(event: Event) => void>()
      return {
        record: (event) => {
          ledger.record(event)
          changes.notify()
          if (listeners.size > 0) for (const listener of listeners) listener(event)
        },
        onEvent: (listener) => {
          listeners.add(listener)
          return () => void listeners.delete(listener)
        },
        watch: (gauges) => ledger.watch(gauges),
        snapshot: Effect.sync(() => ledger.snapshot()),
        targets: Effect.sync(() => ledger.targets()),
        recent: Effect.sync(() => ledger.recent()),
        distributions: Effect.sync(() => ledger.distributions()),
        history: Effect.sync(() => ledger.history()),
        changes: changes.stream
      }
    })
  )

  /** The two functions a policy needs; they do nothing where nobody asked for figures. */
  static readonly recorder: Effect.Effect<Pick<Stats["Service"], "record" | "watch">> = Effect.map(
    Effect.serviceOption(Stats),
    Option.getOrElse(() => ({ record: () => {}, watch: () => {} }))
  )
}
