import { Effect, type Scope, Stream } from "effect"
import type { StreamedResponse } from "../Gate.ts"
import { judged } from "./events/Judged.ts"
import type { Reading } from "./events/Reading.ts"
import { readingOf } from "./events/Readings.ts"
import { FailedReply } from "./FailedReply.ts"
import * as ServerSent from "./ServerSent.ts"
import * as StreamUsage from "./StreamUsage.ts"
import type { UnfinishedAnswer } from "./UnfinishedAnswer.ts"
import { type Upstream, type UpstreamHead, type UpstreamRequest, type UpstreamUnreachable, whole } from "./Upstream.ts"
import type { Usage } from "./Usage.ts"

/** How an answer begins; one that is no stream of events is whole already. */
export interface Head extends UpstreamHead {
  readonly whole?: Uint8Array
}

/** How an answer is opened; see `OpenOptions`. */
export interface Options {
  readonly asItComes: boolean
  readonly askUsage: boolean
  readonly prompt: number
}

type Attempt = Effect.Effect<
  StreamedResponse<Head, Uint8Array, UpstreamUnreachable | UnfinishedAnswer>,
  FailedReply | UpstreamUnreachable,
  Scope.Scope
>

// What is kept of a failed answer's body: it is an error in words.
const longestFailure = 2 ** 20

const isEvents = ({ headers, status }: UpstreamHead): boolean =>
  status >= 200 && status < 300 && (headers["content-type"] ?? "").toLowerCase().startsWith(ServerSent.mediaType)

const isJson = ({ headers }: UpstreamHead): boolean => (headers["content-type"] ?? "").includes("json")

/** What an answer took: what it said, or else what its reader saw of it. */
const taken = ({ tokens, usage }: Reading, prompt: number): Usage | undefined => {
  if (usage !== undefined || tokens === 0) return usage
  return { prompt, completion: Math.ceil(tokens) }
}

/**
 * Makes attempts to open a streamed answer, and counts the tokens of each, however it ends.
 *
 * The tokens of an answer that ends without telling them are guessed: those of the prompt as given, and as many as what
 * came is expected to have, in text and in calls of tools.
 */
export const make = ({ open }: Upstream["Service"], count: (usage: Usage | undefined) => void) => {
  const openTelling = StreamUsage.make(open)

  return Effect.fnUntraced(function* (
    request: UpstreamRequest,
    { asItComes, askUsage, prompt }: Options
  ): Effect.fn.Return<Effect.Success<Attempt>, Effect.Error<Attempt>, Scope.Scope> {
    const { answer, unasked } = yield* askUsage ? openTelling(request) : StreamUsage.plain(open, request)
    const { body, headers, status } = answer
    if (FailedReply.is(answer)) {
      return yield* Effect.fail(new FailedReply({ reply: yield* whole(answer, longestFailure) }))
    }
    if (asItComes && !isEvents(answer) && !isJson(answer)) return { head: { status, headers }, body }
    if (!isEvents(answer)) {
      const reply = yield* whole(answer)
      return { head: { status, headers, whole: reply.body }, body: Stream.empty }
    }
    const head = { status, headers }
    const legible = (headers["content-encoding"] ?? "identity") === "identity"
    if (!legible) return { head, body }
    const reading = readingOf(request.path)
    yield* Effect.addFinalizer(() => Effect.sync(() => count(taken(reading, prompt))))
    return { head, ...judged(body, reading, unasked) }
  })
}
