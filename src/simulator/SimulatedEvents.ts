import { Effect, type Scope, Stream } from "effect"
import type { ModelError } from "../ai/ModelError.ts"
import * as MessagesError from "../upstream/MessagesError.ts"
import * as ServerSent from "../upstream/ServerSent.ts"
import type { SimulatedModel } from "./SimulatedModel.ts"
import type { UpstreamAnswer } from "../upstream/Upstream.ts"

export type Events = (body: unknown) => Effect.Effect<UpstreamAnswer, ModelError, Scope.Scope>

const encoder = new TextEncoder()

/** Answers with the parts as events; a failure before the first is an answer of its own status, a later one the last event. */
const answer = Effect.fnUntraced(function* <A>(
  parts: Stream.Stream<A, ModelError>,
  eventOf: (part: A) => string,
  end: string,
  failed: (error: ModelError) => string
) {
  const pull = yield* Stream.toPull(Stream.map(parts, eventOf))
  const first = yield* Effect.catchTag(pull, "Done", () => Effect.succeed(undefined))
  const events: Stream.Stream<string, ModelError> =
    first === undefined
      ? Stream.empty
      : Stream.concat(Stream.fromArray(first), Stream.fromPull(Effect.succeed(pull))).pipe(
          Stream.concat(Stream.fromIterable(end === "" ? [] : [end]))
        )
  const body = events.pipe(
    Stream.catch((error) => Stream.succeed(failed(error))),
    Stream.map((event) => encoder.encode(event))
  )
  return { status: 200, headers: { "content-type": `${ServerSent.mediaType}; charset=utf-8` }, body }
})

const chatFailed = (error: ModelError) => ServerSent.event(error.body)

const responseFailed = ({ code, message, param }: ModelError) =>
  ServerSent.event({ type: "error", code, message, param }, "error")

const messageFailed = (error: ModelError) => ServerSent.event(MessagesError.bodyOf(error, undefined), "error")

/** The paths on which the simulated model streams, and how it does so on each. */
export const make = ({
  stream,
  streamMessage,
  streamResponse,
  streamText
}: SimulatedModel["Service"]): ReadonlyMap<string, Events> =>
  new Map<string, Events>([
    [
      "/chat/completions",
      (body) => answer(stream(body), (part) => ServerSent.event(part), ServerSent.done, chatFailed)
    ],
    ["/completions", (body) => answer(streamText(body), (part) => ServerSent.event(part), ServerSent.done, chatFailed)],
    [
      "/responses",
      (body) => answer(streamResponse(body), (one) => ServerSent.event(one, one.type), "", responseFailed)
    ],
    ["/messages", (body) => answer(streamMessage(body), (one) => ServerSent.event(one, one.type), "", messageFailed)]
  ])
