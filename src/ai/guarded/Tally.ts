import type { Response } from "effect/ai"
import type { Event } from "../../stats/Event.ts"
import { perToken } from "../../tokenizer/TokenCount.ts"
import type { Part } from "./Untyped.ts"

/** Counts what one attempt took: as the model tells, else as many tokens as its characters make. */
export class Tally {
  readonly #prompt: number
  #characters = 0
  #usage: Response.Usage | undefined
  #begun = false

  /** `prompt` is the estimate of the prompt's tokens. */
  constructor(prompt: number) {
    this.#prompt = prompt
  }

  /** Takes in parts of a response. */
  add(parts: ReadonlyArray<Part>): void {
    this.#begun = true
    for (const part of parts) {
      if (part.type === "finish") this.#usage = part.usage
      else if ("delta" in part) this.#characters += part.delta.length
      else if ("text" in part) this.#characters += part.text.length
    }
  }

  /** What to report, if anything came at all. */
  get event(): Event | undefined {
    if (!this.#begun) return undefined
    const { inputTokens, outputTokens } = this.#usage ?? {}
    return {
      _tag: "Tokens",
      prompt: inputTokens?.total ?? this.#prompt,
      completion: outputTokens?.total ?? Math.ceil(this.#characters / perToken)
    }
  }
}
