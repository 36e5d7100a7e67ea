import { Deferred, Effect, Schedule, Stream } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import type { Snapshot } from "../stats/Snapshot.ts"
import { Draining } from "../Drain.ts"
import { Stats } from "../Stats.ts"

const headers = { "cache-control": "no-cache", "x-accel-buffering": "no" }

// Browsers come back after so many milliseconds.
const greeting = "retry: 2000\n\n"

const frame = (snapshot: Snapshot): string => `data: ${JSON.stringify(snapshot)}\n\n`

// A reader that is gone shows only when it is written to, and proxies cut what is silent.
const heartbeat = Stream.fromSchedule(Schedule.spaced("15 seconds")).pipe(Stream.map(() => ": still here\n\n"))

/** Serves the figures, once or as they change. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const { changes, snapshot } = yield* Stats
    const draining = yield* Draining
    const closed = yield* Deferred.make<void>()
    // A reader of figures must not hold the end up.
    yield* draining.onEnd(() => Deferred.doneUnsafe(closed, Effect.void))

    const frames = Stream.succeed(greeting).pipe(
      Stream.concat(Stream.merge(Stream.map(changes, frame), heartbeat)),
      Stream.interruptWhen(Deferred.await(closed)),
      Stream.encodeText
    )

    yield* router.add(
      "GET",
      "/stats",
      Effect.map(snapshot, (figures) =>
        HttpServerResponse.jsonUnsafe(figures, { headers: { "cache-control": "no-store" } })
      )
    )
    yield* router.add(
      "GET",
      "/stats/stream",
      HttpServerResponse.stream(frames, { contentType: "text/event-stream; charset=utf-8", headers })
    )
  })
)
