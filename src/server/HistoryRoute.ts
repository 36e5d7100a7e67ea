import { Effect } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { after } from "../stats/History.ts"
import { Stats } from "../Stats.ts"
import { invalidRequest } from "./GatewayError.ts"

const headers = { "cache-control": "no-store" }

const notTime = invalidRequest("since", "`since` takes milliseconds since 1970: the last `time` that you have.")

// A reader that has the rest asks only for what is new.
const since = (url: string): number | undefined => {
  const text = new URLSearchParams(url.split("?", 2)[1] ?? "").get("since") ?? "0"
  return /^\d{1,16}$/.test(text) ? Number(text) : undefined
}

/** Serves the last hour, for charts, and the last calls. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const { history, recentCalls } = yield* Stats
    yield* router.add(
      "GET",
      "/stats/recent",
      Effect.map(recentCalls, (calls) => HttpServerResponse.jsonUnsafe(calls, { headers }))
    )
    yield* router.add("GET", "/stats/history", (request) => {
      const moment = since(request.url)
      return moment === undefined
        ? Effect.fail(notTime)
        : Effect.map(history, (all) => HttpServerResponse.jsonUnsafe(after(all, moment), { headers }))
    })
  })
)
