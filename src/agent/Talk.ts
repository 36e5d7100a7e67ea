import { Data, Duration, Effect, Random, Schedule } from "effect"
import { LanguageModel, type Prompt } from "effect/ai"
import { isTransient, rejectionOf, retryAfterOf } from "../domain/Failure.ts"
import { type Failure, type Purpose, purposes } from "../domain/Purpose.ts"
import * as Time from "../internal/Time.ts"
import { withParameters } from "../provider/chat/Parameters.ts"
import { withAsk } from "../provider/GuardedModel.ts"
import { Tokenizer } from "../provider/Tokenizer.ts"
import { Stats } from "../Stats.ts"
import type { LookupTools } from "./LookupTools.ts"
import * as Said from "./Said.ts"

/** The model did not answer within the time there was, or never will. */
export class Unanswered extends Data.TaggedError("Unanswered")<{
  readonly failure: Exclude<Failure, "wrong">
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
  /** Prompt tokens of what a naive agent would have sent instead; as many as are sent. */
  readonly naive?: number | undefined
}

/** Calls the model for one agent. */
export interface Talk {
  /** Asks until there is an answer or no time for another try; whoever refuses says when to come back. */
  readonly ask: (request: Request) => Effect.Effect<Reply, Unanswered | Closing>
}

const isRepeatable = (error: unknown): boolean => {
  const reason = rejectionOf(error)?.reason
  if (reason === undefined) return isTransient(error)
  // A call cut by its own deadline has no time left; one refused ahead of it may find the queue shorter.
  if (reason._tag === "DeadlineExceeded") return reason.limit !== "call" || !reason.started
  return reason._tag !== "NeverAdmissible" && reason._tag !== "ShuttingDown"
}

const longest = Duration.seconds(10)

// A gate that keeps the time itself comes first, and counts it.
const grace = 1000

/** Comes back as late as it is told to, or later and later; never when there would be no time left. */
const schedule = (clock: Time.Now, until: number) =>
  Schedule.exponential("500 millis").pipe(
    Schedule.setInputType<unknown>(),
    Schedule.modifyDelay(({ duration, input }) =>
      Effect.map(Random.next, (share) =>
        // Callers refused together must not come back together.
        Duration.times(
          Duration.max(Duration.min(duration, longest), retryAfterOf(input) ?? Duration.zero),
          1 + share / 5
        )
      )
    ),
    Schedule.while(({ duration, input }) => isRepeatable(input) && clock() + Duration.toMillis(duration) < until)
  )

/** Makes calls in the name of an agent, and counts what they take. */
export const make = Effect.fnUntraced(function* (
  caller: string
): Effect.fn.Return<Talk, never, LanguageModel.LanguageModel> {
  const model = yield* LanguageModel.LanguageModel
  const clock = yield* Time.now
  const { record } = yield* Stats.recorder
  const { count } = yield* Tokenizer.current

  const countSaved = ({ naive, prompt, tools }: Request) => {
    if (naive === undefined) return
    const said = [...Said.texts(prompt), ...Object.values(tools.tools).map(Said.definition)]
    const sent = said.reduce((sum, text) => sum + count(text), 0)
    record({ _tag: "Tokens", prompt: 0, completion: 0, saved: Math.max(0, naive - sent) })
  }

  const attempt = ({ most, prompt, purpose, tools, until }: Request) =>
    Effect.suspend(() => {
      const about = { caller, purpose, priority: purposes.indexOf(purpose), deadline: Math.max(0, until - clock()) }
      return model
        .generateText({ prompt, toolkit: tools })
        .pipe(withParameters({ maxCompletionTokens: most }), withAsk(about))
    })

  // For a model that nobody guards.
  const cut = ({ until }: Request) => ({
    duration: Math.max(0, until - clock()) + grace,
    orElse: () => Effect.fail(new Unanswered({ failure: "late", cause: undefined }))
  })

  return {
    ask: (request) =>
      Effect.retry(attempt(request), { schedule: schedule(clock, request.until) }).pipe(
        Effect.mapError((cause) => {
          const tag = rejectionOf(cause)?.reason._tag
          if (tag === "ShuttingDown") return new Closing()
          const failure = tag === "DeadlineExceeded" || isRepeatable(cause) ? "late" : "refused"
          return new Unanswered({ failure, cause })
        }),
        Effect.timeoutOrElse(cut(request)),
        Effect.tap(({ usage }) =>
          Effect.sync(() => {
            const tokens = (usage.inputTokens.total ?? 0) + (usage.outputTokens.total ?? 0)
            record({ _tag: "JobCall", purpose: request.purpose, tokens })
            countSaved(request)
          })
        )
      )
  }
})
