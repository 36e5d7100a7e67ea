import { Predicate, Result } from "effect"
import type { Readable } from "node:stream"
import { Timer, type TimerQueue } from "../engine/TimerQueue.ts"
import * as ContentCoding from "../upstream/ContentCoding.ts"
import * as Json from "../upstream/Json.ts"
import { isLegible } from "../upstream/Recognise.ts"
import { bodyTimeout, bodyTooLarge, type GatewayError, invalidRequest } from "./GatewayError.ts"

export interface Options {
  /** Bytes of the largest body. */
  readonly maxBytes: number
  /** Milliseconds that the body may take to arrive. */
  readonly timeout: number
  readonly timers: TimerQueue
}

/** A JSON object as it came, and what it says. */
export interface JsonBody {
  readonly bytes: Uint8Array
  readonly value: Readonly<Record<string, unknown>>
}

type Headers = Readonly<Record<string, string>>

const notJson = invalidRequest(undefined, "The request body is not a JSON object.")

const wrongCoding = (headers: Headers, why: string) =>
  invalidRequest("content-encoding", `The request's content-encoding is ${headers["content-encoding"]}, ${why}.`)

const toObject = (bytes: Uint8Array): Result.Result<JsonBody, GatewayError> => {
  const value = Json.parse(bytes)
  return Predicate.isObject(value) && !Array.isArray(value)
    ? Result.succeed({ bytes, value: value as Readonly<Record<string, unknown>> })
    : Result.fail(notJson)
}

/** Why the body of a request with these headers is not read; `undefined` if it is. */
export const refusalOf = (headers: Headers, { maxBytes }: Pick<Options, "maxBytes">): GatewayError | undefined => {
  if (Number(headers["content-length"] ?? 0) > maxBytes) return bodyTooLarge(maxBytes)
  if (isLegible({ headers }) || ContentCoding.of({ headers }) !== undefined) return undefined
  return wrongCoding(headers, `which must be one of ${ContentCoding.names.join(", ")}, or identity`)
}

/**
 * Reads the body of a request, which must be a JSON object, decompressed; returns a function that gives up on it.
 *
 * A body that comes too slowly, or too much of it, is read no further.
 */
export const read = (
  request: Readable,
  headers: Headers,
  { maxBytes, timeout, timers }: Options,
  done: (body: Result.Result<JsonBody, GatewayError>) => void
): (() => void) => {
  const parts: Array<Uint8Array> = []
  let length = 0
  const stopReading = () => {
    timers.cancel(timer)
    request.off("data", onData).off("end", onEnd)
  }
  let stop = stopReading
  const refuse = (error: GatewayError) => {
    stop()
    request.pause()
    done(Result.fail(error))
  }
  const onData = (part: Uint8Array) => {
    length += part.length
    parts.push(part)
    if (length > maxBytes) refuse(bodyTooLarge(maxBytes))
  }
  const onEnd = () => {
    stop()
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    const coding = ContentCoding.of({ headers })
    if (coding === undefined || !coding.begins(bytes)) return done(toObject(bytes))
    stop = ContentCoding.decompress(coding, bytes, maxBytes, (content) => {
      if (Result.isSuccess(content)) return done(toObject(content.success))
      const isTooLong = content.failure instanceof ContentCoding.TooLong
      done(Result.fail(isTooLong ? bodyTooLarge(maxBytes) : wrongCoding(headers, "but its body is not")))
    })
  }
  const timer = new Timer(() => refuse(bodyTimeout))
  timers.set(timer, timers.now(), timeout)
  request.on("data", onData).on("end", onEnd)
  return () => stop()
}
