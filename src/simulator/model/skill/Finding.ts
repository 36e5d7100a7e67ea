import type { Skill } from "./Skill.ts"

/** Finds what is named in a text: the first word with a digit after it. */
export const field: Skill = ({ instruction }) => {
  const [, name] = instruction.match(/\bfind the ([\p{L} ]+?) in\b/iu) ?? []
  if (name === undefined) return undefined
  const text = instruction.slice(instruction.indexOf("\n") + 1)
  return text.match(new RegExp(`${name}(?: (?:is|was|said))? ([\\w-]*\\d[\\w-]*)`, "i"))?.[1]
}
