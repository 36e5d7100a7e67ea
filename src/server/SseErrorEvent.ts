import * as ServerSent from "../upstream/ServerSent.ts"
import type { GatewayError } from "./GatewayError.ts"

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const blank = /(?:\n\n|\r\r|\r\n\r\n)$/

/** An event of a response, which counts its events. */
const ofResponse = (body: GatewayError["body"], before: string) => {
  const numbers = [...before.matchAll(/"sequence_number": ?(\d+)/g)]
  const last = Number(numbers.at(-1)?.[1] ?? -1)
  const { code, message, param } = body.error
  return ServerSent.event({ type: "error", code, message, param, sequence_number: last + 1, ...body }, "error")
}

/** Writes the event with which a stream tells that it failed, to stand after the last bytes that were sent. */
export const of = (error: GatewayError, path: string, sent: Uint8Array | undefined): Uint8Array => {
  const before = sent === undefined ? "\n\n" : decoder.decode(sent)
  const event = path === "/responses" ? ofResponse(error.body, before) : ServerSent.event(error.body)
  // Whatever stands there already must not become a part of it.
  return encoder.encode(blank.test(before) ? event : `\n\n${event}`)
}
