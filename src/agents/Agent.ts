import { type Duration, Effect, Result } from "effect"
import { type LanguageModel, Prompt } from "effect/ai"
import * as Field from "../config/Field.ts"
import { decode } from "../config/Options.ts"
import * as Time from "../engine/Time.ts"
import * as Compact from "./Compact.ts"
import type { Memory } from "./Memory.ts"
import { type Job, type LookupTools, lookupTools } from "./Job.ts"
import type { JobFailure } from "./JobStats.ts"
import * as ModelClient from "./ModelClient.ts"
import type { Episode, InitialPrompt, JobContext, MakeStyle, Persona, Steps, Style } from "./Style.ts"

export type { Episode, Persona } from "./Style.ts"

export interface Options {
  /** Results that may be handed in for a job. From 1. Default: 3. */
  readonly attempts?: number | undefined
  /** Time for a job, from when it is taken. Default: 2 minutes. */
  readonly deadline?: Duration.Input | undefined
}

const ownFields = {
  attempts: Field.integer(1, 1_000, { default: 3 }),
  deadline: Field.duration({ default: 120_000, maximum: 365 * Field.day, infinite: true })
}

/** What the options of an agent, and of its style, may hold. */
export const fields = { ...ownFields, ...Compact.fields }

/** How a job ended. */
export interface Outcome<out A = unknown> {
  /** The accepted result; `undefined` if there is none. */
  readonly result: A | undefined
  /** Why the job failed; `undefined` if it was completed. */
  readonly failure: JobFailure | "defect" | undefined
  /** Why the job was given up, in words; only of a failure `defect`, and not of each. */
  readonly reason?: string | undefined
  /** What happened on the way. */
  readonly episode: Episode
}

/** Does jobs. */
export interface Agent {
  readonly persona: Persona
  /** Does a job, or gives it up with a reason. */
  readonly work: <A>(job: Job<A>) => Effect.Effect<Outcome<A>, ModelClient.GateClosing>
  /** Remembers what happened, and perhaps reflects on it. */
  readonly digest: (episode: Episode) => Effect.Effect<void, ModelClient.GateClosing>
}

/**
 * Makes an agent that recalls, plans, acts and reflects on few tokens. Give it a `Memory` of its own, or share one.
 *
 * @example
 * const job = Job.make({ goal: "Greet.", task: "Greet Ada.", result: Schema.Struct({ greeting: Schema.String }) })
 *
 * const program = Effect.gen(function* () {
 *   const agent = yield* Agent.make({ name: "bo", role: "host" })
 *   const { episode, failure, result } = yield* agent.work(job)
 *   yield* agent.digest(episode)
 *   return failure ?? result?.greeting
 * })
 *
 * const model = SimulatedLanguageModel.layer.pipe(Layer.provide(SimulatedModel.layer()))
 * await Effect.runPromise(VirtualTime.run(Effect.provide(program, Layer.merge(model, Memory.layer))))
 */
export const make = (
  persona: Persona,
  options: Options & Compact.Options = {}
): Effect.Effect<Agent, never, LanguageModel.LanguageModel | Memory> =>
  Effect.orDie(decode(fields, options)).pipe(
    Effect.andThen(Compact.make(options)),
    Effect.flatMap((styleOf) => withStyle(persona, styleOf, options))
  )

// A model that looks things up without end does not come to a result.
const mostRounds = 5

/** What came of a conversation. */
interface Conversation {
  readonly prompt: Prompt.Prompt
  /** The model's last reply. */
  readonly text: string
  /** What tools have found. */
  readonly found: ReadonlyArray<string>
}

/** Lets the model look things up until it replies. */
const converse = Effect.fnUntraced(function* (
  client: ModelClient.ModelClient,
  initial: InitialPrompt,
  tools: LookupTools,
  deadlineAt: number
): Effect.fn.Return<Conversation, ModelClient.Unanswered | ModelClient.GateClosing> {
  let { prompt } = initial
  const found: Array<string> = []
  for (let round = 1; ; round++) {
    const reply = yield* client.ask({ ...initial, purpose: "act", prompt, tools, deadlineAt })
    prompt = Prompt.concat(prompt, Prompt.fromResponseParts(reply.content))
    found.push(...reply.toolResults.map(({ result }) => JSON.stringify(result)))
    if (reply.toolCalls.length === 0 || round === mostRounds) return { prompt, text: reply.text, found }
  }
})

/** The lookups that a plan names; all of them without a plan. */
const planned = ({ lookups }: Job, plan: Steps | undefined) => {
  if (plan === undefined) return lookups
  const words = [...plan.use, ...plan.steps].join(" ").toLowerCase()
  return lookups.filter(({ name }) => words.includes(name.toLowerCase()))
}

/** Makes an agent that works in a style. */
export const withStyle = Effect.fnUntraced(function* (
  persona: Persona,
  styleOf: MakeStyle,
  options: Options
): Effect.fn.Return<Agent, never, LanguageModel.LanguageModel> {
  const given = { attempts: options.attempts, deadline: options.deadline }
  const { attempts, deadline } = yield* Effect.orDie(decode(ownFields, given))
  const clock = yield* Time.now
  const client = yield* ModelClient.make(persona.name)
  const style: Style = yield* styleOf(persona, client)

  const attempt = Effect.fnUntraced(function* <A>(
    job: Job<A>,
    context: JobContext,
    observations: Array<string>,
    rejections: Array<string>
  ) {
    const plan = yield* style.plan(context)
    let tools = yield* lookupTools(planned(job, plan))
    let initial = style.prompt(context, plan)
    for (let count = 1; count <= attempts; count++) {
      const { found, prompt, text } = yield* converse(client, initial, tools, context.deadlineAt)
      observations.push(...found)
      const accepted = yield* Effect.result(job.accept(text))
      if (Result.isSuccess(accepted)) return { result: accepted.success, failure: undefined }
      const { reason } = accepted.failure
      rejections.push(reason)
      observations.push(`Not accepted: ${reason}`)
      // What the plan left out may be what is missing.
      tools = yield* lookupTools(job.lookups)
      initial = { ...initial, prompt: Prompt.concat(prompt, `Not accepted: ${reason}\nTry again.`) }
    }
    return { result: undefined, failure: "wrong" as const }
  })

  const work = Effect.fn("Agent.work")(function* <A>(job: Job<A>) {
    yield* Effect.annotateCurrentSpan({ agent: persona.name, goal: job.goal })
    const observations = [job.task.replaceAll("\n", " ")]
    const rejections: Array<string> = []
    const context = { job, deadlineAt: clock() + deadline, known: yield* style.recall(job) }
    const { failure, result } = yield* attempt(job, context, observations, rejections).pipe(
      Effect.catchTag("Unanswered", ({ failure }) => Effect.succeed({ result: undefined, failure }))
    )
    const completed = failure === undefined
    observations.push(completed ? "The result was accepted." : "The job failed.")
    return { result, failure, episode: { job, completed, observations, rejections } }
  })

  return { persona, work, digest: style.digest }
})
