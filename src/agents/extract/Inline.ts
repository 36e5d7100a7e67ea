import type { JsonSchema } from "effect"
import type { Shape } from "./Shape.ts"

const pointer = /^#\/\$defs\/(.+)$/

const nameOf = (ref: string) => pointer.exec(ref)?.[1]?.replaceAll("~1", "/").replaceAll("~0", "~")

/** Puts definitions in the places that refer to them; what refers to itself becomes a circle. */
export const inline = ({ definitions, schema }: JsonSchema.Document<"draft-2020-12">): Shape => {
  const known = new Map<string, Record<string, unknown>>()

  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy)
    if (typeof value !== "object" || value === null) return value
    const name = "$ref" in value && typeof value.$ref === "string" ? nameOf(value.$ref) : undefined
    if (name !== undefined) return defined(name)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copy(member)]))
  }

  const defined = (name: string): unknown => {
    const before = known.get(name)
    if (before !== undefined) return before
    const shape: Record<string, unknown> = {}
    known.set(name, shape)
    return Object.assign(shape, copy(definitions[name]))
  }

  return copy(schema) as Shape
}
