import { Effect, type Scope, Stream } from "effect"
import * as IncludeUsage from "./IncludeUsage.ts"
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

/** Opens an answer and leaves the request as it is. */
export const plain = (open: Open, request: UpstreamRequest) =>
  Effect.map(open(request), (answer): Asked => ({ answer, unasked: false }))

/** Whether an endpoint seems to say that it does not know the field. */
const refuses = ({ status }: UpstreamAnswer, body: Uint8Array): boolean =>
  (status === 400 || status === 422) && /stream_options|include_usage/.test(decoder.decode(body))

/**
 * Opens answers that tell their usage, without which a stream's tokens can only be guessed.
 *
 * An endpoint that refuses the question is asked again without it in the same attempt, and never asked again.
 */
export const make = (open: Open) => {
  let understood = true

  const withoutQuestion = Effect.fnUntraced(function* (request: UpstreamRequest, refusal: UpstreamAnswer) {
    const { body } = yield* whole(refusal)
    const reply: Asked = { answer: { ...refusal, body: Stream.succeed(body) }, unasked: false }
    if (!refuses(refusal, body)) return reply
    const second = yield* plain(open, request)
    if (second.answer.status !== refusal.status) understood = false
    return second
  })

  return (request: UpstreamRequest): Effect.Effect<Asked, UpstreamUnreachable, Scope.Scope> => {
    const [place] = request.path.split("?")
    const streamedChat = place === "/chat/completions" && request.body !== undefined
    const asked = understood && streamedChat ? IncludeUsage.asked(request.body) : undefined
    if (asked === undefined) return plain(open, request)
    return Effect.flatMap(open({ ...request, body: asked }), (answer) =>
      answer.status === 400 || answer.status === 422
        ? withoutQuestion(request, answer)
        : Effect.succeed({ answer, unasked: true })
    )
  }
}
