import { Result } from "effect"
import { type Prompt, Tool } from "effect/ai"
import type { Tokenizer } from "../../tokenizer/Tokenizer.ts"
import { perImage, perMessage, perReply } from "../../tokenizer/RequestTokens.ts"

type Count = (text: string) => number

// Definitions are counted once, however often a tool is on offer.
const counted = new WeakMap<Tokenizer, WeakMap<Tool.Any, number>>()

const written = (value: unknown): string => JSON.stringify(value) ?? ""

const definition = (tool: Tool.Any): string => {
  // A schema that cannot be written down is for the model to refuse.
  const schema = Result.getOrElse(
    Result.try(() => written(Tool.getJsonSchema(tool))),
    () => ""
  )
  return `${tool.name} ${Tool.getDescription(tool) ?? ""} ${schema}`
}

const ofTool = (tool: Tool.Any, tokenizer: Tokenizer): number => {
  const sizes = counted.get(tokenizer) ?? new WeakMap<Tool.Any, number>()
  counted.set(tokenizer, sizes)
  const known = sizes.get(tool)
  if (known !== undefined) return known
  const tokens = tokenizer.bounded()(definition(tool))
  sizes.set(tool, tokens)
  return tokens
}

type Part = Exclude<Prompt.Message, Prompt.SystemMessage>["content"][number]

const ofPart = (part: Part, count: Count): number => {
  switch (part.type) {
    case "text":
    case "reasoning":
      return count(part.text)
    case "tool-call":
      return count(part.name) + count(written(part.params))
    case "tool-result":
      return count(written(part.result))
    case "file":
      return part.mediaType.startsWith("image/") ? perImage : 0
    default:
      return 0
  }
}

/** The tokens of a prompt and its tools. An image counts as one of high detail, another file counts nothing. */
export const of = (prompt: Prompt.Prompt, tools: ReadonlyArray<Tool.Any>, tokenizer: Tokenizer): number => {
  const count = tokenizer.bounded()
  let tokens = perReply
  for (const { content } of prompt.content) {
    tokens += perMessage
    if (typeof content === "string") tokens += count(content)
    else for (const part of content) tokens += ofPart(part, count)
  }
  return tools.reduce((sum, tool) => sum + ofTool(tool, tokenizer), tokens)
}
