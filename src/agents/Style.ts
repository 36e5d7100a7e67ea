import { type Effect, Schema } from "effect"
import type { Prompt } from "effect/ai"
import type { Format, Job } from "./Job.ts"
import type { GateClosing, ModelClient, Unanswered } from "./ModelClient.ts"

/** Who an agent is. */
export interface Persona {
  /** Its name: the caller of its model calls. */
  readonly name: string
  /** What it works as, in a word or two. */
  readonly role: string
}

/** A plan: what to do, and which tools to use. */
export const Steps = Schema.Struct({ steps: Schema.Array(Schema.String), use: Schema.Array(Schema.String) })
export type Steps = typeof Steps.Type

/** A job in hand. */
export interface JobContext {
  readonly job: Job
  /** The moment on the gate's clock by which it must be done. */
  readonly deadlineAt: number
  /** What memory holds of it. */
  readonly known: string
}

/** What happened in a job. */
export interface Episode {
  readonly job: Job
  readonly completed: boolean
  /** What the agent saw, in order. */
  readonly observations: ReadonlyArray<string>
  /** The reasons for which results were not accepted. */
  readonly rejections: ReadonlyArray<string>
}

/** The first prompt of a conversation. */
export interface InitialPrompt {
  readonly prompt: Prompt.Prompt
  /** Most tokens of a reply. */
  readonly maxTokens: number
  /** The schema of the result, for endpoints that take one. */
  readonly format?: Format | undefined
  /** Tokens that a baseline would have spent on the prompt. Default: as many as it has. */
  readonly baseline?: number | undefined
}

/** How an agent remembers, plans, prompts and reflects. */
export interface Style {
  readonly recall: (job: Job) => Effect.Effect<string>
  /** Plans; `undefined` if the reply is no plan. */
  readonly plan: (context: JobContext) => Effect.Effect<Steps | undefined, Unanswered | GateClosing>
  readonly prompt: (context: JobContext, plan: Steps | undefined) => InitialPrompt
  /** Remembers what happened, and perhaps reflects on it. */
  readonly digest: (episode: Episode) => Effect.Effect<void, GateClosing>
}

/** Makes the style of one agent. */
export type MakeStyle = (persona: Persona, client: ModelClient) => Effect.Effect<Style>
