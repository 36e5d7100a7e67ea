import type { Prompt, Tool } from "effect/ai"
import { Tool as Tools } from "effect/ai"

const partOf = (part: Prompt.Part): string => {
  if (part.type === "text") return part.text
  if (part.type === "tool-call") return `${part.name} ${JSON.stringify(part.params)}`
  return part.type === "tool-result" ? JSON.stringify(part.result) : ""
}

/** What a prompt says, message by message. */
export const texts = ({ content }: Prompt.Prompt): ReadonlyArray<string> =>
  content.map((message) => (message.role === "system" ? message.content : message.content.map(partOf).join("\n")))

/** What a request says of a tool. */
export const definition = (tool: Tool.Any): string =>
  JSON.stringify({ name: tool.name, description: Tools.getDescription(tool), parameters: Tools.getJsonSchema(tool) })
