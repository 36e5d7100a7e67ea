import { Cause, Effect, type Scope, Stream } from "effect"

// How long a promise may take to settle once it was aborted.
const grace = "5 seconds"

type Failed<E> = (cause: unknown) => Effect.Effect<never, E>

/**
 * One request through an SDK, which works with promises.
 *
 * An interrupted fiber lets a promise go on. This aborts the promise and waits until it has settled, so that the holder of a
 * place for the request holds it for as long as there is one. A promise that does not heed its signal is left behind after five
 * seconds.
 */
class SdkRequest {
  readonly #controller = new AbortController()
  #last: PromiseLike<unknown> = Promise.resolve()
  #close: () => PromiseLike<unknown> = () => Promise.resolve()

  /** Runs one promise; they come one after the other. */
  run<A, E>(promise: (signal: AbortSignal) => PromiseLike<A>, failed: Failed<E>): Effect.Effect<A, E> {
    return Effect.callback<A, E>((resume) => {
      // What the function throws is a rejection like any other.
      const running = new Promise<A>((resolve) => resolve(promise(this.#controller.signal)))
      this.#last = running.then(
        (value) => resume(Effect.succeed(value)),
        (cause) => resume(failed(cause))
      )
    })
  }

  /** Takes what an iterable brings, one by one. */
  pull<A, E>(parts: AsyncIterable<A>, failed: Failed<E>): Effect.Effect<readonly [A], E | Cause.Done> {
    const iterator = parts[Symbol.asyncIterator]()
    this.#close = () => Promise.resolve(iterator.return?.())
    return Effect.flatMap(
      this.run(() => iterator.next(), failed),
      ({ done, value }) => (done === true ? Cause.done() : Effect.succeed([value] as const))
    )
  }

  end(leftBehind: () => void): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#controller.abort()
      const settled = Promise.allSettled([this.#last, this.#close()])
      return Effect.timeoutOrElse(Effect.asVoid(Effect.promise(() => settled)), {
        duration: grace,
        orElse: () => Effect.sync(leftBehind)
      })
    })
  }
}

/** Begins a request that ends with the scope; `leftBehind` is called with a promise that did not settle. */
const make = (leftBehind: () => void): Effect.Effect<SdkRequest, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new SdkRequest()),
    (request) => request.end(leftBehind)
  )

/** Runs a promise as an effect. */
export const effect = <A, E>(
  promise: (signal: AbortSignal) => PromiseLike<A>,
  failed: Failed<E>,
  leftBehind: () => void
): Effect.Effect<A, E> => Effect.scoped(Effect.flatMap(make(leftBehind), (request) => request.run(promise, failed)))

/** Runs what a promise brings as a stream, at its reader's pace. */
export const stream = <A, E>(
  promise: (signal: AbortSignal) => PromiseLike<AsyncIterable<A>>,
  failed: Failed<E>,
  leftBehind: () => void
): Stream.Stream<A, E> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const request = yield* make(leftBehind)
      const parts = yield* request.run(promise, failed)
      return Stream.fromPull(Effect.succeed(request.pull(parts, failed)))
    })
  )
