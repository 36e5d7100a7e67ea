import { messages, protocolOf } from "../upstream/Protocol.ts"
import * as ServerSent from "../upstream/ServerSent.ts"
import type { GatewayError } from "./GatewayError.ts"

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const blank = /(?:\n\n|\r\r|\r\n\r\n)$/

/** An event of the Responses API, which numbers its events. */
const ofResponse = (body: GatewayError["body"], before: string) => {
  const numbers = [...before.matchAll(/"sequence_number": ?(\d+)/g)]
  const last = Number(numbers.at(-1)?.[1] ?? -1)
  const { code, message, param } = body.error
  return ServerSent.event({ type: "error", code, message, param, sequence_number: last + 1, ...body }, "error")
}

const eventOf = (error: GatewayError, path: string, requestId: string, before: string): string => {
  if (path === "/responses") return ofResponse(error.body, before)
  const protocol = protocolOf(path)
  return ServerSent.event(protocol.errorBody(error, requestId), protocol === messages ? "error" : undefined)
}

/** Writes the event that reports the failure of a stream, after the last bytes that were sent. */
export const of = (
  error: GatewayError,
  { path, requestId }: { readonly path: string; readonly requestId: string },
  sent: Uint8Array | undefined
): Uint8Array => {
  const before = sent === undefined ? "\n\n" : decoder.decode(sent)
  const event = eventOf(error, path, requestId, before)
  // An unfinished event before it must not swallow it.
  return encoder.encode(blank.test(before) ? event : `\n\n${event}`)
}
