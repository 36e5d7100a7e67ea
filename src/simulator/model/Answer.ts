import { Effect, Stream } from "effect"
import type { ModelError } from "../../ai/ModelError.ts"
import { type Accept, streamParts } from "./Accepted.ts"
import { longestOf, type Reply, type Usage, usageOf } from "./Reply.ts"

/** What all parts of an answer begin with. */
export interface Head {
  /** Names the request among all of them. */
  readonly serial: string
  readonly created: number
  readonly model: string
}

/** A request that was read, and the model's replies to it. */
export interface Question<Request, R extends Reply = Reply> {
  readonly request: Request
  readonly model: string
  /** Tokens of the prompt. */
  readonly prompt: number
  readonly replies: ReadonlyArray<R>
}

/** The words in which an API of an endpoint answers. */
export interface Api<Request, R extends Reply, Whole, Part> {
  /** Reads a body, and draws the replies to it. */
  readonly read: (body: unknown) => Effect.Effect<Question<Request, R>, ModelError>
  readonly whole: (head: Head, question: Question<Request, R>, usage: Usage) => Whole
  /** Tells, for each token in turn, the parts that it brings. */
  readonly parts: (head: Head, question: Question<Request, R>, usage: Usage) => (token: number) => ReadonlyArray<Part>
}

/** Answers the requests of an API, whole or in parts. */
export const make = <Request, R extends Reply, Whole, Part>(
  name: string,
  accept: Accept,
  { parts, read, whole }: Api<Request, R, Whole, Part>
) => {
  const start = Effect.fnUntraced(function* (body: unknown, streamed: boolean) {
    const question = yield* read(body)
    const { model, prompt, replies } = question
    const tokens = longestOf(replies)
    const accepted = yield* accept({ model, prompt, tokens, width: replies.length, streamed })
    const { generation } = accepted
    return { generation, head: { ...accepted, model }, question, tokens, usage: usageOf(prompt, replies) }
  })

  const complete = Effect.fn(`SimulatedModel.${name}`)(function* (body: unknown) {
    const { generation, head, question, tokens, usage } = yield* start(body, false)
    yield* generation.produced(tokens)
    return whole(head, question, usage)
  }, Effect.scoped)

  const stream = (body: unknown) =>
    start(body, true).pipe(
      Effect.map(({ generation, head, question, tokens, usage }) =>
        streamParts(generation, tokens, parts(head, question, usage))
      ),
      Stream.unwrap
    )

  return { complete, stream }
}
