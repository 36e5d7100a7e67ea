import { Cause, Effect, Predicate, Result } from "effect"
import { Rejection, shuttingDown } from "../../Rejection.ts"
import type { Now } from "../../engine/Time.ts"
import * as CallHeaders from "../../upstream/CallHeaders.ts"
import * as ClientRetries from "../../upstream/ClientRetries.ts"
import { type ErrorReply, upstreamUnreachable } from "../../upstream/ErrorReply.ts"
import { UpstreamErrorResponse } from "../../upstream/UpstreamErrorResponse.ts"
import type { GuardedUpstream } from "../../upstream/GuardedUpstream.ts"
import * as Json from "../../upstream/Json.ts"
import * as RejectionResponse from "../../upstream/RejectionResponse.ts"
import { RejectionError } from "../../Rejection.ts"
import * as RequestTokens from "../../tokenizer/RequestTokens.ts"
import type { Tokenizer } from "../../tokenizer/Tokenizer.ts"
import { countTokens } from "../../upstream/Protocol.ts"
import { TruncatedStream } from "../../upstream/TruncatedStream.ts"
import * as Answer from "./Answer.ts"
import * as Body from "./Body.ts"
import { FetchFailure } from "./FetchAttempt.ts"
import { endpointOf, type FetchUpstreamRequest, pathOf } from "./FetchUpstream.ts"
import * as FetchRequest from "./FetchRequest.ts"
import { RequestRefused } from "./RequestRefused.ts"

/** What every call needs. */
export interface Parts {
  readonly upstream: GuardedUpstream["Service"]
  readonly clock: Now
  readonly tokenizer: Tokenizer
  readonly random: () => number
  /** Bytes of the longest body that is read from a stream. */
  readonly maxBodyBytes: number
}

const chat = "/chat/completions"

const objectOf = (bytes: Uint8Array | undefined, type = "json"): Readonly<Record<string, unknown>> => {
  const value = bytes === undefined || !type.includes("json") ? undefined : Json.parse(bytes)
  return Predicate.isObject(value) && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

/** One request on its way through the gate. */
export class FetchCall {
  readonly #parts: Parts
  readonly #outgoing: FetchRequest.FetchRequest
  readonly #arrivedAt: number
  #startedAt: number | undefined
  #attempts = 0

  constructor(parts: Parts, outgoing: FetchRequest.FetchRequest) {
    this.#parts = parts
    this.#outgoing = outgoing
    this.#arrivedAt = parts.clock()
  }

  /** Hands the response out as soon as it is known, and is over when its place has been given back. */
  readonly effect = (
    respond: (response: Response) => void,
    reading: Pick<Answer.Reading, "context" | "leave">
  ): Effect.Effect<void, unknown> =>
    Effect.scoped(
      Effect.flatMap(this.#sent, (answer) => {
        const { url } = this.#outgoing
        if (!("ended" in answer))
          return Effect.sync(() =>
            respond(Answer.whole(answer, UpstreamErrorResponse.is(answer) ? this.#failed : this.#waited, url))
          )
        const errorOf = (cause: Cause.Cause<unknown>) => this.#brokenBy(cause)
        respond(Answer.streamed(answer, this.#waited, url, { ...reading, errorOf }))
        return answer.ended
      })
    )

  /** What a call that failed comes to: a response, or what `fetch` would have rejected with. */
  endedBy(cause: Cause.Cause<unknown>): Response | { readonly error: unknown } {
    const error = Cause.hasInterruptsOnly(cause) ? new Rejection({ reason: shuttingDown }) : Cause.squash(cause)
    if (error instanceof RequestRefused) return this.#refused(error.reply)
    if (error instanceof Rejection) return this.#refused(RejectionResponse.toHttp(error.reason, this.#parts.random()))
    if (error instanceof TruncatedStream) return this.#refused(upstreamUnreachable(error.message))
    return { error: error instanceof FetchFailure ? error.error : error }
  }

  get #sent() {
    return Effect.gen({ self: this }, function* () {
      const { maxBodyBytes, tokenizer, upstream } = this.#parts
      const { said } = this.#outgoing
      const asked = Result.mapError(CallHeaders.read(said, undefined), (reply) => new RequestRefused({ reply }))
      const options = yield* Effect.fromResult(asked)
      const body = yield* Body.of(this.#outgoing.body, maxBodyBytes)
      const untold = this.#request(body)
      const value = objectOf(body.bytes, untold.headers["content-type"])
      const request = { ...untold, model: String(value["model"] ?? "") }
      const prompt = RequestTokens.ofPrompt(value, tokenizer)
      const tokens = request.path === countTokens ? 0 : RequestTokens.withReply(prompt, value)
      const call = { ...options, tokens, maxTokens: RequestTokens.ofReplies(value) }
      const started = () => {
        this.#attempts++
        this.#startedAt ??= this.#parts.clock()
      }
      // A chat that asks for no stream may be answered by one, but must not be asked for its usage.
      const streamed = value["stream"] === true
      const plain = request.path === chat && !streamed
      return yield* ClientRetries.passing(
        said,
        this.#outgoing.signal
      )(upstream.open(call, request, { asItComes: !plain, askUsage: !plain, prompt, started, streamed }))
    })
  }

  #request({ bytes, sent, type }: Body.Body): FetchUpstreamRequest {
    const { said, url } = this.#outgoing
    // Its length may change on its way.
    const { "content-length": _, ...headers } = FetchRequest.forwarded(said)
    if (type !== undefined) headers["content-type"] ??= type
    return {
      method: "POST",
      path: pathOf(url),
      headers,
      body: bytes,
      endpoint: endpointOf(url),
      outgoing: this.#outgoing,
      sent
    }
  }

  /** What a failure in the middle of an answer is for its reader. */
  #brokenBy(cause: Cause.Cause<unknown>): { readonly error: unknown } | undefined {
    const { signal } = this.#outgoing
    if (Cause.hasInterruptsOnly(cause)) {
      return { error: signal?.aborted === true ? signal.reason : new RejectionError(shuttingDown) }
    }
    const error = Cause.squash(cause)
    if (error instanceof Rejection) return { error: new RejectionError(error.reason) }
    // Its last events have told of it.
    if (error instanceof TruncatedStream && error.reported !== undefined) return undefined
    return { error: error instanceof FetchFailure ? error.error : error }
  }

  #refused(reply: ErrorReply): Response {
    return Answer.refused(reply, this.#failed, this.#outgoing.url)
  }

  get #failed(): Readonly<Record<string, string>> {
    return { ...this.#waited, ...ClientRetries.failureHeaders(this.#outgoing.said, this.#attempts) }
  }

  get #waited(): Readonly<Record<string, string>> {
    const { clock } = this.#parts
    return { "x-headgate-wait-ms": String(Math.round((this.#startedAt ?? clock()) - this.#arrivedAt)) }
  }
}
