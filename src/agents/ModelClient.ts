import { Data, Duration, Effect, Random, Schedule } from "effect"
import { AiError, LanguageModel, type Prompt, Tool } from "effect/ai"
import { withParameters } from "../ai/chat/Parameters.ts"
import { withOptions } from "../ai/GuardedModel.ts"
import * as Time from "../engine/Time.ts"
import { isTransient, rejectionOf, retryAfterOf } from "../Failure.ts"
import type { Event } from "../stats/Event.ts"
import { Stats } from "../Stats.ts"
import { Tokenizer } from "../tokenizer/Tokenizer.ts"
import type { Format, LookupTools } from "./Job.ts"
import { type JobFailure, JobStats, type Purpose, purposes } from "./JobStats.ts"

/** The model did not answer in time, or never will. */
export class Unanswered extends Data.TaggedError("Unanswered")<{
  readonly failure: Exclude<JobFailure, "wrong">
  readonly cause: unknown
}> {}

/** The gate is closing: jobs in hand go back to their queue. */
export class GateClosing extends Data.TaggedError("GateClosing")<{}> {}

export type Reply = LanguageModel.GenerateTextResponse<LookupTools["tools"], "opaque">

export interface Request {
  readonly purpose: Purpose
  readonly prompt: Prompt.Prompt
  readonly tools: LookupTools
  /** What the reply is held to, where the endpoint takes a schema. */
  readonly format?: Format | undefined
  /** Most tokens of the reply. */
  readonly maxTokens: number
  /** The moment on the gate's clock by which it must be answered. */
  readonly deadlineAt: number
  /** Tokens of the prompt that a baseline would have sent instead. Default: as many as are sent. */
  readonly baseline?: number | undefined
}

/** Calls the model for one agent. */
export interface ModelClient {
  /** Asks until there is an answer or no time for another try; a refusal is retried when it says. */
  readonly ask: (request: Request) => Effect.Effect<Reply, Unanswered | GateClosing>
  /** Counts a call that was not made, by the tokens of its baseline prompt. */
  readonly recordSaved: (baseline: number) => void
}

const isWorthRetrying = (error: unknown): boolean => {
  const reason = rejectionOf(error)?.reason
  if (reason === undefined) return isTransient(error)
  // A call cut by its own deadline has no time left; one refused ahead of it may find the queue shorter.
  if (reason._tag === "DeadlineExceeded") return reason.limit !== "call" || !reason.started
  return reason._tag !== "NeverAdmissible" && reason._tag !== "ShuttingDown"
}

const longestPause = Duration.seconds(10)

/** Retries with growing pauses, at least as long as a refusal says, while there is time. */
const retryPolicy = (deadlineAt: number, clock: Time.Now) =>
  Schedule.exponential("500 millis").pipe(
    Schedule.setInputType<unknown>(),
    Schedule.modifyDelay(({ duration, input }) =>
      Effect.map(Random.next, (share) => {
        const pause = Duration.max(Duration.min(duration, longestPause), retryAfterOf(input) ?? Duration.zero)
        // Callers refused together must not come back together.
        return Duration.times(pause, 1 + share / 5)
      })
    ),
    Schedule.while(
      ({ duration, input }) => isWorthRetrying(input) && clock() + Duration.toMillis(duration) < deadlineAt
    )
  )

// A gate that keeps the time itself comes first, and counts it.
const grace = 1000

const failed = (cause: unknown): Unanswered | GateClosing => {
  const tag = rejectionOf(cause)?.reason._tag
  if (tag === "ShuttingDown") return new GateClosing()
  const failure = tag === "DeadlineExceeded" || isWorthRetrying(cause) ? "late" : "refused"
  return new Unanswered({ failure, cause })
}

// The models whose endpoints refuse a schema.
const withoutFormat = new WeakSet<LanguageModel.LanguageModel>()

const isAboutFormat = (error: unknown): boolean =>
  AiError.isAiError(error) &&
  error.reason._tag === "InvalidRequestError" &&
  /response_?format|json_?schema|structured|guided/i.test(`${error.reason.parameter} ${error.reason.description}`)

/** Makes the client of an agent, whose name is the caller of its calls. */
export const make = Effect.fnUntraced(function* (
  caller: string
): Effect.fn.Return<ModelClient, never, LanguageModel.LanguageModel> {
  const model = yield* LanguageModel.LanguageModel
  const clock = yield* Time.now
  const { record } = yield* Stats.recorder
  const stats = yield* Stats.section(JobStats.section)
  const { count } = yield* Tokenizer.current
  const savings = new Savings(record)

  const account = ({ baseline, format, prompt, purpose, tools }: Request, { text, usage }: Reply) => {
    const schema = format === undefined || withoutFormat.has(model) ? [] : [JSON.stringify(format["json_schema"])]
    const said = [...promptText(prompt), ...Object.values(tools.tools).map(definitionText), ...schema]
    const counted = said.reduce((sum, part) => sum + count(part), 0)
    const { inputTokens, outputTokens } = usage
    const billed = inputTokens.total ?? counted
    stats.onCall(purpose, billed + (outputTokens.total ?? count(text)))
    if (baseline !== undefined) savings.onSent(billed, counted, baseline)
  }

  const attempt = ({ deadlineAt, format, maxTokens, prompt, purpose, tools }: Request) =>
    Effect.suspend(() => {
      const deadline = Math.max(0, deadlineAt - clock())
      const more = format === undefined || withoutFormat.has(model) ? {} : { more: { response_format: format } }
      return model
        .generateText({ prompt, toolkit: tools })
        .pipe(
          withParameters({ maxCompletionTokens: maxTokens, ...more }),
          withOptions({ caller, purpose, priority: purposes.indexOf(purpose), deadline })
        )
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
      Effect.retry(formatted(request), { schedule: retryPolicy(request.deadlineAt, clock) }).pipe(
        Effect.mapError(failed),
        // For a model without a gate.
        Effect.timeoutOrElse({
          duration: Math.max(0, request.deadlineAt - clock()) + grace,
          orElse: () => Effect.fail(new Unanswered({ failure: "late", cause: undefined }))
        }),
        Effect.tap((reply) => Effect.sync(() => account(request, reply)))
      )
    )

  return { ask, recordSaved: (baseline) => savings.onSkipped(baseline) }
})

/** Counts the prompt tokens that were not sent, as the model would have billed them. */
class Savings {
  readonly #record: (event: Event) => void
  #billed = 0
  #counted = 0

  constructor(record: (event: Event) => void) {
    this.#record = record
  }

  /** A prompt was sent: what the model billed for it, what the tokenizer counts, and what the baseline would count. */
  onSent(billed: number, counted: number, baseline: number): void {
    this.#billed += billed
    this.#counted += counted
    this.#save(baseline * this.#rate - billed)
  }

  /** A call was not made at all. */
  onSkipped(baseline: number): void {
    this.#save(baseline * this.#rate)
  }

  // A tokenizer that estimates is off by the same for both.
  get #rate(): number {
    return this.#counted === 0 ? 1 : this.#billed / this.#counted
  }

  #save(tokens: number): void {
    this.#record({ _tag: "Tokens", prompt: 0, completion: 0, saved: Math.max(0, Math.round(tokens)) })
  }
}

const partText = (part: Prompt.Part): string => {
  if (part.type === "text") return part.text
  if (part.type === "tool-call") return `${part.name} ${JSON.stringify(part.params)}`
  return part.type === "tool-result" ? JSON.stringify(part.result) : ""
}

/** The text of a prompt, message by message. */
export const promptText = ({ content }: Prompt.Prompt): ReadonlyArray<string> =>
  content.map((message) => (message.role === "system" ? message.content : message.content.map(partText).join("\n")))

/** The text of a tool's definition. */
export const definitionText = (tool: Tool.Any): string =>
  JSON.stringify({ name: tool.name, description: Tool.getDescription(tool), parameters: Tool.getJsonSchema(tool) })
