import { Effect, Stream } from "effect"
import type { Begin } from "./Begun.ts"
import type { Settings } from "./Options.ts"
import * as Parts from "./Parts.ts"
import * as Reply from "./Reply.ts"
import * as ResponseEvent from "./ResponseEvent.ts"
import * as ResponseReply from "./ResponseReply.ts"
import * as ResponseRequest from "./ResponseRequest.ts"
import * as Tokens from "./Tokens.ts"
import * as Usage from "./Usage.ts"

/** Answers requests of the responses API, whole or in events. */
export const make = (settings: Settings, begin: Begin) => {
  const start = Effect.fnUntraced(function* (body: unknown, streamed: boolean) {
    const request = yield* ResponseRequest.decode(body)
    const { model } = request
    const chat = ResponseRequest.chatOf(request)
    const replies = yield* Reply.make(settings, chat)
    const prompt = Tokens.ofPrompt(chat)
    const tokens = Reply.longestOf(replies)
    const begun = yield* begin({ model, prompt, tokens, width: 1, streamed })
    return {
      request,
      reply: replies[0]!,
      tokens,
      usage: Usage.of(prompt, replies),
      head: { ...begun, model },
      ...begun
    }
  })

  const respond = Effect.fn("SimulatedModel.respond")(function* (body: unknown) {
    const { generation, head, reply, request, tokens, usage } = yield* start(body, false)
    yield* generation.produced(tokens)
    return ResponseReply.make(head, request, reply, usage)
  }, Effect.scoped)

  const streamResponse = (body: unknown) =>
    start(body, true).pipe(
      Effect.map(({ generation, head, reply, request, tokens, usage }) =>
        Parts.stream(generation, tokens, ResponseEvent.eventsOf(head, request, reply, usage))
      ),
      Stream.unwrap
    )

  return { respond, streamResponse }
}
