import { Result } from "effect"
import { type Prompt, Tool } from "effect/ai"

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

type Part = Exclude<Prompt.Message, Prompt.SystemMessage>["content"][number]

const ofPart = (part: Part): number => {
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
export const of = (prompt: Prompt.Prompt, tools: ReadonlyArray<Tool.Any>): number =>
  prompt.content.reduce((sum, message) => sum + ofMessage(message), 0) +
  tools.reduce((sum, tool) => sum + sizeOf(tool), 0)
