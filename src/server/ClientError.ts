import { Predicate } from "effect"
import type { Server } from "node:http"
import type { Duplex } from "node:stream"
import { bodyTimeout, GatewayError, invalidRequest } from "./GatewayError.ts"

const tooLong = new GatewayError({
  status: 431,
  code: "invalid_request",
  message: "The request's headers are too long."
})
const noHttp = invalidRequest(undefined, "This is no HTTP/1.1 request.")

const errorOf = (cause: unknown): GatewayError => {
  const code = Predicate.hasProperty(cause, "code") ? cause.code : undefined
  if (code === "HPE_HEADER_OVERFLOW") return tooLong
  return code === "ERR_HTTP_REQUEST_TIMEOUT" ? bodyTimeout : noHttp
}

const answer = (cause: unknown, socket: Duplex & { readonly bytesWritten?: number }): void => {
  // Into an answer that has begun, nothing can be written.
  if (!socket.writable || (socket.bytesWritten ?? 0) > 0) {
    socket.destroy()
    return
  }
  const { body, status } = errorOf(cause)
  const json = JSON.stringify(body)
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`
  )
}

/** Answers in JSON what is too broken to become a request. */
export const answerMalformed = (server: Server): Server => server.on("clientError", answer)
