import { Effect } from "effect"
import { type BaselineCost, stepsShape } from "../agents/Compact.ts"
import type { Situation } from "../agents/Plan.ts"
import type { Episode, JobContext, Persona, Steps } from "../agents/Style.ts"
import { Lru } from "../engine/Lru.ts"
import { Tokenizer } from "../tokenizer/Tokenizer.ts"
import * as Prompts from "./BaselinePrompts.ts"

/** Counts the tokens that an agent of the baseline would have sent: its frame, and all that it has seen. */
class Cost implements BaselineCost {
  readonly #count: (text: string) => number
  readonly #persona: Persona
  readonly #frames: Lru<string, number>
  #memories = 0

  constructor(count: (text: string) => number, persona: Persona, frames: Lru<string, number>) {
    this.#count = count
    this.#persona = persona
    this.#frames = frames
  }

  /** Adds what the baseline would remember. */
  observe({ observations }: Episode): void {
    this.#memories += this.#count(observations.join("\n"))
  }

  plan(situation: Situation): number {
    return this.#memories + this.#frame(situation.goal, () => Prompts.plan({ ...situation, known: "" }, stepsShape))
  }

  act({ deadlineAt, job }: JobContext, plan: Steps | undefined): number {
    const frame = this.#frame(`act: ${job.goal}`, () =>
      Prompts.act(this.#persona, { job: { ...job, task: "" }, deadlineAt, known: "" }, plan?.steps ?? [], "")
    )
    return this.#memories + frame + this.#count(job.task)
  }

  // The frame of one kind of job hardly differs from one to the next.
  #frame(key: string, text: () => string): number {
    const known = this.#frames.get(key)
    if (known !== undefined) return known
    const tokens = this.#count(text())
    this.#frames.set(key, tokens)
    return tokens
  }
}

/** Makes the cost of the baseline for each agent, with the tokenizer in use. */
export const make: Effect.Effect<(persona: Persona) => BaselineCost> = Effect.map(Tokenizer.current, ({ count }) => {
  const frames = new Lru<string, number>(100)
  return (persona) => new Cost(count, persona, frames)
})
