import { Deferred, Effect, Schedule, Stream } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import type { Snapshot } from "../stats/Snapshot.ts"
import { Draining } from "../Drain.ts"
import * as Cluster from "../shared/Cluster.ts"
import { Stats } from "../Stats.ts"
import { invalidRequest } from "./GatewayError.ts"

const notScope = invalidRequest("scope", "`scope` takes `replica` or `cluster`.")

const queryOf = (url: string) => new URLSearchParams(url.split("?", 2)[1] ?? "")

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

    // The store is known only here, where it is in the context.
    const cluster = Effect.provideContext(Cluster.snapshot, yield* Effect.context<Stats>())
    const scopes = new Map<string | null, Effect.Effect<object>>([
      [null, snapshot],
      ["replica", snapshot],
      ["cluster", cluster]
    ])

    yield* router.add("GET", "/stats", (request) => {
      const figures = scopes.get(queryOf(request.url).get("scope"))
      return figures === undefined
        ? Effect.fail(notScope)
        : Effect.map(figures, (body) =>
            HttpServerResponse.jsonUnsafe(body, { headers: { "cache-control": "no-store" } })
          )
    })
    yield* router.add(
      "GET",
      "/stats/stream",
      HttpServerResponse.stream(frames, { contentType: "text/event-stream; charset=utf-8", headers })
    )
  })
)
