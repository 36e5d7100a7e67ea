import { Cause, Effect, Exit, Predicate, Result } from "effect"
import type { CallOptions, Waited } from "../../Call.ts"
import { Rejection, RejectionError, shuttingDown } from "../../Rejection.ts"
import type { Active } from "../../engine/PromiseCall.ts"
import type { Now } from "../../engine/Time.ts"
import * as CallHeaders from "../../upstream/CallHeaders.ts"
import { type ErrorReply, upstreamUnreachable } from "../../upstream/ErrorReply.ts"
import { UpstreamErrorResponse } from "../../upstream/UpstreamErrorResponse.ts"
import type { Caller, GuardedUpstream, Passing, Unanswered } from "../../upstream/GuardedUpstream.ts"
import * as Json from "../../upstream/Json.ts"
import * as RejectionResponse from "../../upstream/RejectionResponse.ts"
import * as RequestTokens from "../../tokenizer/RequestTokens.ts"
import type { Tokenizer } from "../../tokenizer/Tokenizer.ts"
import { countTokens } from "../../upstream/Protocol.ts"
import { TruncatedStream } from "../../upstream/TruncatedStream.ts"
import type { UpstreamHead, UpstreamReply } from "../../upstream/Upstream.ts"
import * as WaitHeader from "../../upstream/WaitHeader.ts"
import type { ActiveCalls } from "../ActiveCalls.ts"
import * as Answer from "./Answer.ts"
import * as Body from "./Body.ts"
import { endpointOf, FetchFailure, type FetchUpstreamRequest, pathOf } from "./FetchUpstream.ts"
import * as FetchRequest from "./FetchRequest.ts"
import { RequestRefused } from "./RequestRefused.ts"

/** What every call needs. */
export interface Parts {
  readonly upstream: GuardedUpstream["Service"]
  readonly active: ActiveCalls
  readonly clock: Now
  readonly tokenizer: Tokenizer
  readonly random: () => number
  /** Bytes of the longest body that is read from a stream. */
  readonly maxBodyBytes: number
  readonly fork: <A, E>(effect: Effect.Effect<A, E>, ended: (exit: Exit.Exit<A, E>) => void) => () => void
}

/** What is answered with: the response, or what `fetch` rejects with. */
export interface Answered {
  readonly resolve: (response: Response) => void
  readonly reject: (error: unknown) => void
}

const chat = "/chat/completions"

const objectOf = (bytes: Uint8Array | undefined, type = "json"): Readonly<Record<string, unknown>> => {
  const value = bytes === undefined || !type.includes("json") ? undefined : Json.parse(bytes)
  return Predicate.isObject(value) && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

/** One request on its way through the gate. */
export class FetchCall implements Active, Caller {
  previous: Active | undefined = undefined
  next: Active | undefined = undefined
  readonly #parts: Parts
  readonly #outgoing: FetchRequest.FetchRequest
  readonly #answered: Answered
  readonly #arrivedAt: number
  #startedAt: number | undefined
  #waitedFor: Waited | undefined
  #attempts = 0
  #passing: Passing | undefined
  #stopReading: (() => void) | undefined
  #body: Answer.AnswerBody | undefined

  constructor(parts: Parts, outgoing: FetchRequest.FetchRequest, answered: Answered) {
    this.#parts = parts
    this.#outgoing = outgoing
    this.#answered = answered
    this.#arrivedAt = parts.clock()
  }

  /** Sends the request to the gate; to be called once. */
  run(): void {
    const { active, fork, maxBodyBytes } = this.#parts
    const { body, said, signal } = this.#outgoing
    active.add(this)
    signal?.addEventListener("abort", this, { once: true })
    const options = CallHeaders.read(said, undefined)
    if (Result.isFailure(options)) return this.#ended(() => this.#refuse(options.failure))
    this.#stopReading = fork(Body.of(body, maxBodyBytes), (exit) => {
      if (Exit.isFailure(exit)) this.onFailure(exit.cause)
      else this.#send(options.success, exit.value)
    })
    // What gives the body may have aborted the signal.
    if (signal?.aborted === true) this.handleEvent()
  }

  /** The caller's signal aborted: the caller is answered at once. */
  handleEvent(): void {
    this.#answered.reject(this.#outgoing.signal!.reason)
    this.abandon()
  }

  abandon(): void {
    if (this.#passing === undefined) this.#stopReading?.()
    else this.#passing.abandon()
  }

  #send(options: CallOptions, body: Body.Body): void {
    const { tokenizer, upstream } = this.#parts
    const { said, signal } = this.#outgoing
    const untold = this.#request(body)
    const value = objectOf(body.bytes, untold.headers["content-type"])
    const request = { ...untold, model: String(value["model"] ?? "") }
    const prompt = RequestTokens.ofPrompt(value, tokenizer)
    const tokens = request.path === countTokens ? 0 : RequestTokens.withReply(prompt, value)
    const call = { ...options, tokens, maxTokens: RequestTokens.ofReplies(value) }
    // A chat that asks for no stream may be answered by one, but must not be asked for its usage.
    const streamed = value["stream"] === true
    const plain = request.path === chat && !streamed
    const retried = CallHeaders.isRetried(said, signal)
    this.#passing = upstream.pass(
      call,
      request,
      { asItComes: !plain, askUsage: !plain, prompt, streamed, retried },
      this
    )
    // The work itself may have aborted the signal as it began.
    if (signal?.aborted === true) this.#passing.abandon()
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

  onAttempt(waited: Waited | undefined): void {
    if (this.#attempts++ > 0) return
    this.#startedAt = this.#parts.clock()
    this.#waitedFor = waited
  }

  onReply(reply: UpstreamReply): void {
    const added = UpstreamErrorResponse.is(reply) ? this.#failed : this.#waited
    this.#ended(() => this.#answered.resolve(Answer.whole(reply, added, this.#outgoing.url)))
  }

  onHead(head: UpstreamHead): void {
    this.#body = new Answer.AnswerBody({ pull: () => this.#passing?.resume(), leave: () => this.abandon() })
    this.#answered.resolve(this.#body.response(head, this.#waited, this.#outgoing.url))
  }

  onPart(part: Uint8Array): boolean {
    return this.#body!.add(part)
  }

  onEnd(): void {
    this.#ended(() => this.#body!.end(undefined))
  }

  onFailure(cause: Cause.Cause<unknown>): void {
    const body = this.#body
    this.#ended(() => {
      if (body === undefined) this.#fail(cause as Cause.Cause<Unanswered>)
      else body.end(this.#brokenBy(cause))
    })
  }

  #ended(answer: () => void): void {
    this.#parts.active.delete(this)
    this.#outgoing.signal?.removeEventListener("abort", this)
    answer()
  }

  /** What a call that failed comes to: a response, or what `fetch` would have rejected with. */
  #fail(cause: Cause.Cause<unknown>): void {
    const error = Cause.hasInterruptsOnly(cause) ? new Rejection({ reason: shuttingDown }) : Cause.squash(cause)
    if (error instanceof RequestRefused) return this.#refuse(error.reply)
    if (error instanceof Rejection) return this.#refuse(RejectionResponse.toHttp(error.reason, this.#parts.random()))
    if (error instanceof TruncatedStream) return this.#refuse(upstreamUnreachable(error.message))
    this.#answered.reject(error instanceof FetchFailure ? error.error : error)
  }

  /** What a failure in the middle of an answer is for its reader. */
  #brokenBy(cause: Cause.Cause<unknown>): { readonly error: unknown } | undefined {
    const { signal } = this.#outgoing
    if (Cause.hasInterruptsOnly(cause)) {
      return { error: signal?.aborted === true ? signal.reason : new RejectionError(shuttingDown) }
    }
    const error = Cause.squash(cause)
    if (error instanceof Rejection) return { error: new RejectionError(error.reason) }
    // The last events of the stream reported it already.
    if (error instanceof TruncatedStream && error.reported !== undefined) return undefined
    return { error: error instanceof FetchFailure ? error.error : error }
  }

  #refuse(reply: ErrorReply): void {
    this.#answered.resolve(Answer.refused(reply, this.#failed, this.#outgoing.url))
  }

  get #failed(): Readonly<Record<string, string>> {
    return { ...this.#waited, ...CallHeaders.noFurtherRetries(this.#outgoing.said, this.#attempts) }
  }

  get #waited(): Readonly<Record<string, string>> {
    const { clock } = this.#parts
    return WaitHeader.of((this.#startedAt ?? clock()) - this.#arrivedAt, this.#waitedFor)
  }
}
