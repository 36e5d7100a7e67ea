import type { Response } from "effect/ai"
import type { TokenUsage } from "../../TokenUsage.ts"
import { expected } from "../../tokenizer/Estimate.ts"
import type { Part } from "./ErasedLanguageModel.ts"

const written = (value: unknown): number => expected(JSON.stringify(value) ?? "")

/** Counts what one attempt took: as the model tells, else as many tokens as its text is expected to have. */
export class UsageCounter {
  readonly #prompt: number
  #tokens = 0
  /** The calls whose arguments came in pieces, which have been counted. */
  readonly #streamed = new Set<string>()
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
      else if ("delta" in part) this.#tokens += expected(part.delta)
      else if ("text" in part) this.#tokens += expected(part.text)
      else if (part.type === "tool-params-start") this.#startCall(part)
      else if (part.type === "tool-call" && !this.#streamed.has(part.id)) {
        this.#tokens += expected(part.name) + written(part.params)
      }
    }
  }

  #startCall({ id, name }: Response.ToolParamsStartPart): void {
    this.#streamed.add(id)
    this.#tokens += expected(name)
  }

  /** What to report, if anything came at all. */
  get usage(): TokenUsage | undefined {
    if (!this.#begun) return undefined
    const { inputTokens, outputTokens } = this.#usage ?? {}
    return {
      prompt: inputTokens?.total ?? this.#prompt,
      completion: outputTokens?.total ?? Math.ceil(this.#tokens)
    }
  }
}
