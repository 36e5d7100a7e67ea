import { Clock, Context, Effect, Formatter, Layer, Option, type Stream } from "effect"
import type { Advisor } from "./advice/Evidence.ts"
import { InvalidOptions } from "./config/InvalidOptions.ts"
import { now } from "./engine/Time.ts"
import { Changes } from "./stats/Changes.ts"
import type { Event, Gauges } from "./stats/Event.ts"
import type { Target } from "./stats/Health.ts"
import type { History } from "./stats/History.ts"
import type { Recent } from "./stats/Recent.ts"
import type { RecentCalls } from "./stats/RecentCalls.ts"
import { type Distributions, Recorder } from "./stats/Recorder.ts"
import { type Counts, type Section as AnySection, type SectionMetric, Sections } from "./stats/Section.ts"
import type { Snapshot } from "./stats/Snapshot.ts"

export type { Metric } from "./stats/Section.ts"

/** What a section counts, and what it adds to metrics, health and advice. */
export interface SectionStats<Values extends object = object> extends Counts<Values> {
  /** Adds to advice. Default: nothing. */
  readonly advisor?: Advisor
}

/** A section of a program's own: its name in the snapshot, and how its counts are made. */
export interface Section<A extends SectionStats> extends AnySection<A> {}

/** Counts calls, attempts, queue, circuit and tokens, and sections of other areas. Without it policies count nothing. */
export class Stats extends Context.Service<
  Stats,
  {
    /** Counts one event. */
    readonly record: (event: Event) => void
    /** Adds a policy's gauges, which are read for each snapshot. */
    readonly watch: (gauges: () => Gauges) => void
    /**
     * The counts of a section, which stand in the snapshot from its first use on.
     *
     * A section is known by its object, so that all who use it count together. Another section of the same name is
     * refused.
     */
    readonly section: <A extends SectionStats>(section: Section<A>) => A
    /** Calls a listener after each event from now on; returns a function that removes it. Throws `InvalidOptions` for no function. */
    readonly onEvent: (listener: (event: Event) => void) => () => void
    /** The current stats. */
    readonly snapshot: Effect.Effect<Snapshot>
    /** The health targets of the last hour, each met or missed. */
    readonly targets: Effect.Effect<ReadonlyArray<Target>>
    /** The stats of the last ten minutes, which advice compares with those since the start. */
    readonly recent: Effect.Effect<Recent>
    /** The last 100 calls that ended, the newest first: what each waited for, or why it was refused. */
    readonly recentCalls: Effect.Effect<RecentCalls>
    /** What sections add to advice. */
    readonly advisors: Effect.Effect<ReadonlyArray<Advisor>>
    /** The values of sections for Prometheus. */
    readonly metrics: Effect.Effect<ReadonlyArray<SectionMetric>>
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
      const fork = Effect.runForkWith(yield* Effect.context<never>())
      const sections = new Sections<SectionStats>((name, error) => {
        fork(Effect.logError(`The health targets of the section ${name} failed`, error))
      })
      const recorder = new Recorder(time, () => clock.currentTimeMillisUnsafe(), sections)
      const changes = new Changes(recorder, time)
      const listeners = new Set<(event: Event) => void>()
      // Readers are woken only after the counting, which is synchronous.
      const moment = () => {
        changes.notify()
        return recorder.moment()
      }
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
          if (typeof listener !== "function") {
            const value = Formatter.format(listener)
            throw new InvalidOptions({ problems: [{ name: "listener", value, allowed: "a function of an event" }] })
          }
          listeners.add(listener)
          return () => void listeners.delete(listener)
        },
        watch: (gauges) => recorder.watch(gauges),
        section: (section) => sections.get(section, moment),
        snapshot: Effect.sync(() => recorder.snapshot()),
        targets: Effect.sync(() => recorder.targets()),
        recent: Effect.sync(() => recorder.recent()),
        recentCalls: Effect.sync(() => recorder.recentReports()),
        advisors: Effect.sync(() => sections.all.flatMap(({ advisor }) => advisor ?? [])),
        metrics: Effect.sync(() => sections.metrics(time())),
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

  /** Adds a policy's gauges; without `Stats` in the context nothing reads them. */
  static readonly watch = (gauges: () => Gauges): Effect.Effect<void> =>
    Effect.map(Stats.recorder, ({ watch }) => watch(gauges))

  /**
   * The counts of a section; without `Stats` in the context they stand in no snapshot.
   *
   * @example
   * class CacheStats implements SectionStats {
   *   hits = 0
   *   misses = 0
   *   readonly metrics = { hits: { type: "counter", help: "Answers from the cache." } } as const
   *   readonly snapshot = () => ({ hits: this.hits, misses: this.misses })
   *   readonly targets = () => {
   *     const rate = this.hits / (this.hits + this.misses || 1)
   *     return [{ name: "cache", aim: "more than half of the answers are cached", figure: rate, met: rate > 0.5 }]
   *   }
   * }
   * const cache = { name: "cache", make: () => new CacheStats() }
   *
   * // Then `GET /stats` has `"cache":{"hits":1,"misses":0}`, and `GET /metrics` `headgate_cache_hits_total 1`.
   * const program = Effect.map(Stats.section(cache), (stats) => void stats.hits++)
   *
   * await Effect.runPromise(Effect.provide(program, Stats.layer))
   */
  static readonly section = <A extends SectionStats>(section: Section<A>): Effect.Effect<A> =>
    Effect.flatMap(Effect.serviceOption(Stats), (stats) =>
      Option.isSome(stats) ? Effect.sync(() => stats.value.section(section)) : Effect.map(now, section.make)
    )
}
