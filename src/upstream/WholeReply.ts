import { Effect } from "effect"
import { isKnown } from "./events/Readings.ts"
import { FailedReply } from "./FailedReply.ts"
import * as Json from "./Json.ts"
import * as ReportedError from "./ReportedError.ts"
import { UnfinishedAnswer } from "./UnfinishedAnswer.ts"
import type { UpstreamHead, UpstreamReply } from "./Upstream.ts"
import { type Usage, usageIn } from "./Usage.ts"

/** A reply, and what was read in it. */
export interface ReadReply {
  readonly reply: UpstreamReply
  readonly usage: Usage | undefined
  /** Whether it is an answer: of a successful status, and a JSON object. */
  readonly isAnswer: boolean
}

const [space, brace, bracket] = [0x20, 0x7b, 0x5b]

/** Whether the bytes of a body can be read: they are not compressed. */
export const isLegible = ({ headers }: UpstreamHead): boolean =>
  (headers["content-encoding"] ?? "identity").trim().toLowerCase() === "identity"

/** The first byte that is not white space; -1 if there is none. */
const firstOf = (body: Uint8Array): number => body.find((byte) => byte > space) ?? -1

const succeeded = ({ status }: UpstreamHead): boolean => status >= 200 && status < 300

/**
 * Reads a whole reply, and fails if its status or its body says that it is no answer.
 *
 * A body that reports an error has the status that the error names. One with nothing in it, where a JSON object was asked
 * for, is no answer either.
 */
export const read = (reply: UpstreamReply, path: string): Effect.Effect<ReadReply, FailedReply | UnfinishedAnswer> => {
  if (FailedReply.is(reply)) return Effect.fail(new FailedReply({ reply }))
  if (!succeeded(reply) || !isLegible(reply)) return Effect.succeed({ reply, usage: undefined, isAnswer: false })
  const first = firstOf(reply.body)
  // 204 says itself that there is nothing.
  if (first === -1 && reply.status !== 204 && isKnown(path))
    return Effect.fail(new UnfinishedAnswer({ why: "The model answered with nothing." }))
  const value = first === brace || first === bracket || first === 0xef ? Json.parse(reply.body) : undefined
  const reported = isKnown(path) ? ReportedError.of(value) : undefined
  if (reported !== undefined) return Effect.fail(new FailedReply({ reply, reported }))
  return Effect.succeed({ reply, usage: usageIn(value), isAnswer: value !== undefined })
}
