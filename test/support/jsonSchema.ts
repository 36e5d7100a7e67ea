type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const typeOf = (value: unknown): ReadonlyArray<string> => {
  if (value === null) return ["null"]
  if (Array.isArray(value)) return ["array"]
  if (typeof value === "number") return Number.isInteger(value) ? ["integer", "number"] : ["number"]
  return [typeof value]
}

/** What a reference of a document points at. */
export const resolve = (document: Json, reference: string): Json => {
  const path = reference.split("/").slice(1)
  const found = path.reduce<unknown>((part, key) => (isObject(part) ? part[key] : undefined), document)
  if (!reference.startsWith("#/") || !isObject(found)) throw new Error(`${reference} points at nothing`)
  return found
}

const known = new Set(
  "$ref type enum const anyOf allOf properties required items additionalProperties minimum maximum not description"
    .split(" ")
    .concat("exclusiveMinimum", "minItems", "pattern", "format", "title", "examples", "default", "x-effect-stream")
)

/** Every way in which a value is not as a JSON schema says; a word of schemas that is not known here is an error too. */
export const faults = (document: Json, schema: Json, value: unknown, at = "$"): ReadonlyArray<string> => {
  const unknown = Object.keys(schema).find((word) => !known.has(word))
  if (unknown !== undefined) return [`${at}: cannot judge ${unknown}`]
  const found: Array<string> = []
  const { $ref, additionalProperties, allOf, anyOf, items, maximum, minimum, properties, required, type } = schema
  const within = (part: unknown, value: unknown, place: string) => faults(document, part as Json, value, place)
  if ($ref !== undefined) found.push(...within(resolve(document, $ref as string), value, at))
  if (type !== undefined && !typeOf(value).includes(type as string)) found.push(`${at}: no ${String(type)}`)
  if (schema["enum"] !== undefined && !(schema["enum"] as Array<unknown>).includes(value))
    found.push(`${at}: not in enum`)
  if (anyOf !== undefined && !(anyOf as Array<Json>).some((one) => within(one, value, at).length === 0)) {
    found.push(`${at}: none of anyOf`)
  }
  for (const one of (allOf ?? []) as Array<Json>) found.push(...within(one, value, at))
  if (typeof value === "number") {
    if (value < Number(minimum ?? -Infinity) || value > Number(maximum ?? Infinity)) found.push(`${at}: out of range`)
  }
  if (Array.isArray(value) && isObject(items)) {
    for (const [index, item] of value.entries()) found.push(...within(items, item, `${at}[${index}]`))
  }
  if (isObject(value)) {
    for (const name of (required ?? []) as Array<string>)
      if (!Object.hasOwn(value, name)) found.push(`${at}.${name}: missing`)
    for (const [name, field] of Object.entries(value)) {
      const part = (properties as Json | undefined)?.[name] ?? additionalProperties
      if (isObject(part)) found.push(...within(part, field, `${at}.${name}`))
    }
  }
  return found
}
