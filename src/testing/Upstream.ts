import { Cause, Deferred, Duration, Effect, Exit, Queue } from "effect"
import { now, type Now } from "../engine/Time.ts"
import { StreamProgress } from "../StreamProgress.ts"

/** A call that has come to the model, and ends when the test says so. Times are milliseconds of its clock. */
export class Request<A, E> {
  /** Its place in the order of starts, from 0. */
  readonly index: number
  readonly startedAt: number
  /** When it ended, its stopping included; `undefined` while it is at the model. */
  endedAt: number | undefined
  /** Whether it was interrupted before it had its answer. */
  aborted = false
  readonly #answer = Deferred.makeUnsafe<A, E>()
  readonly #over = Deferred.makeUnsafe<void>()
  readonly #progress: StreamProgress | undefined

  constructor(index: number, startedAt: number, progress: StreamProgress | undefined) {
    this.index = index
    this.startedAt = startedAt
    this.#progress = progress
  }

  /** Ends it with a value. */
  succeed(value: A): Effect.Effect<void> {
    return Effect.asVoid(Deferred.succeed(this.#answer, value))
  }

  /** Ends it with a failure. */
  fail(error: E): Effect.Effect<void> {
    return Effect.asVoid(Deferred.fail(this.#answer, error))
  }

  /** Ends it with a defect. */
  die(defect: unknown): Effect.Effect<void> {
    return Effect.asVoid(Deferred.die(this.#answer, defect))
  }

  /** Sends a part of a streamed answer: policies see that it has begun. */
  get part(): Effect.Effect<void> {
    return Effect.sync(() => this.#progress?.onChunk())
  }

  /** Waits until it has left the model, answered or aborted. */
  get over(): Effect.Effect<void> {
    return Deferred.await(this.#over)
  }

  /** What the model does for it. */
  work(clock: Now, stopping: Duration.Duration): Effect.Effect<A, E> {
    return Effect.onExit(Deferred.await(this.#answer), (exit) => {
      this.aborted = Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
      const left = Effect.andThen(
        Effect.sync(() => {
          this.endedAt = clock()
        }),
        Effect.asVoid(Deferred.succeed(this.#over, undefined))
      )
      return this.aborted && Duration.toMillis(stopping) > 0 ? Effect.andThen(Effect.sleep(stopping), left) : left
    })
  }
}

export interface Options {
  /** How long an interrupted call takes to stop; none. */
  readonly stopping?: Duration.Input | undefined
}

/** A model whose every call is in the hands of the test, which sees them start and be aborted. */
export class Upstream<A, E = never> {
  /** Every call that came, in the order of starts. */
  readonly requests: Array<Request<A, E>> = []
  readonly #starts: Queue.Queue<Request<A, E>>
  readonly #now: Now
  readonly #stopping: Duration.Duration
  #peak = 0

  private constructor(starts: Queue.Queue<Request<A, E>>, clock: Now, stopping: Duration.Duration) {
    this.#starts = starts
    this.#now = clock
    this.#stopping = stopping
  }

  /** Makes an upstream on the clock in the context. */
  static make<A, E = never>(options: Options = {}): Effect.Effect<Upstream<A, E>> {
    return Effect.gen(function* () {
      const starts = yield* Queue.unbounded<Request<A, E>>()
      const stopping = Duration.fromInputUnsafe(options.stopping ?? Duration.zero)
      // A virtual clock's very first sleep is cut short if it is one in a finalizer.
      if (Duration.toMillis(stopping) > 0) yield* Effect.forkDetach(Effect.sleep(1), { startImmediately: true })
      return new Upstream<A, E>(starts, yield* now, stopping)
    })
  }

  /** Asks it; the answer comes when the test gives it. */
  readonly call: Effect.Effect<A, E> = Effect.flatMap(StreamProgress.current, (progress) => {
    const request = new Request<A, E>(this.requests.length, this.#now(), progress)
    this.requests.push(request)
    this.#peak = Math.max(this.#peak, this.running.length)
    Queue.offerUnsafe(this.#starts, request)
    return request.work(this.#now, this.#stopping)
  })

  /** Waits for the next call that starts; each is handed out once. */
  get next(): Effect.Effect<Request<A, E>> {
    return Queue.take(this.#starts)
  }

  /** The calls at the model now, those that are stopping included. */
  get running(): ReadonlyArray<Request<A, E>> {
    return this.requests.filter(({ endedAt }) => endedAt === undefined)
  }

  /** The most calls that were at the model at once. */
  get peak(): number {
    return this.#peak
  }
}
