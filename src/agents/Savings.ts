import type { Event } from "../stats/Event.ts"

/** Counts the prompt tokens that were not sent, as the model would have billed them. */
export class Savings {
  readonly #record: (event: Event) => void
  #billed = 0
  #counted = 0

  constructor(record: (event: Event) => void) {
    this.#record = record
  }

  /** Takes note of a prompt: what the model billed for it, what the tokenizer counts, and what a naive one would count. */
  sent(billed: number, counted: number, naive: number): void {
    this.#billed += billed
    this.#counted += counted
    this.#save(naive * this.#rate - billed)
  }

  /** Takes note of a call that was not made at all. */
  spared(naive: number): void {
    this.#save(naive * this.#rate)
  }

  // A tokenizer that estimates is off by the same for both.
  get #rate(): number {
    return this.#counted === 0 ? 1 : this.#billed / this.#counted
  }

  #save(tokens: number): void {
    this.#record({ _tag: "Tokens", prompt: 0, completion: 0, saved: Math.max(0, Math.round(tokens)) })
  }
}
