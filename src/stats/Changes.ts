import { Deferred, Effect, Stream } from "effect"
import type { Snapshot } from "./Snapshot.ts"
import type { Now } from "../engine/Time.ts"
import type { Recorder } from "./Recorder.ts"

const interval = 100
const refresh = 1_000

interface Seen {
  readonly version: number
  readonly at: number
  readonly moving: boolean
}

/** Tells readers of new figures. It does nothing while nobody reads, and keeps nothing for a slow reader. */
export class Changes {
  private readonly ledger: Recorder
  private readonly now: Now
  private version = 0
  private changed: Deferred.Deferred<void> | undefined

  constructor(ledger: Recorder, now: Now) {
    this.ledger = ledger
    this.now = now
  }

  /** Says that the figures have changed. */
  notify(): void {
    this.version++
    if (this.changed === undefined) return
    const { changed } = this
    this.changed = undefined
    Deferred.doneUnsafe(changed, Effect.void)
  }

  /** The present figures, then those after each change; the reader's pull makes each, so that it is never old. */
  readonly stream: Stream.Stream<Snapshot> = Stream.unfold<Seen | undefined, Snapshot, never, never>(
    undefined,
    (seen) => Effect.map(seen === undefined ? Effect.void : this.next(seen), () => this.take())
  )

  private take(): readonly [Snapshot, Seen] {
    const { version } = this
    const snapshot = this.ledger.snapshot()
    return [snapshot, { version, at: this.now(), moving: isMoving(snapshot) }]
  }

  private next(seen: Seen): Effect.Effect<void> {
    const change = Effect.suspend(() =>
      this.version === seen.version ? Deferred.await((this.changed ??= Deferred.makeUnsafe())) : Effect.void
    )
    // Completing a deferred runs its reader on the spot, which would be in the midst of a policy's step.
    const changed = Effect.andThen(change, Effect.yieldNow)
    return Effect.andThen(
      this.until(seen.at + interval),
      seen.moving ? Effect.raceFirst(changed, this.until(seen.at + refresh)) : changed
    )
  }

  // A timer may fire a fraction early.
  private until(moment: number): Effect.Effect<void> {
    return Effect.suspend(() => {
      const rest = moment - this.now()
      return rest > 0 ? Effect.andThen(Effect.sleep(Math.ceil(rest)), this.until(moment)) : Effect.void
    })
  }
}

// Figures that time alone changes, and that people watch: waits, the starts of the last second, an open circuit, health.
const isMoving = ({ health, queue, rate }: Snapshot): boolean =>
  queue.queueSize > 0 || (queue.predictedWaitMs ?? 0) > 0 || rate.startsLastSecond > 0 || health.status !== "healthy"
