import { Context, Effect, Option, type Stream } from "effect"
import type { Event, Gauges } from "./domain/Event.ts"
import type { Snapshot } from "./domain/Snapshot.ts"

/** Counts what passes the gate, for people and machines. */
export class Stats extends Context.Service<
  Stats,
  {
    /** Counts one event. */
    readonly record: (event: Event) => void
    /** Asks a policy for its gauges whenever a snapshot is made. */
    readonly watch: (gauges: () => Gauges) => void
    /** The figures of this moment. */
    readonly snapshot: Effect.Effect<Snapshot>
    /** The figures of this moment, then again whenever they have changed, at most ten times a second. */
    readonly changes: Stream.Stream<Snapshot>
  }
>()("headgate/Stats") {
  /** The two functions a policy needs; they do nothing where nobody asked for figures. */
  static readonly recorder: Effect.Effect<Pick<Stats["Service"], "record" | "watch">> = Effect.map(
    Effect.serviceOption(Stats),
    Option.getOrElse(() => ({ record: () => {}, watch: () => {} }))
  )
}
