import { Predicate } from "effect"
import { randomBytes } from "node:crypto"
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http"
import type { Duplex } from "node:stream"
import { bodyTimeout, GatewayError, invalidRequest } from "./GatewayError.ts"
import { givenId, headOf, type RequestHead } from "./RequestHead.ts"

const tooLong = new GatewayError({
  status: 431,
  code: "invalid_request",
  message: "The request's headers are too long."
})
const noHttp = invalidRequest(undefined, "The request is not valid HTTP/1.1.")
const noHost = invalidRequest("host", "The request has no `host` header, which HTTP/1.1 requires.")
const unexpected = new GatewayError({
  status: 417,
  code: "invalid_request",
  param: "expect",
  message: "The `expect` header may only be `100-continue`."
})

const errorOf = (cause: unknown): GatewayError => {
  const code = Predicate.hasProperty(cause, "code") ? cause.code : undefined
  if (code === "HPE_HEADER_OVERFLOW") return tooLong
  return code === "ERR_HTTP_REQUEST_TIMEOUT" ? bodyTimeout : noHttp
}

/** The response to a request that no route sees. */
const responseOf = (error: GatewayError, { headers, url }: RequestHead) => {
  const id = givenId(headers) ?? `req_${randomBytes(12).toString("hex")}`
  const { body: json, headers: own } = error.answer(url, id)
  return { json, headers: { connection: "close", "x-request-id": id, ...own } }
}

const answer = (cause: unknown, socket: Duplex & { readonly bytesWritten?: number }): void => {
  // A response that has begun cannot take an error.
  if (!socket.writable || (socket.bytesWritten ?? 0) > 0) {
    socket.destroy()
    return
  }
  const error = errorOf(cause)
  const { headers, json } = responseOf(error, { method: "", url: "", headers: {} })
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\n${lines.join("")}\r\n${json}`)
}

const refuse = (error: GatewayError, request: IncomingMessage, response: ServerResponse): true => {
  const { headers, json } = responseOf(error, headOf(request))
  response.writeHead(error.status, headers).end(json)
  return true
}

const isHostless = ({ headers, httpVersion }: IncomingMessage): boolean =>
  headers.host === undefined && httpVersion === "1.1"

/** Answers malformed requests with an error in JSON. The server must be made with `requireHostHeader: false`. */
export const answerMalformed = (server: Server): Server => {
  const emit = server.emit.bind(server) as (event: string, ...args: ReadonlyArray<unknown>) => boolean
  server.emit = (event: string, ...args: ReadonlyArray<unknown>): boolean => {
    if (event !== "request" && event !== "checkContinue") return emit(event, ...args)
    const [request, response] = args as [IncomingMessage, ServerResponse]
    return isHostless(request) ? refuse(noHost, request, response) : emit(event, ...args)
  }
  return server
    .on("clientError", answer)
    .on("checkExpectation", (request, response) => void refuse(unexpected, request, response))
}
