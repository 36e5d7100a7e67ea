import * as JsonObject from "./JsonObject.ts"

const encoder = new TextEncoder()

/** Puts another model's name in the JSON of a request; every other byte of it stays. */
export const replaced = (json: Uint8Array, model: string): Uint8Array => {
  const body = JsonObject.of(json)
  if (body === undefined) return json
  const name = encoder.encode(JSON.stringify(model))
  const parts: Array<Uint8Array> = []
  let from = 0
  // Readers differ in which of several members of one name they take.
  for (const member of body.members) {
    if (member.name !== "model") continue
    parts.push(json.subarray(from, member.from), name)
    from = member.to
  }
  return Buffer.concat([...parts, json.subarray(from)])
}
