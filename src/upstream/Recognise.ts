import * as ServerSent from "./ServerSent.ts"
import type { UpstreamHead } from "./Upstream.ts"

// White space before the first word, at the most.
const longestPrelude = 65_536

// The fields of an event (WHATWG HTML, 9.2.6), and a comment, which has no name.
const fields = ["data", "event", "id", "retry"]
const field = /^(?:data|event|id|retry)?[ \t]*(?::|[\r\n])/

const decoder = new TextDecoder()

/** Whether the bytes of a body can be read: they are not compressed. */
export const isLegible = ({ headers }: Pick<UpstreamHead, "headers">): boolean =>
  (headers["content-encoding"] ?? "identity").trim().toLowerCase() === "identity"

/** Whether an answer is called a stream of events. */
export const isLabelled = ({ headers, status }: UpstreamHead): boolean =>
  status >= 200 && status < 300 && (headers["content-type"] ?? "").trim().toLowerCase().startsWith(ServerSent.mediaType)

/** Whether the bytes of a body begin a stream of events. */
export const isEvents = (body: Uint8Array): boolean => field.test(decoder.decode(body.subarray(0, 1024)).trimStart())

/**
 * Whether the first parts of an answer begin a stream of events, whatever it is called; `undefined` if more of it must
 * come to tell.
 */
export const begins = (parts: ReadonlyArray<Uint8Array>, labelled: boolean): boolean | undefined => {
  // A character may have been cut, such as a byte order mark.
  const text = new TextDecoder().decode(parts.length === 1 ? parts[0] : Buffer.concat(parts), { stream: true })
  const begun = text.trimStart()
  // An error in JSON often keeps the label that the stream would have had.
  if (labelled) return !/^[{[]/.test(begun)
  if (field.test(begun)) return true
  return text.length < longestPrelude && fields.some((name) => name.startsWith(begun)) ? undefined : false
}
