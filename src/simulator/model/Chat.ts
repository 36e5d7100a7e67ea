import { Effect, Stream } from "effect"
import type { Begin } from "./Begun.ts"
import { chunksOf } from "./ChatChunk.ts"
import * as ChatReply from "./ChatReply.ts"
import * as ChatRequest from "./ChatRequest.ts"
import type { Settings } from "./Options.ts"
import * as Parts from "./Parts.ts"
import * as Reply from "./Reply.ts"
import * as Tokens from "./Tokens.ts"
import * as Usage from "./Usage.ts"

/** Answers chat requests, whole or in parts. */
export const make = (settings: Settings, begin: Begin) => {
  const start = Effect.fnUntraced(function* (body: unknown, streamed: boolean) {
    const request = yield* ChatRequest.decode(body)
    const { model } = request
    const replies = yield* Reply.make(settings, request)
    const prompt = Tokens.ofPrompt(request)
    const tokens = Reply.longestOf(replies)
    const begun = yield* begin({ model, prompt, tokens, width: replies.length, streamed })
    return { request, replies, tokens, usage: Usage.of(prompt, replies), head: { ...begun, model }, ...begun }
  })

  const complete = Effect.fn("SimulatedModel.complete")(function* (body: unknown) {
    const { generation, head, replies, tokens, usage } = yield* start(body, false)
    yield* generation.produced(tokens)
    return ChatReply.make(head, replies, usage)
  }, Effect.scoped)

  const stream = (body: unknown) =>
    start(body, true).pipe(
      Effect.map(({ generation, head, replies, request, tokens, usage }) => {
        const asked = request.stream_options?.include_usage === true
        return Parts.stream(generation, tokens, chunksOf(head, replies, asked ? usage : undefined))
      }),
      Stream.unwrap
    )

  return { complete, stream }
}
