import { Predicate, Result } from "effect"
import type { Readable } from "node:stream"
import { Timer, type TimerQueue } from "../engine/TimerQueue.ts"
import * as ContentCoding from "../upstream/ContentCoding.ts"
import * as Json from "../upstream/Json.ts"
import { isLegible } from "../upstream/Recognise.ts"
import { bodyTimeout, bodyTooLarge, type GatewayError, invalidRequest } from "./GatewayError.ts"

export interface Options {
  /** The largest body. Bytes. */
  readonly maxBytes: number
  /** Longest time for the body to arrive. Milliseconds. */
  readonly timeout: number
  readonly timers: TimerQueue
}

/** A JSON object: its bytes as received, and its value. */
export interface JsonBody {
  readonly bytes: Uint8Array
  readonly value: Readonly<Record<string, unknown>>
}

type Headers = Readonly<Record<string, string>>

const notJson = invalidRequest(undefined, "The request body is not a JSON object.")

const wrongCoding = (headers: Headers, why: string) =>
  invalidRequest("content-encoding", `The request's content-encoding is ${headers["content-encoding"]}, ${why}.`)

const toObject = (bytes: Uint8Array, refusal = notJson): Result.Result<JsonBody, GatewayError> => {
  const value = Json.parse(bytes)
  return Predicate.isObject(value) && !Array.isArray(value)
    ? Result.succeed({ bytes, value: value as Readonly<Record<string, unknown>> })
    : Result.fail(refusal)
}

/** Refuses a body by its headers, before it is read; `undefined` admits it. */
export const refusalOf = (headers: Headers, { maxBytes }: Pick<Options, "maxBytes">): GatewayError | undefined => {
  if (Number(headers["content-length"] ?? 0) > maxBytes) return bodyTooLarge(maxBytes)
  if (isLegible({ headers }) || ContentCoding.of({ headers }) !== undefined) return undefined
  return wrongCoding(headers, `which must be a single one of ${ContentCoding.names.join(", ")}, or identity`)
}

/**
 * Reads and decompresses the body of a request, which must be a JSON object; returns a function that stops reading.
 *
 * Stops reading a body that is too large or takes too long.
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
    if (coding === undefined) return done(toObject(bytes))
    const unread = wrongCoding(headers, "but its body is not a JSON object in that coding, or was cut")
    if (!coding.begins(bytes)) return done(toObject(bytes, unread))
    stop = ContentCoding.decompress(coding, bytes, maxBytes, (content) => {
      if (Result.isSuccess(content)) return done(toObject(content.success, unread))
      const isTooLong = content.failure instanceof ContentCoding.TooLong
      done(Result.fail(isTooLong ? bodyTooLarge(maxBytes) : unread))
    })
  }
  const timer = new Timer(() => refuse(bodyTimeout))
  timers.set(timer, timers.now(), timeout)
  request.on("data", onData).on("end", onEnd)
  return () => stop()
}
