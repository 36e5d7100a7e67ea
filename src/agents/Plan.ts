import { Effect, Option, type Schema } from "effect"
import { Prompt } from "effect/ai"
import { Lru } from "../engine/Lru.ts"
import { Stats } from "../Stats.ts"
import { JobStats } from "./JobStats.ts"
import * as Extract from "./Extract.ts"
import * as LookupTools from "./LookupTools.ts"
import * as Shape from "./Shape.ts"
import type { Closing, Talk, Unanswered } from "./Talk.ts"

/** What a plan is made for. */
export interface Situation {
  /** Who plans. */
  readonly agent: string
  readonly role: string
  readonly goal: string
  /** When, in ISO 8601. */
  readonly now: string
  /** What the agent can do. */
  readonly actions: ReadonlyArray<string>
  readonly limits: ReadonlyArray<string>
  /** What memory tells of it, a line each. */
  readonly known: string
}

// What is the same for all plans comes first, then what is for one agent: so much of the prompt a provider's cache holds.
const prompt = (situation: Situation, shape: string): Prompt.Prompt => {
  const { actions, agent, goal, known, limits, now, role } = situation
  const lines = [
    `You: ${agent}, ${role}`,
    `Actions: ${actions.join(", ")}`,
    ...(limits.length === 0 ? [] : [`Limits: ${limits.join(" ")}`]),
    ...(known === "" ? [] : [`Known:\n${known}`]),
    `Now: ${now}`,
    `Goal: ${goal}`
  ]
  return Prompt.make([
    { role: "system", content: `Plan briefly how to reach the goal. Reply only JSON ${shape}` },
    { role: "user", content: lines.join("\n") }
  ])
}

// Who asks, and when, does not change what is to be done.
const meaning = ({ actions, goal, known, limits, role }: Situation): string =>
  JSON.stringify([role, goal, actions, limits, known]).toLowerCase().replaceAll(/\s+/g, " ")

export interface Options<A> {
  /** The shape of a plan; a reply that has none is no plan. */
  readonly answer: Schema.Decoder<A>
  /** Most tokens of the reply, from 1; 120. */
  readonly most?: number | undefined
  /** Plans kept for situations that come again, from 0; 256. */
  readonly kept?: number | undefined
}

/** Makes plans, and remembers what it has planned. */
export interface Planner<A> {
  /** Plans by a moment on the gate's clock; asks no model where the same situation has been planned for. None if the reply was no plan. */
  readonly plan: (
    talk: Talk,
    situation: Situation,
    until: number,
    naive?: number
  ) => Effect.Effect<Option.Option<A>, Unanswered | Closing>
  /** Forgets a plan that did not lead to the goal. */
  readonly forget: (situation: Situation) => void
}

/** Makes a planner, for one agent or for all of a role. */
export const make = Effect.fnUntraced(function* <A>({
  answer,
  kept = 256,
  most = 120
}: Options<A>): Effect.fn.Return<Planner<A>> {
  const read = Extract.decode(answer)
  const shape = Shape.text(answer)
  const plans = new Lru<string, A>(kept)
  const tools = yield* LookupTools.none
  const stats = yield* Stats.section(JobStats.section)

  return {
    plan: Effect.fnUntraced(function* (talk, situation, until, naive) {
      const key = meaning(situation)
      const known = plans.get(key)
      if (known !== undefined) {
        stats.onPlanReused()
        if (naive !== undefined) talk.spare(naive)
        return Option.some(known)
      }
      const request = { purpose: "plan", prompt: prompt(situation, shape), tools, most, until, naive } as const
      const { text } = yield* talk.ask(request)
      const plan = yield* Effect.option(read(text))
      if (Option.isSome(plan)) plans.set(key, plan.value)
      return plan
    }),
    forget: (situation) => plans.delete(meaning(situation))
  }
})
