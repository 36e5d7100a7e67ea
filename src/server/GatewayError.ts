import { HttpServerResponse } from "effect/http"
import { Data } from "effect"
import * as ErrorReply from "../upstream/ErrorReply.ts"
import { protocolOf } from "../upstream/Protocol.ts"

/** An error of the gateway itself, written in the form of the API that was called. */
export class GatewayError extends Data.TaggedError("GatewayError")<ErrorReply.ErrorReply> {
  /** The same error with more headers. */
  with(headers: Readonly<Record<string, string>>): GatewayError {
    return new GatewayError({ ...this.fields, headers: { ...this.headers, ...headers } })
  }

  private get fields() {
    const { code, headers, message, param, status } = this
    return { code, headers, message, param, status }
  }

  get body() {
    return ErrorReply.bodyOf(this)
  }

  /** The answer to a request with this path and id, in the form that clients of the path's API expect. */
  answer(path: string, id: string) {
    const { errorBody, errorHeaders } = protocolOf(path)
    const body = JSON.stringify(errorBody(this.fields, id))
    const headers = {
      "content-type": "application/json",
      ...this.headers,
      ...errorHeaders(id),
      "content-length": String(Buffer.byteLength(body))
    }
    return { status: this.status, headers, body }
  }

  /** The same answer as a response for Effect's router. */
  responseTo(path: string, id: string): HttpServerResponse.HttpServerResponse {
    const { body, headers, status } = this.answer(path, id)
    return HttpServerResponse.text(body, { status, headers })
  }
}

/** The request is malformed. */
export const invalidRequest = (param: string | undefined, message: string): GatewayError =>
  new GatewayError(ErrorReply.invalidRequest(param, message))

export const invalidApiKey = new GatewayError({
  status: 401,
  code: "invalid_api_key",
  message: "This gateway needs a key: send it as `Authorization: Bearer <key>`, or for Anthropic's API as `x-api-key`.",
  headers: { "www-authenticate": "Bearer" }
})

/** The request is refused, with or without a key. */
export const forbidden = (param: string, message: string): GatewayError =>
  new GatewayError({ status: 403, code: "forbidden", param, message })

export const notFound = (method: string, path: string): GatewayError =>
  new GatewayError({ status: 404, code: "not_found", message: `There is no route ${method} ${path}.` })

export const methodNotAllowed = (method: string, path: string, allow: string): GatewayError =>
  new GatewayError({
    status: 405,
    code: "method_not_allowed",
    message: `${path} does not take ${method}; it takes ${allow}.`,
    headers: { allow }
  })

export const bodyTimeout = new GatewayError({
  status: 408,
  code: "body_timeout",
  message: "The request body did not arrive in time.",
  // The rest of the body must not be parsed as the next request.
  headers: { connection: "close" }
})

export const bodyTooLarge = (limit: number): GatewayError => new GatewayError(ErrorReply.bodyTooLarge(limit))

export const cutShort = new GatewayError({
  status: 503,
  code: "shutting_down",
  message: "The gateway shut down before the request had ended.",
  headers: { "retry-after": "1", "retry-after-ms": "1000" }
})

export const internalError = new GatewayError({
  status: 500,
  code: "internal_error",
  message: "The gateway failed. Its log has the error under this response's x-request-id."
})

export const upstreamUnreachable = (message: string): GatewayError =>
  new GatewayError(ErrorReply.upstreamUnreachable(message))
