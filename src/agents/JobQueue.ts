import { Deferred, Effect, Queue } from "effect"
import { Stats } from "../Stats.ts"
import type { Outcome } from "./Agent.ts"
import type { Job } from "./Job.ts"
import { JobStats } from "./JobStats.ts"
import { PersistedJobQueue } from "./jobs/PersistedJobQueue.ts"
import type { StoredOutcome } from "./jobs/StoredOutcome.ts"

/** A job in the queue, and what waits for its end. */
interface Entry {
  readonly job: Job
  readonly outcome: Deferred.Deferred<Outcome<unknown>>
}

/** Jobs that wait for an agent, first come, first served. The section `jobs` of the stats counts them. */
export interface JobQueue {
  /** Adds a job, which a store knows by its id; the effect that it returns waits for its outcome. */
  readonly add: <A>(
    job: Job<A>,
    options?: { readonly id?: string | undefined }
  ) => Effect.Effect<Effect.Effect<Outcome<A>>>
  /** How jobs in a store have ended, by their ids; one that has not is left out. */
  readonly ended: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlyMap<string, StoredOutcome>>
  /** The jobs that wait for an agent. */
  readonly size: number
  /** Waits until no job waits or is in hand. */
  readonly idle: Effect.Effect<void>
  /** Does the next job; one that is interrupted, or that the work fails to do, goes back. */
  readonly takeWith: <E, R>(
    work: (job: Job) => Effect.Effect<Outcome<unknown>, E, R>
  ) => Effect.Effect<Outcome<unknown>, E, R>
}

class MemoryJobQueue {
  readonly #entries: Queue.Queue<Entry>
  readonly #stats: JobStats
  #pending = 0
  #empty = Deferred.makeUnsafe<void>()

  private constructor(entries: Queue.Queue<Entry>, stats: JobStats) {
    this.#entries = entries
    this.#stats = stats
  }

  static readonly make: Effect.Effect<JobQueue> = Effect.gen(function* () {
    return new MemoryJobQueue(yield* Queue.unbounded<Entry>(), yield* Stats.section(JobStats.section))
  })

  add<A>(job: Job<A>): Effect.Effect<Effect.Effect<Outcome<A>>> {
    return Effect.sync(() => {
      const outcome = Deferred.makeUnsafe<Outcome<unknown>>()
      if (this.#pending++ === 0) this.#empty = Deferred.makeUnsafe()
      this.#stats.onCreated()
      Queue.offerUnsafe(this.#entries, { job, outcome })
      return Deferred.await(outcome) as Effect.Effect<Outcome<A>>
    })
  }

  ended(): Effect.Effect<ReadonlyMap<string, StoredOutcome>> {
    return Effect.succeed(new Map())
  }

  get size(): number {
    return Queue.sizeUnsafe(this.#entries)
  }

  get idle(): Effect.Effect<void> {
    return Effect.suspend(() => (this.#pending === 0 ? Effect.void : Deferred.await(this.#empty)))
  }

  takeWith<E, R>(work: (job: Job) => Effect.Effect<Outcome<unknown>, E, R>): Effect.Effect<Outcome<unknown>, E, R> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.gen({ self: this }, function* () {
        const entry = yield* restore(Queue.take(this.#entries))
        const putBack = Effect.sync(() => Queue.offerUnsafe(this.#entries, entry))
        const outcome = yield* restore(work(entry.job)).pipe(Effect.onError(() => putBack))
        this.#end(entry, outcome)
        return outcome
      })
    )
  }

  #end(entry: Entry, outcome: Outcome<unknown>): void {
    if (outcome.failure === undefined) this.#stats.onCompleted()
    else this.#stats.onFailed(outcome.failure === "defect" ? undefined : outcome.failure)
    Deferred.doneUnsafe(entry.outcome, Effect.succeed(outcome))
    if (--this.#pending === 0) Deferred.doneUnsafe(this.#empty, Effect.void)
  }
}

/** Queues of jobs: in memory, or in a store that outlives the process. */
export const JobQueue = {
  /** Makes a queue that ends with the process. */
  make: MemoryJobQueue.make,

  /**
   * Makes a queue in a store, which all processes share that have the same store and name.
   *
   * A job is delivered at least once: it comes again if its process dies, or its lease ends. Its end goes on record once.
   *
   * @example
   * const greeting = JobKind.make({
   *   name: "greeting",
   *   data: Schema.Struct({ name: Schema.String }),
   *   make: ({ name }) =>
   *     Job.make({ goal: "Greet.", task: `Greet ${name}.`, result: Schema.Struct({ greeting: Schema.String }) })
   * })
   *
   * const program = Effect.gen(function* () {
   *   const queue = yield* JobQueue.makePersisted({ kinds: [greeting] })
   *   yield* Population.run(queue, { size: 3, role: "host" })
   *   const outcome = yield* queue.add(greeting.of({ name: "Ada" }), { id: "ada" })
   *   return (yield* outcome).failure
   * }).pipe(Effect.scoped)
   *
   * const model = SimulatedLanguageModel.layer.pipe(Layer.provide(SimulatedModel.layer()))
   * const store = JobStore.layerSql().pipe(Layer.provide(Database.layer(Redacted.make("sqlite::memory:"))))
   * await Effect.runPromise(Effect.provide(program, Layer.mergeAll(model, Memory.layer, store)))
   */
  makePersisted: PersistedJobQueue.make
}
