import { ByteSize, type Duration, Effect, Predicate, type Scope } from "effect"
import { HttpIncomingMessage, type HttpServerError, type HttpServerRequest } from "effect/http"
import * as Json from "../upstream/Json.ts"
import { bodyTooLarge, type GatewayError, invalidRequest } from "./GatewayError.ts"
import * as BodyTimeout from "./BodyTimeout.ts"

export interface Options {
  /** Bytes of the largest body. */
  readonly maxBytes: number
  /** How long the body may take to arrive. */
  readonly timeout: Duration.Input
}

/** A JSON object as it came, and what it says. */
export interface JsonBody {
  readonly bytes: Uint8Array
  readonly value: Readonly<Record<string, unknown>>
}

const notReadable = invalidRequest(undefined, "The request body could not be read.")
const notJson = invalidRequest(undefined, "The request body is not a JSON object.")
const compressed = invalidRequest("content-encoding", "Compressed request bodies are not taken.")

const readFailure = (error: HttpServerError.HttpServerError, maxBytes: number): GatewayError =>
  error.reason._tag === "RequestParseError" && error.reason.reason === "BodyTooLarge"
    ? bodyTooLarge(maxBytes)
    : notReadable

const toObject = (bytes: Uint8Array): Effect.Effect<JsonBody, GatewayError> => {
  const value = Json.parse(bytes)
  return Predicate.isObject(value) && !Array.isArray(value)
    ? Effect.succeed({ bytes, value: value as Readonly<Record<string, unknown>> })
    : Effect.fail(notJson)
}

/** Reads the body of a request, which must be a JSON object. */
export const read = (
  request: HttpServerRequest.HttpServerRequest,
  { maxBytes, timeout }: Options
): Effect.Effect<JsonBody, GatewayError, Scope.Scope> => {
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return Effect.fail(bodyTooLarge(maxBytes))
  if ((request.headers["content-encoding"] ?? "identity") !== "identity") return Effect.fail(compressed)
  const body = request.arrayBuffer.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(maxBytes)),
    Effect.mapError((error) => readFailure(error, maxBytes))
  )
  return Effect.flatMap(BodyTimeout.read(body, timeout), (buffer) => toObject(new Uint8Array(buffer)))
}
