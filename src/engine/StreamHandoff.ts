import { Cause, Deferred, Effect, Exit, Fiber, Queue, Scope, Stream } from "effect"
import type { Rejection } from "../Rejection.ts"
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
 * Runs an effect in a scope, and waits until it has opened or ended.
 *
 * The effect is interrupted if the wait is; `restore` lets that happen.
 */
export const hold = <A, E, R>(
  restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
  scope: Scope.Scope,
  opened: Deferred.Deferred<A, E>,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<Fiber.Fiber<A, E>, E, R> =>
  Effect.gen(function* () {
    // A call arrives at the gate at once, and so must this one.
    const held = yield* Effect.forkIn(Effect.interruptible(effect), scope, { startImmediately: true })
    // An observer is called even if the fiber never began, because its scope had closed.
    held.addObserver((exit) => Deferred.doneUnsafe(opened, exit))
    yield* Effect.onInterrupt(restore(Deferred.await(opened)), () => Fiber.interrupt(held))
    return held
  })

/**
 * Runs an attempt behind a guard, and returns its head once its first chunk has come, or the body has ended without
 * one.
 *
 * The guarded effect lasts until the body has ended, and is interrupted when the body's reader leaves or the scope
 * closes. The body can be read once, and the source is read at the reader's pace.
 */
export const handoff = <H, A, E, R, E2, R2>(
  attempt: Effect.Effect<StreamedResponse<H, A, E2, R2>, E, R>,
  guard: <E, R>(call: Effect.Effect<void, E, R>) => Effect.Effect<void, E | Rejection, R>
): Effect.Effect<HeldResponse<H, A, E2 | Rejection>, E | E2 | Rejection, Exclude<R | R2, Scope.Scope> | Scope.Scope> =>
  Effect.uninterruptibleMask(
    Effect.fnUntraced(function* (restore) {
      const scope = yield* Effect.scope
      const progress = new StreamProgress()
      // Without a bound there would be no backpressure at all.
      const queue = yield* Queue.bounded<A, E | E2 | Rejection | Cause.Done>(1)
      const opened = yield* Deferred.make<void, E | E2 | Rejection>()
      let head: H | undefined
      // Two attempts may run at once: the first to send anything is the answer, and ends the other.
      const running = new Set<Fiber.Fiber<unknown, unknown>>()

      const respond = ({ body, counts = always, head: received }: StreamedResponse<H, A, E2, R2>, send: () => void) => {
        if (!progress.started) head = received
        return Stream.runForEachArray(body, (chunks) => {
          if (!progress.started) {
            head = received
            send()
          }
          if (chunks.some(counts)) progress.onChunk()
          else progress.onComment()
          Deferred.doneUnsafe(opened, Effect.void)
          return Effect.map(Queue.offerAll(queue, chunks), () => progress.onRead())
        })
      }
      const call = Effect.withFiber((fiber) => {
        running.add(fiber)
        const endOther = () => running.forEach((other) => other !== fiber && other.interruptUnsafe())
        const responded = Effect.flatMap(attempt, (response) => respond(response, endOther))
        return Effect.onExitPrimitive(responded, () => void running.delete(fiber))
      })
      const guarded = Effect.provideService(guard(Effect.scoped(call)), StreamProgress.current, progress)
      const held = yield* hold(restore, scope, opened, guarded)
      held.addObserver((exit) => {
        if (Exit.isSuccess(exit)) Queue.endUnsafe(queue)
        else Queue.failCauseUnsafe(queue, exit.cause)
      })
      return {
        head: head as H,
        // There is a body only once the attempt has opened it, so the body cannot fail as the attempt can.
        body: Stream.ensuring(Stream.fromQueue(queue), Fiber.interrupt(held)) as Stream.Stream<A, E2 | Rejection>,
        ended: Effect.asVoid(Fiber.await(held))
      }
    })
  )
