import { Deferred, Effect, Queue } from "effect"
import { Stats } from "../Stats.ts"
import type { Outcome } from "./Agent.ts"
import type { Job } from "./Job.ts"
import { JobStats } from "./JobStats.ts"

/** A job in the queue, and what waits for its end. */
interface Entry {
  readonly job: Job
  readonly outcome: Deferred.Deferred<Outcome<unknown>>
}

/** Jobs that wait for an agent, first come, first served. The section `jobs` of the stats counts them. */
export class JobQueue {
  readonly #entries: Queue.Queue<Entry>
  readonly #stats: JobStats
  #pending = 0
  #empty = Deferred.makeUnsafe<void>()

  private constructor(entries: Queue.Queue<Entry>, stats: JobStats) {
    this.#entries = entries
    this.#stats = stats
  }

  static readonly make: Effect.Effect<JobQueue> = Effect.gen(function* () {
    return new JobQueue(yield* Queue.unbounded<Entry>(), yield* Stats.section(JobStats.section))
  })

  /** Adds a job; the effect that it returns waits for its outcome. */
  add<A>(job: Job<A>): Effect.Effect<Effect.Effect<Outcome<A>>> {
    return Effect.sync(() => {
      const outcome = Deferred.makeUnsafe<Outcome<unknown>>()
      if (this.#pending++ === 0) this.#empty = Deferred.makeUnsafe()
      this.#stats.onCreated()
      Queue.offerUnsafe(this.#entries, { job, outcome })
      return Deferred.await(outcome) as Effect.Effect<Outcome<A>>
    })
  }

  /** The jobs that wait for an agent. */
  get size(): number {
    return Queue.sizeUnsafe(this.#entries)
  }

  /** Waits until no job waits or is in hand. */
  get idle(): Effect.Effect<void> {
    return Effect.suspend(() => (this.#pending === 0 ? Effect.void : Deferred.await(this.#empty)))
  }

  /** Does the next job; one that is interrupted, or that the work fails to do, goes back. */
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
