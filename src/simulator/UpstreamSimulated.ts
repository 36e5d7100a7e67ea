import { Duration, Effect, Layer, Predicate, type Scope, Stream } from "effect"
import * as Json from "../upstream/Json.ts"
import * as MessagesError from "../upstream/MessagesError.ts"
import type { ModelError } from "../ai/ModelError.ts"
import * as SimulatedEvents from "./SimulatedEvents.ts"
import { SimulatedModel } from "./SimulatedModel.ts"
import { Upstream, type UpstreamAnswer, type UpstreamRequest } from "../upstream/Upstream.ts"

const encoder = new TextEncoder()

const reply = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): UpstreamAnswer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: Stream.sync(() => encoder.encode(JSON.stringify(value)))
})

const failed = (error: ModelError, path: string): UpstreamAnswer => {
  const body = path.startsWith("/messages") ? MessagesError.bodyOf(error, undefined) : error.body
  if (error.retryAfter === undefined) return reply(error.status, body)
  const millis = Math.ceil(Duration.toMillis(error.retryAfter))
  return reply(error.status, body, {
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
      ["/responses", simulated.respond],
      ["/messages", simulated.message],
      ["/messages/count_tokens", simulated.countTokens]
    ])
    const streams = SimulatedEvents.make(simulated)

    const answer = ({
      body,
      method,
      path
    }: UpstreamRequest): Effect.Effect<UpstreamAnswer, ModelError, Scope.Scope> => {
      const [place = ""] = path.split("?")
      if (method === "POST") {
        const value = body && Json.parse(body)
        const stream = Predicate.hasProperty(value, "stream") && value.stream === true ? streams.get(place) : undefined
        if (stream !== undefined) return stream(value)
        const serve = posts.get(place)
        return serve === undefined ? Effect.succeed(notFound) : Effect.map(serve(value), (value) => reply(200, value))
      }
      if (place === "/models") return Effect.succeed(reply(200, simulated.models))
      if (!place.startsWith("/models/")) return Effect.succeed(notFound)
      const id = decodeURIComponent(place.slice("/models/".length))
      return Effect.map(simulated.model(id), (value) => reply(200, value))
    }

    return Upstream.opening((request) =>
      Effect.catch(answer(request), (error) => Effect.succeed(failed(error, request.path)))
    )
  })
)
