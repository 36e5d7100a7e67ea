import * as Json from "../Json.ts"
import * as ReportedError from "../ReportedError.ts"

const decoder = new TextDecoder()

const field = /^error: ?(.+)$/m

/**
 * Reads an error that stands in a stream outside of any event; `undefined` if there is none.
 *
 * Some endpoints write it in a field of that name, or as a line of bare JSON. No reader of events sees either.
 */
export const read = (bytes: Uint8Array): { readonly name: string | undefined; readonly data: string } | undefined => {
  const text = decoder.decode(bytes).trim()
  const named = field.exec(text)?.[1]
  if (named !== undefined) return { name: "error", data: named }
  if (!text.startsWith("{") || ReportedError.of(Json.parseText(text)) === undefined) return undefined
  return { name: undefined, data: text }
}
