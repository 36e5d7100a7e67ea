import { Effect, Stream } from "effect"
import type { Begin } from "./Begun.ts"
import type { Settings } from "./Options.ts"
import * as Parts from "./Parts.ts"
import * as Reply from "./Reply.ts"
import * as TextReply from "./TextReply.ts"
import * as TextRequest from "./TextRequest.ts"
import * as Tokens from "./Tokens.ts"
import * as Usage from "./Usage.ts"

/** Continues prompts, whole or in parts. */
export const make = (settings: Settings, begin: Begin) => {
  const start = Effect.fnUntraced(function* (body: unknown, streamed: boolean) {
    const request = yield* TextRequest.decode(body)
    const { echo, model } = request
    const prompts = TextRequest.promptsOf(request)
    const written = yield* Effect.forEach(prompts, (prompt) =>
      Effect.map(Reply.make(settings, TextRequest.chatOf(request, prompt)), (replies) =>
        replies.map((reply): TextReply.Echoed => ({ ...reply, before: echo === true ? prompt : "" }))
      )
    )
    const replies = written.flat()
    const prompt = prompts.reduce((sum, one) => sum + Tokens.ofText(one), 0)
    const tokens = Reply.longestOf(replies)
    const begun = yield* begin({ model, prompt, tokens, width: replies.length, streamed })
    return { request, replies, tokens, usage: Usage.of(prompt, replies), head: { ...begun, model }, ...begun }
  })

  const completeText = Effect.fn("SimulatedModel.completeText")(function* (body: unknown) {
    const { generation, head, replies, tokens, usage } = yield* start(body, false)
    yield* generation.produced(tokens)
    return TextReply.make(head, replies, usage)
  }, Effect.scoped)

  const streamText = (body: unknown) =>
    start(body, true).pipe(
      Effect.map(({ generation, head, replies, request, tokens, usage }) => {
        const asked = request.stream_options?.include_usage === true
        return Parts.stream(generation, tokens, TextReply.partsOf(head, replies, asked ? usage : undefined))
      }),
      Stream.unwrap
    )

  return { completeText, streamText }
}
