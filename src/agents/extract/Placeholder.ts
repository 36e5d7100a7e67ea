/** Stands where a reply ended, or left something out. */
export const gap = "\uE000"

const typeNames = new Set(["string", "number", "integer", "boolean", "array", "object", "null", "float", "int", "bool"])

/** Whether a text only shows where a value belongs: `<1-10>`, `...`. */
export const isPlaceholder = (value: unknown): boolean =>
  typeof value === "string" && value.length < 200 && /^(?:<[^<>]*>|\.{3}|…|\{\{.*\}\})$/.test(value.trim())

/** Whether a text names a type, or says which texts there are, instead of being one. */
export const describesValues = (value: unknown): boolean =>
  typeof value === "string" &&
  value.length < 200 &&
  (typeNames.has(value.trim().toLowerCase()) || /^[\w" -]+(?:\|[\w" -]+)+$/.test(value))
