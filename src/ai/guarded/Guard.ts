import { Effect, Stream } from "effect"
import type { AiError, Prompt, Tool } from "effect/ai"
import type { CallOptions } from "../../Call.ts"
import type { Event } from "../../stats/Event.ts"
import { Rejection } from "../../Rejection.ts"
import * as RequestTokens from "../../tokenizer/RequestTokens.ts"
import type { Tokenizer } from "../../tokenizer/Tokenizer.ts"
import type { Pass } from "../../Gate.ts"
import { handoff } from "../../engine/StreamHandoff.ts"
import { Parameters } from "../chat/Parameters.ts"
import { CurrentOptions } from "./CurrentOptions.ts"
import * as PromptTokens from "./PromptTokens.ts"
import * as Refused from "./Refused.ts"
import { Tally } from "./Tally.ts"
import type { Part, Reply } from "./Untyped.ts"

/** One request to a model. */
export interface Request {
  readonly method: "generateText" | "generateObject" | "streamText"
  readonly prompt: Prompt.Prompt
  readonly tools: ReadonlyArray<Tool.Any>
}

/** Passes requests to a model through a gate, and counts what each attempt takes. */
export class Guard {
  readonly #pass: Pass
  readonly #record: (event: Event) => void
  readonly #tokenizer: Tokenizer

  constructor(pass: Pass, record: (event: Event) => void, tokenizer: Tokenizer) {
    this.#pass = pass
    this.#record = record
    this.#tokenizer = tokenizer
  }

  /** Passes a call that ends with a whole reply. */
  call(request: Request, call: Effect.Effect<Reply, AiError.AiError>): Effect.Effect<Reply, AiError.AiError> {
    return this.#asking(request, (options, tally) =>
      this.#pass(
        options,
        Effect.tap(call, ({ content }) =>
          Effect.sync(() => {
            const attempt = tally()
            attempt.add(content)
            this.#count(attempt)
          })
        )
      )
    ).pipe(Effect.mapError(told(request)))
  }

  /** Passes a stream, whose place is held to its last part; what came is counted however it ends. */
  stream(request: Request, stream: Stream.Stream<Part, AiError.AiError>): Stream.Stream<Part, AiError.AiError> {
    const opened = this.#asking(request, (options, tally) => {
      const body = Stream.suspend(() => {
        const attempt = tally()
        return stream.pipe(
          Stream.mapArray((parts) => {
            attempt.add(parts)
            return parts
          }),
          Stream.ensuring(Effect.sync(() => this.#count(attempt)))
        )
      })
      return handoff(Effect.succeed({ head: undefined, body }), (attempt) => this.#pass(options, attempt))
    })
    return Stream.unwrap(Effect.map(opened, ({ body }) => body)).pipe(Stream.mapError(told(request)))
  }

  /** Asks as the context says, the tokens estimated if it says nothing of them. */
  #asking<A, E, R>(
    { prompt, tools }: Request,
    ask: (options: CallOptions, tally: () => Tally) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E, R> {
    return Effect.withFiber((fiber) => {
      const options = fiber.getRef(CurrentOptions)
      const { maxCompletionTokens = 0 } = fiber.getRef(Parameters)
      const counted = PromptTokens.of(prompt, tools, this.#tokenizer)
      const tokens = options.tokens ?? RequestTokens.withReply(counted, { max_tokens: maxCompletionTokens })
      return ask({ ...options, tokens }, () => new Tally(counted))
    })
  }

  #count({ event }: Tally): void {
    if (event !== undefined) this.#record(event)
  }
}

const told =
  ({ method }: Request) =>
  (error: AiError.AiError | Rejection): AiError.AiError =>
    error instanceof Rejection ? Refused.of(error, method) : error
