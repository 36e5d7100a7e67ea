import { Duration, Effect, Stream } from "effect"
import { AiError, type Prompt, type Tool } from "effect/ai"
import type { CallOptions, Pass } from "../../Call.ts"
import type { Event } from "../../stats/Event.ts"
import { Rejection } from "../../Rejection.ts"
import * as RequestTokens from "../../tokenizer/RequestTokens.ts"
import type { Tokenizer } from "../../tokenizer/Tokenizer.ts"
import * as OuterCalls from "../../engine/OuterCalls.ts"
import { handoff } from "../../engine/StreamHandoff.ts"
import { Parameters } from "../chat/Parameters.ts"
import { CurrentOptions } from "./CurrentOptions.ts"
import * as PromptTokens from "./PromptTokens.ts"
import { UsageCounter } from "./UsageCounter.ts"
import type { Part, Reply } from "./ErasedLanguageModel.ts"

/** One request to a model. */
export interface Request {
  readonly method: "generateText" | "generateObject" | "streamText"
  readonly prompt: Prompt.Prompt
  readonly tools: ReadonlyArray<Tool.Any>
}

/** Passes requests to a model through a gate, and counts what each attempt takes. */
export class GatedCalls {
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
    return this.#withOptions(request, (options, counter) =>
      this.#pass(
        options,
        Effect.tap(call, ({ content }) =>
          Effect.suspend(() => {
            const attempt = counter()
            attempt.add(content)
            return this.#count(attempt)
          })
        )
      )
    ).pipe(Effect.mapError(withoutRejection(request)))
  }

  /** Passes a stream, whose place is held to its last part; what came is counted however it ends. */
  stream(request: Request, stream: Stream.Stream<Part, AiError.AiError>): Stream.Stream<Part, AiError.AiError> {
    const opened = this.#withOptions(request, (options, counter) => {
      const body = Stream.suspend(() => {
        const attempt = counter()
        return stream.pipe(
          Stream.mapArray((parts) => {
            attempt.add(parts)
            return parts
          }),
          Stream.ensuring(Effect.suspend(() => this.#count(attempt)))
        )
      })
      return handoff(Effect.succeed({ head: undefined, body }), (attempt) => this.#pass(options, attempt))
    })
    return Stream.unwrap(Effect.map(opened, ({ body }) => body)).pipe(Stream.mapError(withoutRejection(request)))
  }

  /** Asks with the options in the context; tokens are estimated if it names none. */
  #withOptions<A, E, R>(
    { prompt, tools }: Request,
    ask: (options: CallOptions, counter: () => UsageCounter) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E, R> {
    return Effect.withFiber((fiber) => {
      const options = fiber.getRef(CurrentOptions)
      const { maxCompletionTokens = 0 } = fiber.getRef(Parameters)
      const counted = PromptTokens.of(prompt, tools, this.#tokenizer)
      const tokens = options.tokens ?? RequestTokens.withReply(counted, { max_tokens: maxCompletionTokens })
      return ask(
        { ...options, tokens, maxTokens: options.maxTokens ?? maxCompletionTokens },
        () => new UsageCounter(counted)
      )
    })
  }

  #count({ usage }: UsageCounter): Effect.Effect<void> {
    if (usage === undefined) return Effect.void
    this.#record({ _tag: "Tokens", ...usage })
    return OuterCalls.note(usage)
  }
}

// As over HTTP, where a refusal is 429, 400, 503 or 504.
const reasonOf = ({ reason }: Rejection): AiError.AiErrorReason => {
  const { message: description, retryAfter } = reason
  const retryAfterMs = retryAfter === undefined ? null : Math.ceil(Duration.toMillis(retryAfter))
  const metadata = { headgate: { code: reason.code, retryAfterMs } }
  switch (reason._tag) {
    case "QueueFull":
    case "RateLimited":
      return new AiError.RateLimitError({ metadata })
    case "NeverAdmissible":
      return new AiError.InvalidRequestError({ description, metadata })
    default:
      return new AiError.InternalProviderError({ description, metadata })
  }
}

/** Puts a refusal into Effect's words for what goes wrong with a model, and keeps it as the cause of the reason. */
export const toAiError = (rejection: Rejection, method: string): AiError.AiError => {
  // As with the refusal itself: the stack trace would be nine tenths of the cost, and of no use.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  const { message, retryAfter } = rejection.reason
  const reason = Object.defineProperties(reasonOf(rejection), {
    message: { value: message },
    cause: { value: rejection },
    ...(retryAfter !== undefined && { retryAfter: { value: retryAfter, enumerable: true } })
  })
  const error = AiError.make({ module: "GuardedModel", method, reason })
  Error.stackTraceLimit = stackTraceLimit
  return error
}

const withoutRejection =
  ({ method }: Request) =>
  (error: AiError.AiError | Rejection): AiError.AiError =>
    error instanceof Rejection ? toAiError(error, method) : error
