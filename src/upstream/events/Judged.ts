import { Cause, Effect, Pull, Stream } from "effect"
import { UnfinishedAnswer } from "../UnfinishedAnswer.ts"
import { Batch } from "./Batch.ts"
import type { Reading } from "./Reading.ts"
import { Splitter } from "./Splitter.ts"

// How long the connection of an answer that is over is given to say so: it serves again only if it was read to its end.
const patience = "250 millis"
// And how many reads.
const longestTail = 16

// What is held of a first event that does not end.
const longestFirst = 64 * 2 ** 20
const endless = "The model wrote more than 64 MiB without a whole event."

/** An answer of whole events, and whether some of its bytes hold one. */
export interface Judged<E> {
  readonly body: Stream.Stream<Uint8Array, E | UnfinishedAnswer>
  readonly counts: (part: Uint8Array) => boolean
}

/**
 * Hands on whole events only, byte for byte, and fails unless the answer comes to the end that its protocol demands.
 *
 * Of an event that is too long to be kept, bits are handed on once another has been whole, and count for nothing until it
 * is. The last event is held back until the connection has ended too, so that a reader who leaves with it has had the whole
 * answer. With `withoutUsage` an event that is there for its usage alone is left out.
 */
export const judged = <E>(source: Stream.Stream<Uint8Array, E>, reading: Reading, withoutUsage: boolean): Judged<E> => {
  const batch = new Batch()
  const body = Stream.transformPull(source, (pull) =>
    Effect.sync(() => {
      type Next = Pull.Pull<readonly [Uint8Array], E | UnfinishedAnswer>
      const splitter = new Splitter()
      let ended = false

      const take = (parts: ReadonlyArray<Uint8Array>): void => {
        for (const part of parts) {
          for (const piece of splitter.push(part)) {
            const forUsage = piece.event !== undefined && reading.hear(piece.event)
            if (!forUsage || !withoutUsage) batch.add(piece)
          }
        }
      }

      const handOn = Effect.sync(() => [batch.take()] as const)

      const verdict = Effect.suspend((): Next =>
        reading.complete && !reading.failed ? Cause.done() : Effect.fail(new UnfinishedAnswer({ told: reading.failed }))
      )

      const atEnd = Effect.suspend((): Next => {
        ended = true
        const { rest } = splitter
        if (rest?.event !== undefined) reading.hear(rest.event)
        if (rest !== undefined) batch.add(rest)
        batch.release()
        const whole = reading.complete || reading.failed
        return batch.size > 0 && whole ? handOn : verdict
      })

      /** Adds what still comes, be it a failure of the connection, which takes nothing away from the answer. */
      const withTail = Effect.suspend((): Next => {
        const more: Effect.Effect<void, unknown> = Effect.flatMap(pull, (parts) => {
          take(parts)
          return batch.size < longestTail ? more : Effect.void
        })
        return Effect.flatMap(Effect.timeoutOption(Effect.exit(more), patience), () => {
          ended = true
          return handOn
        })
      })

      const next: Next = Effect.suspend(() =>
        ended
          ? verdict
          : Pull.matchEffect(pull, {
              onSuccess: (parts) => {
                take(parts)
                if (batch.held > longestFirst) return Effect.fail(new UnfinishedAnswer({ told: false, why: endless }))
                if (reading.over) return withTail
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
