import { Deferred, Effect, Stream } from "effect"
import type { Now } from "../engine/Time.ts"
import type { Recorder } from "./Recorder.ts"
import type { Snapshot } from "./Snapshot.ts"

const minInterval = 100
const refreshInterval = 1_000

interface Seen {
  readonly version: number
  readonly at: number
  readonly moving: boolean
}

/** Streams snapshots to readers: at most ten a second, nothing without a reader, no buffer for a slow reader. */
export class Changes {
  private readonly recorder: Recorder
  private readonly now: Now
  private version = 0
  private changed: Deferred.Deferred<void> | undefined

  constructor(recorder: Recorder, now: Now) {
    this.recorder = recorder
    this.now = now
  }

  /** Wakes the readers: the stats have changed. */
  notify(): void {
    this.version++
    if (this.changed === undefined) return
    const { changed } = this
    this.changed = undefined
    Deferred.doneUnsafe(changed, Effect.void)
  }

  /** The current snapshot, then one after each change. Each is made when the reader pulls, so it is never stale. */
  readonly stream: Stream.Stream<Snapshot> = Stream.unfold<Seen | undefined, Snapshot, never, never>(
    undefined,
    (seen) => Effect.map(seen === undefined ? Effect.void : this.untilNext(seen), () => this.take())
  )

  private take(): readonly [Snapshot, Seen] {
    const { version } = this
    const snapshot = this.recorder.snapshot()
    return [snapshot, { version, at: this.now(), moving: isMoving(snapshot) }]
  }

  private untilNext(seen: Seen): Effect.Effect<void> {
    const change = Effect.suspend(() =>
      this.version === seen.version ? Deferred.await((this.changed ??= Deferred.makeUnsafe())) : Effect.void
    )
    // Completing a deferred runs its reader at once, which would be in the middle of a policy's step.
    const changed = Effect.andThen(change, Effect.yieldNow)
    return Effect.andThen(
      this.sleepUntil(seen.at + minInterval),
      seen.moving ? Effect.raceFirst(changed, this.sleepUntil(seen.at + refreshInterval)) : changed
    )
  }

  // A timer may fire a fraction early.
  private sleepUntil(moment: number): Effect.Effect<void> {
    return Effect.suspend(() => {
      const rest = moment - this.now()
      return rest > 0 ? Effect.andThen(Effect.sleep(Math.ceil(rest)), this.sleepUntil(moment)) : Effect.void
    })
  }
}

// Whether time alone changes values that people watch: waits, starts in the last second, an open circuit, health.
const isMoving = ({ health, queue, rate }: Snapshot): boolean =>
  queue.queueSize > 0 || (queue.predictedWaitMs ?? 0) > 0 || rate.startsLastSecond > 0 || health.status !== "healthy"
