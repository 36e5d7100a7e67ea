import { Duration, Effect, Layer } from "effect"
import * as Json from "./Json.ts"
import type { ModelError } from "./ModelError.ts"
import { SimulatedModel } from "./SimulatedModel.ts"
import { Upstream, type UpstreamReply, type UpstreamRequest } from "./Upstream.ts"

const encoder = new TextEncoder()

const reply = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): UpstreamReply => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: encoder.encode(JSON.stringify(value))
})

const failed = (error: ModelError): UpstreamReply => {
  if (error.retryAfter === undefined) return reply(error.status, error.body)
  const millis = Math.ceil(Duration.toMillis(error.retryAfter))
  return reply(error.status, error.body, {
    "retry-after": String(Math.ceil(millis / 1000)),
    "retry-after-ms": String(millis)
  })
}

const notFound = reply(404, {
  error: {
    message: "The simulated model does not know this path.",
    type: "invalid_request_error",
    param: null,
    code: null
  }
})

/** Lets the simulated model answer as an endpoint over HTTP would. */
export const layer: Layer.Layer<Upstream, never, SimulatedModel> = Layer.effect(
  Upstream,
  Effect.gen(function* () {
    const simulated = yield* SimulatedModel

    const posts = new Map<string, (body: unknown) => Effect.Effect<unknown, ModelError>>([
      ["/chat/completions", simulated.complete],
      ["/completions", simulated.completeText],
      ["/embeddings", simulated.embeddings],
      ["/responses", simulated.respond]
    ])

    const answer = ({ body, method, path }: UpstreamRequest): Effect.Effect<UpstreamReply, ModelError> => {
      const [place = ""] = path.split("?")
      const serve = method === "POST" ? posts.get(place) : undefined
      if (serve !== undefined) return Effect.map(serve(body && Json.parse(body)), (value) => reply(200, value))
      if (method === "GET" && place === "/models") return Effect.succeed(reply(200, simulated.models))
      if (method === "GET" && place.startsWith("/models/")) {
        const id = decodeURIComponent(place.slice("/models/".length))
        return Effect.map(simulated.model(id), (value) => reply(200, value))
      }
      return Effect.succeed(notFound)
    }

    return { send: (request) => Effect.catch(answer(request), (error) => Effect.succeed(failed(error))) }
  })
)
