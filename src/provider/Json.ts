import { Option, Schema } from "effect"

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))
const decoder = new TextDecoder()

/** Reads bytes as JSON; `undefined` if they are none. */
export const parse = (bytes: Uint8Array): unknown => Option.getOrUndefined(decode(decoder.decode(bytes)))
