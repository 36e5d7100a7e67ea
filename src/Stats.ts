import { Clock, Context, Effect, Layer, Option, type Stream } from "effect"
import { now } from "./engine/Time.ts"
import { Changes } from "./stats/Changes.ts"
import type { Event, Gauges } from "./stats/Event.ts"
import type { Target } from "./stats/Health.ts"
import type { History } from "./stats/History.ts"
import type { Recent } from "./stats/Recent.ts"
import { type Distributions, Recorder } from "./stats/Recorder.ts"
import type { Snapshot } from "./stats/Snapshot.ts"

/** Counts calls, attempts, queue, circuit, tokens and jobs. Optional: without it policies count nothing. */
export class Stats extends Context.Service<
  Stats,
  {
    /** Counts one event. */
    readonly record: (event: Event) => void
    /** Adds a policy's gauges, which are read for each snapshot. */
    readonly watch: (gauges: () => Gauges) => void
    /** Calls a listener after each event from now on; returns a function that removes it. */
    readonly onEvent: (listener: (event: Event) => void) => () => void
    /** The current stats. */
    readonly snapshot: Effect.Effect<Snapshot>
    /** The health targets of the last hour, each met or missed. */
    readonly targets: Effect.Effect<ReadonlyArray<Target>>
    /** The stats of the last ten minutes, which advice compares with those since the start. */
    readonly recent: Effect.Effect<Recent>
    /** The distributions of the call times, for histograms. */
    readonly distributions: Effect.Effect<Distributions>
    /** The last hour: one point per second for ten minutes, one per minute before. */
    readonly history: Effect.Effect<History>
    /** The current snapshot, then one after each change, at most ten a second. */
    readonly changes: Stream.Stream<Snapshot>
  }
>()("headgate/Stats") {
  /**
   * Counts in constant memory, from the moment it is built.
   *
   * @example
   * const counted = Metrics.layer().pipe(Layer.provide(Gate.layerNoop), Layer.provideMerge(Stats.layer))
   */
  static readonly layer: Layer.Layer<Stats> = Layer.effect(
    this,
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const time = yield* now
      const recorder = new Recorder(time, () => clock.currentTimeMillisUnsafe())
      const changes = new Changes(recorder, time)
      const listeners = new Set<(event: Event) => void>()
      const fork = Effect.runForkWith(yield* Effect.context<never>())
      // A listener runs within the steps of the gate, which its mistakes must not break.
      const notify = (listener: (event: Event) => void, event: Event) => {
        try {
          listener(event)
        } catch (error) {
          fork(Effect.logError(`A listener of Stats failed at the event ${event._tag}`, error))
        }
      }
      return {
        record: (event) => {
          recorder.record(event)
          changes.notify()
          if (listeners.size > 0) for (const listener of listeners) notify(listener, event)
        },
        onEvent: (listener) => {
          listeners.add(listener)
          return () => void listeners.delete(listener)
        },
        watch: (gauges) => recorder.watch(gauges),
        snapshot: Effect.sync(() => recorder.snapshot()),
        targets: Effect.sync(() => recorder.targets()),
        recent: Effect.sync(() => recorder.recent()),
        distributions: Effect.sync(() => recorder.distributions()),
        history: Effect.sync(() => recorder.history()),
        changes: changes.stream
      }
    })
  )

  /** The functions that a policy needs; without `Stats` in the context they do nothing. */
  static readonly recorder: Effect.Effect<Pick<Stats["Service"], "record" | "watch">> = Effect.map(
    Effect.serviceOption(Stats),
    Option.getOrElse(() => ({ record: () => {}, watch: () => {} }))
  )
}
