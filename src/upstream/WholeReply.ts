import { Result } from "effect"
import * as ContentCoding from "./ContentCoding.ts"
import { isKnown, readerOf } from "./events/StreamReaders.ts"
import { SseSplitter } from "./events/SseSplitter.ts"
import { UpstreamErrorResponse } from "./UpstreamErrorResponse.ts"
import * as Json from "./Json.ts"
import { isEvents, isLabelled, isLegible } from "./Recognise.ts"
import * as ReportedError from "./ReportedError.ts"
import { TruncatedStream } from "./TruncatedStream.ts"
import type { UpstreamHead, UpstreamReply } from "./Upstream.ts"
import { type Usage, usageIn } from "./Usage.ts"

/** A reply, with its usage. */
export interface ReadReply {
  readonly reply: UpstreamReply
  readonly usage: Usage | undefined
  /** Whether it is an answer: of a successful status, and a JSON object. */
  readonly isAnswer: boolean
}

const [space, brace, bracket, mark] = [0x20, 0x7b, 0x5b, 0xef]

/** The first byte that is not white space; -1 if there is none. */
const firstOf = (body: Uint8Array): number => body.find((byte) => byte > space) ?? -1

const succeeded = ({ status }: UpstreamHead): boolean => status >= 200 && status < 300

/**
 * Reads a whole reply, and fails if its status or its body reports an error.
 *
 * The failure has the status that the error names. Where a JSON object was requested, an empty body fails too; so does a
 * body without JSON if the reply is `replaceable`, since another endpoint may answer.
 */
export const read = (
  reply: UpstreamReply,
  path: string,
  replaceable: boolean
): Result.Result<ReadReply, UpstreamErrorResponse | TruncatedStream> => {
  if (UpstreamErrorResponse.is(reply)) return Result.fail(new UpstreamErrorResponse({ reply }))
  const content = isLegible(reply) ? reply.body : ContentCoding.contentOf(reply)
  if (!succeeded(reply) || content === undefined) {
    return Result.succeed({ reply, usage: undefined, isAnswer: false })
  }
  const first = firstOf(content)
  // 204 has no body.
  if (first === -1 && reply.status !== 204 && isKnown(path))
    return Result.fail(new TruncatedStream({ why: "The model answered with an empty body." }))
  const { isAnswer, reported, usage } = contentOf(content, first, path, isLabelled(reply))
  const isFailure = reported !== undefined || (replaceable && !isAnswer && reply.status !== 204)
  if (isFailure && isKnown(path)) {
    return Result.fail(new UpstreamErrorResponse({ reply, reported: reported ?? noAnswer }))
  }
  return Result.succeed({ reply, usage, isAnswer })
}

/** A page of a proxy, a bare text, or JSON that breaks off, in place of the object that was asked for. */
const noAnswer: ReportedError.ReportedError = { status: 502, code: undefined, retryAfterMs: undefined }

/** Reads a body as JSON or as events: some endpoints stream although the request did not ask for it. */
const contentOf = (body: Uint8Array, first: number, path: string, labelled: boolean) => {
  const value = first === brace || first === bracket || first === mark ? Json.parse(body) : undefined
  if (isEvents(body) || (labelled && value === undefined)) {
    const reader = readerOf(path)
    for (const { event } of new SseSplitter().push(body)) if (event !== undefined) reader.onEvent(event)
    return { isAnswer: reader.begun, reported: reader.begun ? undefined : reader.reported, usage: reader.usage }
  }
  return { isAnswer: value !== undefined, reported: ReportedError.of(value), usage: usageIn(value) }
}
