import { Effect, Stream } from "effect"
import { type Accept, streamParts } from "./Accepted.ts"
import * as MessagesReply from "./MessagesReply.ts"
import * as MessagesRequest from "./MessagesRequest.ts"
import type { Settings } from "./Options.ts"
import * as Reply from "./Reply.ts"
import * as Tokens from "./Tokens.ts"

/** Answers requests of Anthropic's Messages API, whole or in events. */
export const make = (settings: Settings, accept: Accept) => {
  const start = Effect.fnUntraced(function* (body: unknown, streamed: boolean) {
    const request = yield* MessagesRequest.decode(body)
    const { model } = request
    const chat = MessagesRequest.chatOf(request)
    const replies = yield* Reply.make(settings, chat)
    const prompt = Tokens.ofPrompt(chat)
    const tokens = Reply.longestOf(replies)
    const accepted = yield* accept({ model, prompt, tokens, width: 1, streamed })
    return {
      reply: replies[0]!,
      tokens,
      usage: Reply.usageOf(prompt, replies),
      head: { ...accepted, model },
      ...accepted
    }
  })

  const message = Effect.fn("SimulatedModel.message")(function* (body: unknown) {
    const { generation, head, reply, tokens, usage } = yield* start(body, false)
    yield* generation.produced(tokens)
    return MessagesReply.make(head, reply, usage)
  }, Effect.scoped)

  const streamMessage = (body: unknown) =>
    start(body, true).pipe(
      Effect.map(({ generation, head, reply, tokens, usage }) =>
        streamParts(generation, tokens, MessagesReply.eventsOf(head, reply, usage))
      ),
      Stream.unwrap
    )

  const countTokens = (body: unknown) =>
    Effect.map(MessagesRequest.decodeCount(body), (request) => ({
      input_tokens: Tokens.ofPrompt(MessagesRequest.chatOf(request))
    }))

  return { message, streamMessage, countTokens }
}
