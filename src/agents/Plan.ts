import { Effect, Option, type Schema } from "effect"
import { Prompt } from "effect/ai"
import * as Field from "../config/Field.ts"
import { decode } from "../config/Options.ts"
import { Lru } from "../engine/Lru.ts"
import { Stats } from "../Stats.ts"
import { JobStats } from "./JobStats.ts"
import * as Extract from "./Extract.ts"
import { formatOf, noTools, schemaField, shapeOf } from "./Job.ts"
import type { GateClosing, ModelClient, Unanswered } from "./ModelClient.ts"

/** The situation that a plan is made for. */
export interface Situation {
  /** The name of the agent. */
  readonly agent: string
  readonly role: string
  readonly goal: string
  /** When, in ISO 8601. */
  readonly now: string
  /** What the agent can do. */
  readonly actions: ReadonlyArray<string>
  readonly limits: ReadonlyArray<string>
  /** What memory holds of it, a line each. */
  readonly known: string
}

// The same for all plans first, then what is one agent's own, so that a provider's prompt cache holds the most.
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

// The agent and the time do not change what is to be done.
const keyOf = ({ actions, goal, known, limits, role }: Situation): string =>
  JSON.stringify([role, goal, actions, limits, known]).toLowerCase().replaceAll(/\s+/g, " ")

export interface Options<A> {
  /** The schema of a plan; a reply without a value of it is no plan. */
  readonly answer: Schema.Decoder<A>
  /** Most tokens of the reply. From 1. Default: 120. */
  readonly maxTokens?: number | undefined
  /** Plans kept for situations that come again. From 0. Default: 256. */
  readonly kept?: number | undefined
}

const fields = {
  answer: schemaField,
  maxTokens: Field.integer(1, 1_000_000, { default: 120 }),
  kept: Field.integer(0, 1_000_000, { default: 256 })
}

/** Makes plans, and keeps them for the same situation. */
export interface Planner<A> {
  /**
   * Plans by a moment on the gate's clock. For a situation that is known no model is asked. None if the reply is no
   * plan.
   */
  readonly plan: (
    client: ModelClient,
    situation: Situation,
    deadlineAt: number,
    baseline?: number
  ) => Effect.Effect<Option.Option<A>, Unanswered | GateClosing>
  /** Forgets a plan that did not lead to the goal. */
  readonly forget: (situation: Situation) => void
}

/**
 * Makes a planner, for one agent or for all of a role.
 *
 * @example
 * const program = Effect.gen(function* () {
 *   const planner = yield* Plan.make({ answer: Schema.Struct({ steps: Schema.Array(Schema.String) }) })
 *   const client = yield* ModelClient.make("ada")
 *   const situation = {
 *     agent: "ada",
 *     role: "merchant",
 *     goal: "Restock nails.",
 *     now: "2026-01-05T08:00",
 *     actions: ["buy", "answer"],
 *     limits: [],
 *     known: "The smith sells nails on Mondays."
 *   }
 *   return yield* planner.plan(client, situation, Infinity)
 * })
 *
 * const model = SimulatedLanguageModel.layer.pipe(Layer.provide(SimulatedModel.layer()))
 * Option.isSome(await Effect.runPromise(VirtualTime.run(Effect.provide(program, model)))) // => true
 */
export const make = Effect.fnUntraced(function* <A>(options: Options<A>): Effect.fn.Return<Planner<A>> {
  const { kept, maxTokens } = yield* Effect.orDie(decode(fields, options))
  const { answer } = options
  const read = Extract.decode(answer)
  const shape = shapeOf(answer)
  const format = formatOf(answer)
  const plans = new Lru<string, A>(kept)
  const tools = yield* noTools
  const stats = yield* Stats.section(JobStats.section)

  return {
    plan: Effect.fnUntraced(function* (client, situation, deadlineAt, baseline) {
      const key = keyOf(situation)
      const known = plans.get(key)
      if (known !== undefined) {
        stats.onPlanReused()
        if (baseline !== undefined) client.recordSaved(baseline)
        return Option.some(known)
      }
      const request = { purpose: "plan", tools, format, maxTokens, deadlineAt, baseline } as const
      const { text } = yield* client.ask({ ...request, prompt: prompt(situation, shape) })
      const plan = yield* Effect.option(read(text))
      if (Option.isSome(plan)) plans.set(key, plan.value)
      return plan
    }),
    forget: (situation) => plans.delete(keyOf(situation))
  }
})
