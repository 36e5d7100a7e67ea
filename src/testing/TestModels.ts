import { Cause, Deferred, Duration, Effect, Exit, Queue } from "effect"
import { now, type Now } from "../engine/Time.ts"
import { StreamProgress } from "../StreamProgress.ts"
import { counted } from "../config/Plural.ts"

/**
 * A model that answers its calls in order from a script.
 *
 * Each answer is an effect: `Effect.succeed`, `Effect.fail`, `Effect.die`, `Effect.never` for a model that hangs, or one of
 * them with `Effect.delay`.
 *
 * @example
 * const answer = Effect.gen(function* () {
 *   const model = yield* ScriptedModel.make([Effect.fail({ status: 503 }), Effect.succeed("answer")])
 *   return yield* Effect.retry(model.call, { times: 1 })
 * })
 *
 * await Effect.runPromise(answer) // => "answer"
 */
export class ScriptedModel<A, E> {
  readonly #script: ReadonlyArray<Effect.Effect<A, E>>
  readonly #fallback: Effect.Effect<A, E> | undefined
  #calls = 0

  private constructor(script: ReadonlyArray<Effect.Effect<A, E>>, fallback: Effect.Effect<A, E> | undefined) {
    this.#script = script
    this.#fallback = fallback
  }

  /** Makes a model; calls after the end of the script get the fallback, or die if there is none. */
  static make<A, E>(
    script: ReadonlyArray<Effect.Effect<A, E>>,
    fallback?: Effect.Effect<A, E>
  ): Effect.Effect<ScriptedModel<A, E>> {
    return Effect.sync(() => new ScriptedModel(script, fallback))
  }

  /** The number of calls so far. */
  get calls(): number {
    return this.#calls
  }

  /** Calls the model. */
  readonly call: Effect.Effect<A, E> = Effect.suspend(() => {
    const answer = this.#script[this.#calls++] ?? this.#fallback
    return answer ?? Effect.die(new RangeError(this.#exhausted))
  })

  get #exhausted(): string {
    return `The script has ${counted(this.#script.length, "answer")}, and the model was called ${counted(this.#calls, "time")}. Add an answer to the script, or pass a fallback as the second argument.`
  }
}

/** A call at the model, which the test ends. Times are milliseconds of the clock in the context. */
export class Request<A, E> {
  /** Its position in the order of starts, from 0. */
  readonly index: number
  readonly startedAt: number
  /** When it ended, including the time it took to abort; `undefined` before that. */
  endedAt: number | undefined
  /** Whether it was interrupted before the test ended it. */
  aborted = false
  readonly #answer = Deferred.makeUnsafe<A, E>()
  readonly #ended = Deferred.makeUnsafe<void>()
  readonly #progress: StreamProgress | undefined

  constructor(index: number, startedAt: number, progress: StreamProgress | undefined) {
    this.index = index
    this.startedAt = startedAt
    this.#progress = progress
  }

  /** Ends the call with a value. */
  succeed(value: A): Effect.Effect<void> {
    return Effect.asVoid(Deferred.succeed(this.#answer, value))
  }

  /** Ends the call with a failure. */
  fail(error: E): Effect.Effect<void> {
    return Effect.asVoid(Deferred.fail(this.#answer, error))
  }

  /** Ends the call with a defect. */
  die(defect: unknown): Effect.Effect<void> {
    return Effect.asVoid(Deferred.die(this.#answer, defect))
  }

  /** Sends a chunk of a streamed response, which policies see. */
  get chunk(): Effect.Effect<void> {
    return Effect.sync(() => this.#progress?.onChunk())
  }

  /** Waits until the call has ended or its abort is complete. */
  get ended(): Effect.Effect<void> {
    return Deferred.await(this.#ended)
  }

  /** The work of the call at the model. */
  work(clock: Now, abortDelay: Duration.Duration): Effect.Effect<A, E> {
    return Effect.onExit(Deferred.await(this.#answer), (exit) => {
      this.aborted = Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
      const end = Effect.andThen(
        Effect.sync(() => {
          this.endedAt = clock()
        }),
        Effect.asVoid(Deferred.succeed(this.#ended, undefined))
      )
      return this.aborted && Duration.toMillis(abortDelay) > 0 ? Effect.andThen(Effect.sleep(abortDelay), end) : end
    })
  }
}

export interface Options {
  /** How long an interrupted call takes to stop. Default: 0. */
  readonly abortDelay?: Duration.Input | undefined
}

/**
 * A model whose calls start, run and end under the control of the test.
 *
 * @example
 * import { Effect, Fiber } from "effect"
 * import { Gate } from "headgate"
 * import { Upstream } from "headgate/testing"
 *
 * const answer = Effect.gen(function* () {
 *   const upstream = yield* Upstream.make<string>()
 *   const call = yield* Effect.forkChild(Gate.pass({}, upstream.call))
 *   const request = yield* upstream.next
 *   yield* request.succeed("answer")
 *   return yield* Fiber.join(call)
 * })
 *
 * await Effect.runPromise(Effect.provide(answer, Gate.layerNoop)) // => "answer"
 */
export class Upstream<A, E = never> {
  /** Every call that has started, in order. */
  readonly requests: Array<Request<A, E>> = []
  readonly #starts: Queue.Queue<Request<A, E>>
  readonly #now: Now
  readonly #abortDelay: Duration.Duration
  #peak = 0

  private constructor(starts: Queue.Queue<Request<A, E>>, clock: Now, abortDelay: Duration.Duration) {
    this.#starts = starts
    this.#now = clock
    this.#abortDelay = abortDelay
  }

  /** Makes an upstream on the clock in the context. */
  static make<A, E = never>(options: Options = {}): Effect.Effect<Upstream<A, E>> {
    return Effect.gen(function* () {
      const starts = yield* Queue.unbounded<Request<A, E>>()
      const abortDelay = Duration.fromInputUnsafe(options.abortDelay ?? Duration.zero)
      // The first sleep of a TestClock is interrupted if it is in a finalizer, so this one comes first.
      if (Duration.toMillis(abortDelay) > 0) yield* Effect.forkDetach(Effect.sleep(1), { startImmediately: true })
      return new Upstream<A, E>(starts, yield* now, abortDelay)
    })
  }

  /** Calls the model; the test ends the call through its `Request`. */
  readonly call: Effect.Effect<A, E> = Effect.flatMap(StreamProgress.current, (progress) => {
    const request = new Request<A, E>(this.requests.length, this.#now(), progress)
    this.requests.push(request)
    this.#peak = Math.max(this.#peak, this.running.length)
    Queue.offerUnsafe(this.#starts, request)
    return request.work(this.#now, this.#abortDelay)
  })

  /** Waits for the next call to start; each call is returned once. */
  get next(): Effect.Effect<Request<A, E>> {
    return Queue.take(this.#starts)
  }

  /** The calls at the model, including those that are being aborted. */
  get running(): ReadonlyArray<Request<A, E>> {
    return this.requests.filter(({ endedAt }) => endedAt === undefined)
  }

  /** The most calls at the model at once. */
  get peak(): number {
    return this.#peak
  }
}
