import { Predicate } from "effect"
import * as Json from "./Json.ts"

/** A member of an object: its name, and where its value stands in the bytes. */
export interface Member {
  readonly name: string
  readonly from: number
  readonly to: number
}

/** An object as it stands in the bytes of a JSON text. */
export interface JsonObject {
  readonly members: ReadonlyArray<Member>
  /** Where its closing brace is. */
  readonly end: number
}

const [quote, comma, colon, backslash] = [0x22, 0x2c, 0x3a, 0x5c]
const [open, close, openList, closeList] = [0x7b, 0x7d, 0x5b, 0x5d]

const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

const afterSpace = (json: Uint8Array, at: number): number => {
  while (isSpace(json[at])) at++
  return at
}

const afterString = (json: Uint8Array, at: number): number => {
  for (let end = json.indexOf(quote, at + 1); end > 0; end = json.indexOf(quote, end + 1)) {
    let slashes = 0
    while (json[end - 1 - slashes] === backslash) slashes++
    if (slashes % 2 === 0) return end + 1
  }
  return json.length
}

const afterNested = (json: Uint8Array, at: number): number => {
  let depth = 0
  while (at < json.length) {
    const byte = json[at]
    if (byte === quote) {
      at = afterString(json, at)
      continue
    }
    at++
    if (byte === open || byte === openList) depth++
    else if ((byte === close || byte === closeList) && --depth === 0) return at
  }
  return at
}

const endsScalar = (byte: number | undefined) =>
  byte === undefined || byte === comma || byte === close || byte === closeList || isSpace(byte)

const afterValue = (json: Uint8Array, at: number): number => {
  const byte = json[at]
  if (byte === quote) return afterString(json, at)
  if (byte === open || byte === openList) return afterNested(json, at)
  while (!endsScalar(json[at])) at++
  return at
}

/** Finds the members of the object that begins there, in the order they stand, repeated names too; the text must be valid JSON. */
export const at = (json: Uint8Array, start: number): JsonObject | undefined => {
  if (json[start] !== open) return undefined
  const members: Array<Member> = []
  let at = afterSpace(json, start + 1)
  while (json[at] === quote) {
    const named = afterString(json, at)
    const name = Json.parse(json.subarray(at, named))
    at = afterSpace(json, named)
    if (!Predicate.isString(name) || json[at] !== colon) return undefined
    const from = afterSpace(json, at + 1)
    const to = afterValue(json, from)
    members.push({ name, from, to })
    at = afterSpace(json, to)
    if (json[at] === comma) at = afterSpace(json, at + 1)
  }
  return json[at] === close ? { members, end: at } : undefined
}

// Decoders drop a byte order mark, so a text with one counts as valid.
const marked = (json: Uint8Array) => json[0] === 0xef && json[1] === 0xbb && json[2] === 0xbf

/** Finds the members of the object that a text consists of. */
export const of = (json: Uint8Array): JsonObject | undefined => at(json, afterSpace(json, marked(json) ? 3 : 0))

const encoder = new TextEncoder()

/** Puts another value in each member of a name; every other byte of the object stays. */
export const replacing = (json: Uint8Array, name: string, value: unknown): Uint8Array => {
  const object = of(json)
  if (object === undefined) return json
  const written = encoder.encode(JSON.stringify(value))
  const parts: Array<Uint8Array> = []
  let from = 0
  // Readers differ in which of several members of one name they take.
  for (const member of object.members) {
    if (member.name !== name) continue
    parts.push(json.subarray(from, member.from), written)
    from = member.to
  }
  return Buffer.concat([...parts, json.subarray(from)])
}
