import { Cause, Effect, Predicate, Stream } from "effect"
import { Attempt } from "../../engine/Attempt.ts"
import type { ActiveCalls } from "../ActiveCalls.ts"
import { UpstreamUnreachable } from "../../upstream/Upstream.ts"

const codeOf = (error: unknown): string | undefined => {
  const holder = Predicate.hasProperty(error, "cause") ? error.cause : error
  return Predicate.hasProperty(holder, "code") && Predicate.isString(holder.code) ? holder.code : undefined
}

/** What `fetch` or a body of its response failed with. */
export class FetchFailure extends UpstreamUnreachable {
  readonly error: unknown

  constructor(error: unknown) {
    super({ reason: codeOf(error) })
    this.error = error
  }
}

/** One attempt to have a request answered by `fetch`. */
export class Exchange {
  /** Lasts until the whole body has come, or the connection has been given up. */
  readonly attempt = new Attempt()
  readonly #leave = new AbortController()
  readonly #answered: Promise<Response>
  #body: Pick<ReadableStreamDefaultReader, "cancel"> | null | undefined

  constructor(send: (signal: AbortSignal) => Promise<Response>) {
    this.#answered = new Promise((resolve) => resolve(send(this.#leave.signal)))
    this.#answered.then(
      ({ body }) => {
        this.#body = body
        if (body === null) this.attempt.settle()
        else if (this.#leave.signal.aborted) this.#cancel()
      },
      () => this.attempt.settle()
    )
  }

  /** Waits for the head of the answer. */
  readonly answered: Effect.Effect<Response, FetchFailure> = Effect.tryPromise({
    try: () => this.#answered,
    catch: (error) => new FetchFailure(error)
  })

  /** The body as it comes, at its reader's pace. */
  bodyOf({ body }: Response): Stream.Stream<Uint8Array, FetchFailure> {
    if (body === null) return Stream.empty
    const reader = body.getReader()
    this.#body = reader
    const read = Effect.tryPromise({
      try: () => reader.read(),
      catch: (error) => {
        this.attempt.settle()
        return new FetchFailure(error)
      }
    })
    const next = Effect.flatMap(read, ({ done, value }) => {
      if (!done) return Effect.succeed([value] as const)
      this.attempt.settle()
      return Cause.done()
    })
    return Stream.fromPull(Effect.succeed(next))
  }

  /** Gives the connection up, unless everything has come. */
  leave(active: ActiveCalls): void {
    if (!this.attempt.running) return
    this.#leave.abort()
    this.#cancel()
    active.abandon(this.attempt)
  }

  #cancel(): void {
    const over = () => this.attempt.settle()
    this.#body?.cancel().then(over, over)
  }
}
