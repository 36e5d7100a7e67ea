import { Cause, Deferred, Effect, Exit, Fiber, Queue, Scope, Stream } from "effect"
import { Progress } from "../Progress.ts"

/** An answer of which the head is known first, and the body comes part by part. */
export interface Opened<H, A, E = never, R = never> {
  readonly head: H
  readonly body: Stream.Stream<A, E, R>
  /**
   * Whether something of the body is a part of the answer, and no comment; everything is, if this is left out.
   *
   * A comment is handed on as all else, but begins no answer and breaks no silence.
   */
  readonly counts?: ((part: A) => boolean) | undefined
}

const always = () => true

/** An answer whose place at the gate is held until its body has ended. */
export interface Held<H, A, E> extends Opened<H, A, E> {
  /** Waits until the place has been given back, whether the body is read or not. */
  readonly ended: Effect.Effect<void>
}

/**
 * Runs an attempt behind a guard, and hands its head out once its first part has come, or the body has ended without one.
 *
 * The guarded effect lasts until the body has ended, and is interrupted when the body's reader has gone or the scope
 * closes. The body can be read once.
 */
export const relay = <H, A, E, R, E2, R2, E3, R3>(
  attempt: Effect.Effect<Opened<H, A, E2, R2>, E, R>,
  guard: (call: Effect.Effect<void, E | E2, Exclude<R | R2, Scope.Scope>>) => Effect.Effect<void, E3, R3>
): Effect.Effect<Held<H, A, E3>, E3, R3 | Scope.Scope> =>
  Effect.uninterruptibleMask(
    Effect.fnUntraced(function* (restore) {
      const scope = yield* Effect.scope
      const progress = new Progress()
      // Without a bound there would be no backpressure at all.
      const queue = yield* Queue.bounded<A, E3 | Cause.Done>(1)
      const begun = yield* Deferred.make<void, E3>()
      let head: H | undefined

      const call = Effect.flatMap(attempt, ({ body, counts = always, head: opened }) => {
        head = opened
        return Stream.runForEachArray(body, (parts) => {
          if (parts.some(counts)) progress.part()
          else progress.aside()
          Deferred.doneUnsafe(begun, Effect.void)
          return Effect.map(Queue.offerAll(queue, parts), () => progress.taken())
        })
      })
      const held = yield* guard(Effect.scoped(call)).pipe(
        Effect.provideService(Progress.current, progress),
        Effect.interruptible,
        // A call through the gate arrives at once, and so does this one.
        Effect.forkIn(scope, { startImmediately: true })
      )
      // An observer hears even of a fiber that never began, because its scope had closed.
      held.addObserver((exit) => {
        Deferred.doneUnsafe(begun, exit)
        if (Exit.isSuccess(exit)) Queue.endUnsafe(queue)
        else Queue.failCauseUnsafe(queue, exit.cause)
      })
      yield* Effect.onInterrupt(restore(Deferred.await(begun)), () => Fiber.interrupt(held))
      return {
        head: head as H,
        body: Stream.ensuring(Stream.fromQueue(queue), Fiber.interrupt(held)),
        ended: Effect.asVoid(Fiber.await(held))
      }
    })
  )
