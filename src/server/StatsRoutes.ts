import { Deferred, Effect, Schedule, Stream } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { Draining } from "../Drain.ts"
import { after } from "../stats/History.ts"
import type { Snapshot } from "../stats/Snapshot.ts"
import * as Cluster from "../shared/Cluster.ts"
import { Stats } from "../Stats.ts"
import { invalidRequest } from "./GatewayError.ts"
import { queryOf, type RequestHead } from "./RequestHead.ts"

const notScope = invalidRequest("scope", "`scope` takes `replica` or `cluster`.")

const notTime = invalidRequest("since", "`since` takes milliseconds since 1970: the last `time` that you have.")

// A reader that has the older points asks for the new ones only.
const sinceOf = (request: RequestHead): number | undefined => {
  const text = queryOf(request).get("since") ?? "0"
  return /^\d{1,16}$/.test(text) ? Number(text) : undefined
}

const json = (body: object) => HttpServerResponse.jsonUnsafe(body, { headers: { "cache-control": "no-store" } })

const streaming = { "cache-control": "no-cache", "x-accel-buffering": "no" }

// Browsers reconnect after so many milliseconds.
const greeting = "retry: 2000\n\n"

const frame = (snapshot: Snapshot): string => `data: ${JSON.stringify(snapshot)}\n\n`

// Only a write shows that a reader has disconnected, and proxies close silent connections.
const heartbeat = Stream.fromSchedule(Schedule.spaced("15 seconds")).pipe(Stream.map(() => ": still here\n\n"))

/** Serves the stats, once or as they change, the last hour for charts, and the last calls. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const { changes, history, recentCalls, snapshot } = yield* Stats
    const draining = yield* Draining
    const closed = yield* Deferred.make<void>()
    // Readers of stats must not delay the shutdown.
    yield* draining.onEnd(() => Deferred.doneUnsafe(closed, Effect.void))

    const frames = Stream.succeed(greeting).pipe(
      Stream.concat(Stream.merge(Stream.map(changes, frame), heartbeat)),
      Stream.interruptWhen(Deferred.await(closed)),
      Stream.encodeText
    )

    // Requests do not have the store in their context.
    const cluster = Effect.provideContext(Cluster.snapshot, yield* Effect.context<Stats>())
    const scopes = new Map<string | null, Effect.Effect<object>>([
      [null, snapshot],
      ["replica", snapshot],
      ["cluster", cluster]
    ])

    yield* router.add("GET", "/stats", (request) => {
      const figures = scopes.get(queryOf(request).get("scope"))
      return figures === undefined ? Effect.fail(notScope) : Effect.map(figures, json)
    })
    yield* router.add("GET", "/stats/recent", Effect.map(recentCalls, json))
    yield* router.add("GET", "/stats/history", (request) => {
      const since = sinceOf(request)
      return since === undefined ? Effect.fail(notTime) : Effect.map(history, (all) => json(after(all, since)))
    })
    yield* router.add(
      "GET",
      "/stats/stream",
      HttpServerResponse.stream(frames, { contentType: "text/event-stream; charset=utf-8", headers: streaming })
    )
  })
)
