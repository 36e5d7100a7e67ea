import { Effect, type Scope, Stream } from "effect"
import { Lru } from "../engine/Lru.ts"
import * as IncludeUsage from "./IncludeUsage.ts"
import * as JsonObject from "./JsonObject.ts"
import {
  type Upstream,
  type UpstreamAnswer,
  type UpstreamRequest,
  type UpstreamUnreachable,
  whole
} from "./Upstream.ts"

/** An answer, and whether it was asked to tell its usage although its caller did not want that. */
export interface Asked {
  readonly answer: UpstreamAnswer
  readonly unasked: boolean
}

type Open = Upstream["Service"]["open"]

const decoder = new TextDecoder()

// So many models that refuse the question are known by name, and so much of a name.
const mostModels = 100
const longestName = 200

/** The model that a request names, as it stands there. */
const modelOf = (body: Uint8Array): string => {
  const model = JsonObject.of(body)?.members.findLast(({ name }) => name === "model")
  return model === undefined
    ? ""
    : decoder.decode(body.subarray(model.from, Math.min(model.to, model.from + longestName)))
}

/** Opens an answer and leaves the request as it is. */
export const plain = (open: Open, request: UpstreamRequest) =>
  Effect.map(open(request), (answer): Asked => ({ answer, unasked: false }))

/** Whether a model seems to say that it does not know the field. */
const refuses = ({ status }: UpstreamAnswer, body: Uint8Array): boolean =>
  (status === 400 || status === 422) && /stream_options|include_usage/.test(decoder.decode(body))

/**
 * Opens answers that tell their usage, without which a stream's tokens can only be guessed.
 *
 * A model that refuses the question is asked again without it in the same attempt, and never asked it again, as long as it
 * is among the last hundred.
 */
export const make = (open: Open) => {
  const refusing = new Lru<string, true>(mostModels)

  const withoutQuestion = Effect.fnUntraced(function* (
    request: UpstreamRequest,
    json: Uint8Array,
    refusal: UpstreamAnswer
  ) {
    const { body } = yield* whole(refusal)
    const reply: Asked = { answer: { ...refusal, body: Stream.succeed(body) }, unasked: false }
    if (!refuses(refusal, body)) return reply
    const second = yield* plain(open, request)
    if (second.answer.status !== refusal.status) refusing.set(modelOf(json), true)
    return second
  })

  return (request: UpstreamRequest): Effect.Effect<Asked, UpstreamUnreachable, Scope.Scope> => {
    const { body: json, path } = request
    if (path.split("?")[0] !== "/chat/completions" || json === undefined) return plain(open, request)
    const understood = refusing.size === 0 || refusing.get(modelOf(json)) === undefined
    const asked = understood ? IncludeUsage.asked(json) : undefined
    if (asked === undefined) return plain(open, request)
    return Effect.flatMap(open({ ...request, body: asked }), (answer) =>
      answer.status === 400 || answer.status === 422
        ? withoutQuestion(request, json, answer)
        : Effect.succeed({ answer, unasked: true })
    )
  }
}
