import { Duration, Effect, Option } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import * as Advice from "../advice/Advice.ts"
import { Stats } from "../Stats.ts"
import { invalidRequest } from "./GatewayError.ts"
import { queryOf, type RequestHead } from "./RequestHead.ts"

/** The settings that advice may name; it leaves out the values of those that are not given. */
export interface Options extends Omit<Advice.Settings, "requestTimeout"> {
  readonly requestTimeout?: Duration.Input | undefined
}

const millis = (input: Duration.Input | undefined): number | undefined =>
  input === undefined ? undefined : Option.getOrUndefined(Option.map(Duration.fromInput(input), Duration.toMillis))

const headers = { "cache-control": "no-store", vary: "accept" }

// Of two types in `accept` the first counts; weights are ignored.
const formatOf = (request: RequestHead): string =>
  queryOf(request).get("format")?.toLowerCase() ??
  (/^[^,]*text\/plain/.test(request.headers["accept"] ?? "") ? "text" : "json")

const notFormat = invalidRequest("format", "`format` takes `json` or `text`.")

/** Serves the targets of health and what to change, as JSON or as text. */
export const layer = (options: Options = {}) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const { advisors, recent, snapshot, targets } = yield* Stats
      const settings = { ...options, requestTimeout: millis(options.requestTimeout) }
      const advice = Effect.map(Effect.all({ advisors, recent, snapshot, targets }), (figures) =>
        Advice.from({ ...figures, settings })
      )
      const formats = new Map([
        ["json", (found: Advice.Advice) => HttpServerResponse.jsonUnsafe(found, { headers })],
        ["text", (found: Advice.Advice) => HttpServerResponse.text(Advice.text(found), { headers })]
      ])
      yield* router.add("GET", "/advice", (request) => {
        const format = formats.get(formatOf(request))
        return format === undefined ? Effect.fail(notFormat) : Effect.map(advice, format)
      })
    })
  )
