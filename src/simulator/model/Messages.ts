import { Effect } from "effect"
import type { Accept } from "./Accepted.ts"
import * as Answer from "./Answer.ts"
import * as MessagesReply from "./MessagesReply.ts"
import * as MessagesRequest from "./MessagesRequest.ts"
import type { Settings } from "./Options.ts"
import * as Reply from "./Reply.ts"
import * as Tokens from "./Tokens.ts"

/** Answers requests of Anthropic's Messages API, whole or in events. */
export const make = (settings: Settings, accept: Accept) => {
  const read = Effect.fnUntraced(function* (body: unknown) {
    const request = yield* MessagesRequest.decode(body)
    const chat = MessagesRequest.chatOf(request)
    const replies = yield* Reply.make(settings, chat)
    return { request, model: request.model, prompt: Tokens.ofPrompt(chat), replies }
  })

  const { complete: message, stream: streamMessage } = Answer.make("message", accept, {
    read,
    whole: (head, { replies }, usage) => MessagesReply.make(head, replies[0]!, usage),
    parts: (head, { replies }, usage) => MessagesReply.eventsOf(head, replies[0]!, usage)
  })

  const countTokens = (body: unknown) =>
    Effect.map(MessagesRequest.decodeCount(body), (request) => ({
      input_tokens: Tokens.ofPrompt(MessagesRequest.chatOf(request))
    }))

  return { message, streamMessage, countTokens }
}
