import { DateTime, Effect, Option, Predicate } from "effect"
import { Prompt } from "effect/ai"
import * as Field from "../config/Field.ts"
import { group } from "../config/Options.ts"
import { type Job, shapeOf } from "./Job.ts"
import { Memory } from "./Memory.ts"
import * as Plan from "./Plan.ts"
import * as Reflect from "./Reflect.ts"
import { type Episode, type InitialPrompt, type JobContext, type MakeStyle, type Persona, Steps } from "./Style.ts"

/** Counts the tokens that another way of prompting would have spent, for `tokens.saved` of the stats. */
export interface BaselineCost {
  readonly observe: (episode: Episode) => void
  readonly plan: (situation: Plan.Situation) => number
  readonly act: (context: JobContext, plan: Steps | undefined) => number
}

export interface Options {
  /** When to reflect. */
  readonly reflect?: Reflect.Options | undefined
  /** Tokens that memory may take of a prompt. From 0. Default: 60. */
  readonly recall?: number | undefined
  /** What the saved tokens are counted against. Default: nothing, and none are counted. */
  readonly baseline?: ((persona: Persona) => BaselineCost) | undefined
}

export const fields = {
  reflect: group(Reflect.fields),
  recall: Field.integer(0, 1_000_000, { default: 60 }),
  baseline: Field.optional(Field.value(Predicate.isFunction, "a function of a persona"))
}

const system = "Do the task. Heed the plan and what is known. Reply only JSON."

// A result is short; a model that talks on does not come to the point.
const maxTokens = 200

/** The prompt for a job, in as few words as it needs. */
const promptOf = ({ job, known }: JobContext, plan: Steps | undefined): InitialPrompt => {
  const lines = [
    ...(known === "" ? [] : [`Known:\n${known}`]),
    ...(plan === undefined ? [] : [`Plan: ${plan.steps.join("; ")}`]),
    `Task: ${job.task}`,
    "",
    `JSON: ${job.shape}`
  ]
  const prompt = Prompt.make([
    { role: "system", content: system },
    { role: "user", content: lines.join("\n") }
  ])
  return { prompt, maxTokens, format: job.format }
}

/** What an agent plans for when it has taken a job. */
export const situation = (
  { name: agent, role }: Persona,
  { job: { goal, limits, lookups }, known }: Pick<JobContext, "job" | "known">
): Effect.Effect<Plan.Situation> =>
  Effect.map(DateTime.now, (now) => ({
    agent,
    role,
    goal,
    limits,
    actions: [...lookups.map(({ name }) => name), "answer"],
    known,
    now: DateTime.formatIso(now).slice(0, "2026-01-05T08:00".length)
  }))

/** The shape of a plan, in words for a model. */
export const stepsShape: string = shapeOf(Steps)

const topicOf = ({ goal, task }: Job): string => `${goal} ${task.split("\n", 1)[0]}`

/**
 * Makes a style that spends few tokens: memory tells little, plans are reused, and the agents reflect where there is
 * something to learn. Plans and lessons are shared by all agents of the style.
 */
export const make = Effect.fnUntraced(function* ({
  baseline: baselineOf,
  recall = 60,
  reflect
}: Options = {}): Effect.fn.Return<MakeStyle, never, Memory> {
  const { context, remember } = yield* Memory
  const planner = yield* Plan.make({ answer: Steps })
  const reflector = yield* Reflect.make(reflect)

  return (persona, client) =>
    Effect.sync(() => {
      const baseline = baselineOf?.(persona)
      let planned: Plan.Situation | undefined

      const plan = Effect.fnUntraced(function* (job: JobContext) {
        const now = yield* situation(persona, job)
        planned = now
        return Option.getOrUndefined(yield* planner.plan(client, now, job.deadlineAt, baseline?.plan(now)))
      })

      const digest = Effect.fnUntraced(function* (episode: Episode) {
        baseline?.observe(episode)
        if (!episode.completed && planned !== undefined) planner.forget(planned)
        const lessons = yield* reflector.reflect(client, episode)
        // An entry that is not stored is remembered all the same, until the process ends.
        yield* Effect.forEach(lessons, (text) => Effect.ignore(remember({ text, kind: "reflection", importance: 8 })))
      })

      return {
        recall: (job) => context(topicOf(job), recall),
        plan,
        prompt: (job, plan) => ({ ...promptOf(job, plan), baseline: baseline?.act(job, plan) }),
        digest
      }
    })
})
