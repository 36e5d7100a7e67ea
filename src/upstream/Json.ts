import { Result } from "effect"

const decoder = new TextDecoder()

/** Reads a text as JSON; `undefined` if it is invalid. */
export const parseText = (text: string): unknown => Result.getOrUndefined(Result.try((): unknown => JSON.parse(text)))

/** Reads bytes as JSON; `undefined` if they are invalid. */
export const parse = (bytes: Uint8Array): unknown => parseText(decoder.decode(bytes))
