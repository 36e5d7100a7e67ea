import { Result } from "effect"
import { type Prompt, type Response, Tool } from "effect/ai"
import type { Event } from "../../stats/Event.ts"
import { perToken } from "../../tokenizer/TokenCount.ts"
import type { Part } from "./ErasedLanguageModel.ts"

// Definitions are read once, however often a tool is on offer.
const sizes = new WeakMap<Tool.Any, number>()

const written = (value: unknown): number => (JSON.stringify(value) ?? "").length

const sizeOf = (tool: Tool.Any): number => {
  const known = sizes.get(tool)
  if (known !== undefined) return known
  // A schema that cannot be written down is for the model to refuse.
  const schema = Result.getOrElse(
    Result.try(() => written(Tool.getJsonSchema(tool))),
    () => 0
  )
  const size = tool.name.length + (Tool.getDescription(tool) ?? "").length + schema
  sizes.set(tool, size)
  return size
}

type MessagePart = Exclude<Prompt.Message, Prompt.SystemMessage>["content"][number]

const ofPart = (part: MessagePart): number => {
  switch (part.type) {
    case "text":
    case "reasoning":
      return part.text.length
    case "tool-call":
      return part.name.length + written(part.params)
    case "tool-result":
      return written(part.result)
    default:
      return 0
  }
}

const ofMessage = ({ content }: Prompt.Message): number =>
  typeof content === "string" ? content.length : content.reduce((sum, part) => sum + ofPart(part), 0)

/** The characters of what a prompt and its tools say; files count nothing. */
export const promptSize = (prompt: Prompt.Prompt, tools: ReadonlyArray<Tool.Any>): number =>
  prompt.content.reduce((sum, message) => sum + ofMessage(message), 0) +
  tools.reduce((sum, tool) => sum + sizeOf(tool), 0)

/** Counts what one attempt took: as the model tells, else as many tokens as its characters make. */
export class UsageCounter {
  readonly #prompt: number
  #characters = 0
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
      else if ("delta" in part) this.#characters += part.delta.length
      else if ("text" in part) this.#characters += part.text.length
      else if (part.type === "tool-params-start") this.#startCall(part)
      else if (part.type === "tool-call" && !this.#streamed.has(part.id)) {
        this.#characters += part.name.length + written(part.params)
      }
    }
  }

  #startCall({ id, name }: Response.ToolParamsStartPart): void {
    this.#streamed.add(id)
    this.#characters += name.length
  }

  /** What to report, if anything came at all. */
  get event(): Event | undefined {
    if (!this.#begun) return undefined
    const { inputTokens, outputTokens } = this.#usage ?? {}
    return {
      _tag: "Tokens",
      prompt: inputTokens?.total ?? this.#prompt,
      completion: outputTokens?.total ?? Math.ceil(this.#characters / perToken),
      saved: 0
    }
  }
}
