import { Data, Effect } from "effect"
import { AiError, LanguageModel, type Prompt } from "effect/ai"
import { rejectionOf } from "../Failure.ts"
import { type JobFailure, type Purpose, purposes } from "../stats/Event.ts"
import * as Time from "../engine/Time.ts"
import { withParameters } from "../ai/chat/Parameters.ts"
import { withOptions } from "../ai/GuardedModel.ts"
import { Tokenizer } from "../tokenizer/Tokenizer.ts"
import { Stats } from "../Stats.ts"
import type { LookupTools } from "./LookupTools.ts"
import * as Patience from "./Patience.ts"
import * as Said from "./Said.ts"
import { Savings } from "./Savings.ts"
import type { Format } from "./Shape.ts"

/** The model did not answer within the time there was, or never will. */
export class Unanswered extends Data.TaggedError("Unanswered")<{
  readonly failure: Exclude<JobFailure, "wrong">
  readonly cause: unknown
}> {}

/** The gate is closing: what is under way goes back to where it came from. */
export class Closing extends Data.TaggedError("Closing")<{}> {}

export type Reply = LanguageModel.GenerateTextResponse<LookupTools["tools"], "opaque">

export interface Request {
  readonly purpose: Purpose
  readonly prompt: Prompt.Prompt
  readonly tools: LookupTools
  /** What the reply is held to, where the endpoint takes a schema. */
  readonly format?: Format | undefined
  /** Most tokens of the reply. */
  readonly most: number
  /** The moment on the gate's clock by which it must be answered. */
  readonly until: number
  /** Tokens of the prompt that a naive agent would have sent instead, by the tokenizer in use; as many as are sent. */
  readonly naive?: number | undefined
}

/** Calls the model for one agent. */
export interface Talk {
  /** Asks until there is an answer or no time for another try; whoever refuses says when to come back. */
  readonly ask: (request: Request) => Effect.Effect<Reply, Unanswered | Closing>
  /** Takes note of a call that was not made, and of the tokens of its naive prompt. */
  readonly spare: (naive: number) => void
}

// A gate that keeps the time itself comes first, and counts it.
const grace = 1000

const failed = (cause: unknown): Unanswered | Closing => {
  const tag = rejectionOf(cause)?.reason._tag
  if (tag === "ShuttingDown") return new Closing()
  const failure = tag === "DeadlineExceeded" || Patience.isWorthIt(cause) ? "late" : "refused"
  return new Unanswered({ failure, cause })
}

// The models whose endpoints refuse a schema.
const withoutFormat = new WeakSet<LanguageModel.LanguageModel>()

const isAboutFormat = (error: unknown): boolean =>
  AiError.isAiError(error) &&
  error.reason._tag === "InvalidRequestError" &&
  /response_?format|json_?schema|structured|guided/i.test(`${error.reason.parameter} ${error.reason.description}`)

/** Makes calls in the name of an agent, and counts what they take. */
export const make = Effect.fnUntraced(function* (
  caller: string
): Effect.fn.Return<Talk, never, LanguageModel.LanguageModel> {
  const model = yield* LanguageModel.LanguageModel
  const clock = yield* Time.now
  const { record } = yield* Stats.recorder
  const { count } = yield* Tokenizer.current
  const savings = new Savings(record)

  const account = ({ format, naive, prompt, purpose, tools }: Request, { text, usage }: Reply) => {
    const schema = format === undefined || withoutFormat.has(model) ? [] : [JSON.stringify(format["json_schema"])]
    const said = [...Said.texts(prompt), ...Object.values(tools.tools).map(Said.definition), ...schema]
    const counted = said.reduce((sum, part) => sum + count(part), 0)
    const { inputTokens, outputTokens } = usage
    const billed = inputTokens.total ?? counted
    record({ _tag: "JobCall", purpose, tokens: billed + (outputTokens.total ?? count(text)) })
    if (naive !== undefined) savings.sent(billed, counted, naive)
  }

  const attempt = ({ format, most, prompt, purpose, tools, until }: Request) =>
    Effect.suspend(() => {
      const about = { caller, purpose, priority: purposes.indexOf(purpose), deadline: Math.max(0, until - clock()) }
      const more = format === undefined || withoutFormat.has(model) ? {} : { more: { response_format: format } }
      return model
        .generateText({ prompt, toolkit: tools })
        .pipe(withParameters({ maxCompletionTokens: most, ...more }), withOptions(about))
    })

  // An endpoint that takes no schema is asked once more without it, and from then on.
  const formatted = (request: Request) =>
    Effect.catch(attempt(request), (error) => {
      if (request.format === undefined || !isAboutFormat(error)) return Effect.fail(error)
      withoutFormat.add(model)
      return attempt(request)
    })

  const ask = (request: Request) =>
    Effect.suspend(() =>
      Effect.retry(formatted(request), { schedule: Patience.until(request.until, clock) }).pipe(
        Effect.mapError(failed),
        // For a model that nobody guards.
        Effect.timeoutOrElse({
          duration: Math.max(0, request.until - clock()) + grace,
          orElse: () => Effect.fail(new Unanswered({ failure: "late", cause: undefined }))
        }),
        Effect.tap((reply) => Effect.sync(() => account(request, reply)))
      )
    )

  return { ask, spare: (naive) => savings.spared(naive) }
})
