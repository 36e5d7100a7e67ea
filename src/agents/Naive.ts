import { Effect } from "effect"
import { Lru } from "../engine/Lru.ts"
import { Tokenizer } from "../tokenizer/Tokenizer.ts"
import type { Situation } from "./Plan.ts"
import type { Hand, Persona, Steps, Story } from "./Style.ts"
import * as Prompts from "./verbose/Prompts.ts"

/** Tells how many tokens an agent of the verbose style would have sent for the same: its frame, and all that it has seen. */
export class Naive {
  readonly #count: (text: string) => number
  readonly #persona: Persona
  readonly #frames: Lru<string, number>
  #memories = 0

  constructor(count: (text: string) => number, persona: Persona, frames: Lru<string, number>) {
    this.#count = count
    this.#persona = persona
    this.#frames = frames
  }

  /** Takes note of what a naive agent would remember. */
  observe({ observations }: Story): void {
    this.#memories += this.#count(observations.join("\n"))
  }

  plan(situation: Situation, shape: string): number {
    return this.#memories + this.#frame(situation.goal, () => Prompts.plan({ ...situation, known: "" }, shape))
  }

  act({ job, until }: Hand, plan: Steps | undefined): number {
    const frame = this.#frame(job.kind.name, () =>
      Prompts.act(this.#persona, { job: { ...job, task: "" }, until, known: "" }, plan?.steps ?? [], "")
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

/** Makes naive counterparts for agents, with the tokenizer in use. */
export const make: Effect.Effect<(persona: Persona) => Naive> = Effect.map(Tokenizer.current, ({ count }) => {
  const frames = new Lru<string, number>(100)
  return (persona) => new Naive(count, persona, frames)
})
