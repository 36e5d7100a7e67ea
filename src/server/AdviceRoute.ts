import { Duration, Effect, Option } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import * as Advice from "../advice/Advice.ts"
import { Stats } from "../Stats.ts"

/** The settings that advice may speak of; what is left out is not known to it. */
export interface Options extends Omit<Advice.Settings, "requestTimeout"> {
  readonly requestTimeout?: Duration.Input | undefined
}

const millis = (input: Duration.Input | undefined): number | undefined =>
  input === undefined ? undefined : Option.getOrUndefined(Option.map(Duration.fromInput(input), Duration.toMillis))

const headers = { "cache-control": "no-store", vary: "accept" }

// Of two types in `accept` the first counts; weights are ignored.
const wantsText = ({ headers, url }: HttpServerRequest.HttpServerRequest): boolean => {
  const format = new URLSearchParams(url.split("?", 2)[1] ?? "").get("format")
  if (format !== null) return format === "text"
  return /^[^,]*text\/plain/.test(headers["accept"] ?? "")
}

/** Serves the targets of health and what to change, as JSON or as text. */
export const layer = (options: Options = {}) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const { advisors, recent, snapshot, targets } = yield* Stats
      const settings = { ...options, requestTimeout: millis(options.requestTimeout) }
      const advice = Effect.map(Effect.all({ advisors, recent, snapshot, targets }), (figures) =>
        Advice.from({ ...figures, settings })
      )
      yield* router.add("GET", "/advice", (request) =>
        Effect.map(advice, (found) =>
          wantsText(request)
            ? HttpServerResponse.text(Advice.text(found), { headers })
            : HttpServerResponse.jsonUnsafe(found, { headers })
        )
      )
    })
  )
