import { type Effect, Schema } from "effect"
import type { Prompt } from "effect/ai"
import type { Job } from "./job/Job.ts"
import * as Shape from "./Shape.ts"
import type { Closing, Talk, Unanswered } from "./Talk.ts"

/** Who an agent is. */
export interface Persona {
  readonly name: string
  readonly role: string
}

/** How a job is going to be done: what to do, and which tools to use. */
export const Steps = Schema.Struct({ steps: Schema.Array(Schema.String), use: Schema.Array(Schema.String) })
export type Steps = typeof Steps.Type

/** Their shape, in words for a model. */
export const stepsShape: string = Shape.text(Steps)

/** A job in hand. */
export interface Hand {
  readonly job: Job
  /** The moment on the gate's clock by which it must be done. */
  readonly until: number
  /** What memory tells of it. */
  readonly known: string
}

/** What happened in a job. */
export interface Story {
  readonly job: Job
  readonly completed: boolean
  /** What the agent saw, in its order. */
  readonly observations: ReadonlyArray<string>
  /** What was said of results that were not accepted. */
  readonly refusals: ReadonlyArray<string>
}

/** The first words of a conversation, and the tokens that a naive agent would have spent on them. */
export interface Opening {
  readonly prompt: Prompt.Prompt
  readonly most: number
  readonly format?: Shape.Format | undefined
  readonly naive?: number | undefined
}

/** How an agent remembers, plans, asks and reflects. */
export interface Style {
  readonly recall: (job: Job) => Effect.Effect<string>
  /** Plans; `undefined` if there is no plan to be had. */
  readonly plan: (hand: Hand) => Effect.Effect<Steps | undefined, Unanswered | Closing>
  readonly opening: (hand: Hand, plan: Steps | undefined) => Opening
  /** Takes in what has happened, and perhaps reflects on it. */
  readonly digest: (story: Story) => Effect.Effect<void, Closing>
}

/** Makes the style of one agent. */
export type Make = (persona: Persona, talk: Talk) => Effect.Effect<Style>
