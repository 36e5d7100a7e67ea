import { Data, Effect } from "effect"
import { LanguageModel, type Prompt } from "effect/ai"
import { rejectionOf } from "../Failure.ts"
import * as Time from "../engine/Time.ts"
import { withParameters } from "../ai/chat/Parameters.ts"
import { withOptions } from "../ai/GuardedModel.ts"
import { Tokenizer } from "../tokenizer/Tokenizer.ts"
import { Stats } from "../Stats.ts"
import type { LookupTools } from "./LookupTools.ts"
import { type JobFailure, JobStats, type Purpose, purposes } from "./JobStats.ts"
import * as Patience from "./Patience.ts"
import * as Said from "./Said.ts"
import { Savings } from "./Savings.ts"

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

/** Makes calls in the name of an agent, and counts what they take. */
export const make = Effect.fnUntraced(function* (
  caller: string
): Effect.fn.Return<Talk, never, LanguageModel.LanguageModel> {
  const model = yield* LanguageModel.LanguageModel
  const clock = yield* Time.now
  const { record } = yield* Stats.recorder
  const stats = yield* Stats.section(JobStats.section)
  const { count } = yield* Tokenizer.current
  const savings = new Savings(record)

  const account = ({ naive, prompt, purpose, tools }: Request, { text, usage }: Reply) => {
    const said = [...Said.texts(prompt), ...Object.values(tools.tools).map(Said.definition)]
    const counted = said.reduce((sum, part) => sum + count(part), 0)
    const { inputTokens, outputTokens } = usage
    const billed = inputTokens.total ?? counted
    stats.onCall(purpose, billed + (outputTokens.total ?? count(text)))
    if (naive !== undefined) savings.sent(billed, counted, naive)
  }

  const attempt = ({ most, prompt, purpose, tools, until }: Request) =>
    Effect.suspend(() => {
      const about = { caller, purpose, priority: purposes.indexOf(purpose), deadline: Math.max(0, until - clock()) }
      return model
        .generateText({ prompt, toolkit: tools })
        .pipe(withParameters({ maxCompletionTokens: most }), withOptions(about))
    })

  const ask = (request: Request) =>
    Effect.suspend(() =>
      Effect.retry(attempt(request), { schedule: Patience.until(request.until, clock) }).pipe(
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
