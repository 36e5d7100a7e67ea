import { Cause, Data, Effect, Pull, Stream } from "effect"
import type { ReportedError } from "../ReportedError.ts"
import { TruncatedStream } from "../TruncatedStream.ts"
import { SseBuffer } from "./SseBuffer.ts"
import type { StreamReader } from "./StreamReader.ts"
import { type Piece, SseSplitter } from "./SseSplitter.ts"

// How long the connection of an answer that is over is given to say so: it serves again only if it was read to its end.
const patience = "250 millis"
// And how many reads.
const longestTail = 16

// What is held of a first event that does not end.
const longestFirst = 64 * 2 ** 20
const endless = "The model wrote more than 64 MiB without a whole event."

/** An answer that reported an error, or ended, in place of its first event; none of these bytes was handed on. */
export class NoAnswer extends Data.TaggedError("NoAnswer")<{
  readonly bytes: Uint8Array
  /** `undefined` if the answer has come to its end with nothing in it. */
  readonly reported: ReportedError | undefined
}> {}

/** An answer of whole events, and whether some of its bytes hold one. */
export interface ValidatedStream<E> {
  readonly body: Stream.Stream<Uint8Array, E | TruncatedStream | NoAnswer>
  readonly counts: (part: Uint8Array) => boolean
}

/** Takes what an answer's events say, and gathers the pieces that are handed on. */
class Intake {
  readonly batch = new SseBuffer()
  readonly #splitter = new SseSplitter()
  readonly #reader: StreamReader
  readonly #usageIsOurs: boolean
  reported: ReportedError | undefined

  constructor(reader: StreamReader, usageIsOurs: boolean) {
    this.#reader = reader
    this.#usageIsOurs = usageIsOurs
  }

  take(parts: ReadonlyArray<Uint8Array>): void {
    for (const part of parts) for (const piece of this.#splitter.push(part)) this.#add(piece)
  }

  /** Takes what is left when the connection has ended. */
  takeRest(): void {
    const { rest } = this.#splitter
    if (rest !== undefined) this.#add(rest)
    this.batch.release()
  }

  /** Whether there is an error, or an end, in place of an answer; what was asked for us must not be why. */
  get isNoAnswer(): boolean {
    const { begun, terminated } = this.#reader
    return !begun && (this.reported !== undefined || (terminated && this.#usageIsOurs))
  }

  #add(piece: Piece): void {
    const { event } = piece
    if (event === undefined) return this.batch.add(piece)
    // Empty data tells its reader no more than a comment.
    if (event.data.trim() === "") return this.batch.add({ ...piece, kind: "comment" })
    const isWhole = this.#reader.complete
    const purpose = this.#reader.onEvent(event)
    // After the answer, only the usage can have failed.
    if (this.#usageIsOurs && (purpose === "usage" || (purpose === "error" && isWhole))) return
    if (purpose === "comment") return this.batch.add({ ...piece, kind: "comment" })
    if (purpose === "error") this.reported ??= this.#reader.reported
    this.batch.add(piece, purpose !== "error")
  }
}

/**
 * Hands on whole events only, byte for byte, and fails unless the answer comes to the end that its protocol demands.
 *
 * Of an event that is too long to be kept, bits are handed on once another has been whole, and count for nothing until it
 * is. The last event is held back until the connection has ended too, so that a reader who leaves with it has had the whole
 * answer. An error in place of the first event is not handed on, but failed with. If `usageIsOurs`, an event that is there
 * for its usage alone is left out.
 */
export const validate = <E>(
  source: Stream.Stream<Uint8Array, E>,
  reader: StreamReader,
  usageIsOurs: boolean
): ValidatedStream<E> => {
  const intake = new Intake(reader, usageIsOurs)
  const { batch } = intake
  const body = Stream.transformPull(source, (pull) =>
    Effect.sync(() => {
      type Next = Pull.Pull<readonly [Uint8Array], E | TruncatedStream | NoAnswer>
      let ended = false

      const handOn = Effect.sync(() => [batch.take()] as const)

      const verdict = Effect.suspend((): Next => {
        const { reported } = intake
        return reader.complete && reported === undefined ? Cause.done() : Effect.fail(new TruncatedStream({ reported }))
      })

      const noAnswer = Effect.suspend((): Next => {
        batch.release()
        return Effect.fail(new NoAnswer({ bytes: batch.take(), reported: intake.reported }))
      })

      const atEnd = Effect.suspend((): Next => {
        ended = true
        intake.takeRest()
        if (intake.isNoAnswer) return noAnswer
        const whole = reader.complete || intake.reported !== undefined
        return batch.size > 0 && whole ? handOn : verdict
      })

      /** Adds what still comes, be it a failure of the connection, which takes nothing away from the answer. */
      const tail = Effect.suspend(() => {
        const more: Effect.Effect<void, unknown> = Effect.flatMap(pull, (parts) => {
          intake.take(parts)
          return batch.size < longestTail ? more : Effect.void
        })
        return Effect.andThen(
          Effect.timeoutOption(Effect.exit(more), patience),
          Effect.sync(() => {
            ended = true
          })
        )
      })

      const next: Next = Effect.suspend(() =>
        ended
          ? verdict
          : Pull.matchEffect(pull, {
              onSuccess: (parts) => {
                intake.take(parts)
                if (batch.held > longestFirst) return Effect.fail(new TruncatedStream({ why: endless }))
                if (intake.isNoAnswer) return Effect.andThen(tail, noAnswer)
                if (reader.terminated) return Effect.andThen(tail, handOn)
                return batch.size === 0 ? next : handOn
              },
              onFailure: Effect.failCause,
              onDone: () => atEnd
            })
      )
      return next
    })
  )
  return { body, counts: (part) => batch.hasEvent(part) }
}
