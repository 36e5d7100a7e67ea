import { Cause, Deferred, Effect, Exit, Fiber, Queue, Scope, Stream } from "effect"
import { StreamProgress } from "../StreamProgress.ts"

/** A response whose head is known first, and whose body comes chunk by chunk. */
export interface StreamedResponse<H, A, E = never, R = never> {
  readonly head: H
  readonly body: Stream.Stream<A, E, R>
  /**
   * Whether a chunk is part of the answer, and not a comment. Default: every chunk is.
   *
   * Comments are handed on too, but begin no answer and end no silence.
   */
  readonly counts?: ((chunk: A) => boolean) | undefined
}

/** A streamed response whose permit is held until its body has ended. */
export interface HeldResponse<H, A, E> extends StreamedResponse<H, A, E> {
  /** Waits until the permit has been given back, whether the body is read or not. */
  readonly ended: Effect.Effect<void>
}

const always = () => true

/**
 * Runs an attempt behind a guard, and returns its head once its first chunk has come, or the body has ended without
 * one.
 *
 * The guarded effect lasts until the body has ended, and is interrupted when the body's reader leaves or the scope
 * closes. The body can be read once, and the source is read at the reader's pace.
 */
export const handoff = <H, A, E, R, E2, R2, E3, R3>(
  attempt: Effect.Effect<StreamedResponse<H, A, E2, R2>, E, R>,
  guard: (call: Effect.Effect<void, E | E2, Exclude<R | R2, Scope.Scope>>) => Effect.Effect<void, E3, R3>
): Effect.Effect<HeldResponse<H, A, E3>, E3, R3 | Scope.Scope> =>
  Effect.uninterruptibleMask(
    Effect.fnUntraced(function* (restore) {
      const scope = yield* Effect.scope
      const progress = new StreamProgress()
      // Without a bound there would be no backpressure at all.
      const queue = yield* Queue.bounded<A, E3 | Cause.Done>(1)
      const opened = yield* Deferred.make<void, E3>()
      let head: H | undefined

      const call = Effect.flatMap(attempt, ({ body, counts = always, head: received }) => {
        head = received
        return Stream.runForEachArray(body, (chunks) => {
          if (chunks.some(counts)) progress.onChunk()
          else progress.onComment()
          Deferred.doneUnsafe(opened, Effect.void)
          return Effect.map(Queue.offerAll(queue, chunks), () => progress.onRead())
        })
      })
      const held = yield* guard(Effect.scoped(call)).pipe(
        Effect.provideService(StreamProgress.current, progress),
        Effect.interruptible,
        // A call arrives at the gate at once, and so must this one.
        Effect.forkIn(scope, { startImmediately: true })
      )
      // An observer is called even if the fiber never began, because its scope had closed.
      held.addObserver((exit) => {
        Deferred.doneUnsafe(opened, exit)
        if (Exit.isSuccess(exit)) Queue.endUnsafe(queue)
        else Queue.failCauseUnsafe(queue, exit.cause)
      })
      yield* Effect.onInterrupt(restore(Deferred.await(opened)), () => Fiber.interrupt(held))
      return {
        head: head as H,
        body: Stream.ensuring(Stream.fromQueue(queue), Fiber.interrupt(held)),
        ended: Effect.asVoid(Fiber.await(held))
      }
    })
  )
