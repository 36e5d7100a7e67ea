import { Cause, Effect, Pull, Stream } from "effect"
import { UnfinishedAnswer } from "../UnfinishedAnswer.ts"
import type { Reading } from "./Reading.ts"
import { Splitter } from "./Splitter.ts"

// How long the connection of an answer that is over is given to say so: it serves again only if it was read to its end.
const patience = "250 millis"
// And how many reads.
const longestTail = 16

const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array => (parts.length === 1 ? parts[0]! : Buffer.concat(parts))

/**
 * Hands on whole events only, byte for byte, and fails unless the answer comes to the end that its protocol demands.
 *
 * The last event is held back until the connection has ended too, so that a reader who leaves with it has had the whole
 * answer. With `withoutUsage` an event that is there for its usage alone is left out.
 */
export const judged = <E>(
  body: Stream.Stream<Uint8Array, E>,
  reading: Reading,
  withoutUsage: boolean
): Stream.Stream<Uint8Array, E | UnfinishedAnswer> =>
  Stream.transformPull(body, (pull) =>
    Effect.sync(() => {
      type Next = Pull.Pull<readonly [Uint8Array], E | UnfinishedAnswer>
      const splitter = new Splitter()
      let ended = false

      const take = (parts: ReadonlyArray<Uint8Array>): Array<Uint8Array> => {
        const kept: Array<Uint8Array> = []
        for (const part of parts) {
          for (const { bytes, event } of splitter.push(part)) {
            const forUsage = event !== undefined && reading.hear(event)
            if (!forUsage || !withoutUsage) kept.push(bytes)
          }
        }
        return kept
      }

      const verdict = Effect.suspend((): Next =>
        reading.complete && !reading.failed ? Cause.done() : Effect.fail(new UnfinishedAnswer({ told: reading.failed }))
      )

      const atEnd = Effect.suspend((): Next => {
        ended = true
        const { rest } = splitter
        if (rest?.event !== undefined) reading.hear(rest.event)
        const whole = reading.complete || reading.failed
        return rest !== undefined && whole ? Effect.succeed([rest.bytes] as const) : verdict
      })

      /** Adds what still comes, be it a failure of the connection, which takes nothing away from the answer. */
      const withTail = (kept: Array<Uint8Array>): Next => {
        const more: Effect.Effect<void, unknown> = Effect.flatMap(pull, (parts) => {
          kept.push(...take(parts))
          return kept.length < longestTail ? more : Effect.void
        })
        return Effect.map(Effect.timeoutOption(Effect.exit(more), patience), () => {
          ended = true
          return [joined(kept)] as const
        })
      }

      const next: Next = Effect.suspend(() =>
        ended
          ? verdict
          : Pull.matchEffect(pull, {
              onSuccess: (parts) => {
                const kept = take(parts)
                if (reading.over) return withTail(kept)
                return kept.length === 0 ? next : Effect.succeed([joined(kept)] as const)
              },
              onFailure: Effect.failCause,
              onDone: () => atEnd
            })
      )
      return next
    })
  )
