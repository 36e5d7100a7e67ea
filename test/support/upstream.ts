import { Cause, Deferred, Effect, Exit, Queue, type Scope, Stream } from "effect"
import { TimerQueue } from "../../src/engine/TimerQueue.ts"
import type { CallOptions } from "../../src/Call.ts"
import type { StreamReader } from "../../src/upstream/events/StreamReader.ts"
import { type NoAnswer, StreamValidator } from "../../src/upstream/events/StreamValidator.ts"
import type { TruncatedStream } from "../../src/upstream/TruncatedStream.ts"
import type { Caller, GuardedUpstream, PassOptions, Passing, Unanswered } from "../../src/upstream/GuardedUpstream.ts"
import type {
  AnswerListener,
  Exchange,
  Upstream,
  UpstreamAnswer,
  UpstreamHead,
  UpstreamReply,
  UpstreamRequest,
  UpstreamUnreachable
} from "../../src/upstream/Upstream.ts"

/** A streamed answer that holds a place at the gate until it has ended. */
export interface StreamedAnswer extends UpstreamHead {
  readonly body: Stream.Stream<Uint8Array, Unanswered>
  /** Waits until the place has been given back, whether the body is read or not. */
  readonly ended: Effect.Effect<void>
}

/** Reads what a source hands over, at the reader's pace: it hands over more when `resume` is called. */
const reading = <E>(resume: () => void) => {
  const parts = Effect.runSync(Queue.unbounded<Uint8Array, E | Cause.Done>())
  return {
    add: (part: Uint8Array) => void Queue.offerUnsafe(parts, part),
    end: () => void Queue.endUnsafe(parts),
    fail: (cause: Cause.Cause<E>) => void Queue.failCauseUnsafe(parts, cause),
    body: Stream.tap(Stream.fromQueue(parts), () => Effect.sync(resume))
  }
}

/** Sends a request through the gate, and waits for the head of its answer, or all of it. */
export const open = (
  guarded: GuardedUpstream["Service"],
  call: CallOptions,
  request: UpstreamRequest,
  options: PassOptions & { readonly started?: () => void } = {}
): Effect.Effect<UpstreamReply | StreamedAnswer, Unanswered, Scope.Scope> =>
  Effect.gen(function* () {
    const opened = Deferred.makeUnsafe<UpstreamReply | StreamedAnswer, Unanswered>()
    const ended = Deferred.makeUnsafe<void>()
    const source = reading<Unanswered>(() => passing.resume())
    const { body } = source
    const end = () => Deferred.doneUnsafe(ended, Effect.void)
    const leave = Effect.andThen(
      Effect.sync(() => passing.abandon()),
      Deferred.await(ended)
    )
    const caller: Caller = {
      onAttempt: options.started ?? (() => {}),
      onReply: (reply) => void (Deferred.doneUnsafe(opened, Effect.succeed(reply)), end()),
      onHead: (head) =>
        void Deferred.doneUnsafe(
          opened,
          Effect.succeed({ ...head, body: Stream.ensuring(body, leave), ended: Deferred.await(ended) })
        ),
      onPart: (part) => (source.add(part), false),
      onEnd: () => void (source.end(), end()),
      onFailure: (cause) => void (Deferred.doneUnsafe(opened, Effect.failCause(cause)), source.fail(cause), end())
    }
    const passing: Passing = guarded.pass(call, request, options, caller)
    yield* Effect.addFinalizer(() => leave)
    return yield* Deferred.await(opened)
  })

/** Sends a request through the gate, and waits for the whole of its answer. */
export const send = (guarded: GuardedUpstream["Service"], call: CallOptions, request: UpstreamRequest) =>
  Effect.scoped(Effect.map(open(guarded, call, request, { whole: true }), (reply) => reply as UpstreamReply))

/** Sends a request to the endpoint, and waits for the head of its answer; its connection closes with the scope. */
export const openAt = (
  { exchange }: Upstream["Service"],
  request: UpstreamRequest
): Effect.Effect<UpstreamAnswer, UpstreamUnreachable, Scope.Scope> =>
  Effect.gen(function* () {
    const opened = Deferred.makeUnsafe<UpstreamAnswer, UpstreamUnreachable>()
    const source = reading<UpstreamUnreachable>(() => exchanged.resume())
    const listener: AnswerListener = {
      onHead: (head) => void Deferred.doneUnsafe(opened, Exit.succeed({ ...head, body: source.body })),
      onPart: (part) => (source.add(part), exchanged.pause()),
      onEnd: source.end,
      onFailure: (cause) => void (Deferred.doneUnsafe(opened, Effect.failCause(cause)), source.fail(cause))
    }
    const exchanged: Exchange = exchange(request, listener, { context: yield* Effect.context<never>() })
    yield* Effect.addFinalizer(() => Effect.sync(() => exchanged.abort()))
    exchanged.start()
    return yield* Deferred.await(opened)
  })

/** Reads an answer through a validator, and tells which of its parts count. */
export const validate = <E>(source: Stream.Stream<Uint8Array, E>, reader: StreamReader, usageIsOurs: boolean) => {
  const counted = new WeakSet<Uint8Array>()
  const body = Stream.unwrap(
    Effect.gen(function* () {
      const timers = yield* TimerQueue.make
      const parts = yield* Queue.unbounded<Uint8Array, E | TruncatedStream | NoAnswer | Cause.Done>()
      let over = false
      const validator = new StreamValidator(
        { reader, usageIsOurs, timers },
        {
          onPart: (part, counts) => {
            if (counts) counted.add(part)
            Queue.offerUnsafe(parts, part)
          },
          onVerdict: (failure) => {
            over = true
            if (failure === undefined) Queue.endUnsafe(parts)
            else Queue.failCauseUnsafe(parts, Cause.fail(failure))
          }
        }
      )
      const read = Stream.runForEach(
        Stream.takeUntil(source, (part) => {
          validator.onPart(part)
          return over
        }),
        () => Effect.void
      )
      yield* Effect.forkScoped(
        Effect.onExit(read, (exit) =>
          Effect.sync(() => {
            if (Exit.isSuccess(exit) || validator.isOver) validator.onEnd()
            else Queue.failCauseUnsafe(parts, exit.cause)
          })
        )
      )
      return Stream.fromQueue(parts)
    })
  )
  return { body, counts: (part: Uint8Array) => counted.has(part) }
}
