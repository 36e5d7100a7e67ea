import { Cause, Effect, Option, Predicate, Result } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { CallOptions, Waited } from "../Call.ts"
import type { Draining } from "../Drain.ts"
import type { Fifo, Linked } from "../engine/Fifo.ts"
import { Timer } from "../engine/TimerQueue.ts"
import type { Now } from "../engine/Time.ts"
import { shuttingDown } from "../Rejection.ts"
import * as RequestTokens from "../tokenizer/RequestTokens.ts"
import type { Tokenizer } from "../tokenizer/Tokenizer.ts"
import * as CallHeaders from "../upstream/CallHeaders.ts"
import type { Caller, GuardedUpstream, Passing, Unanswered } from "../upstream/GuardedUpstream.ts"
import { countTokens } from "../upstream/Protocol.ts"
import { isLegible } from "../upstream/Recognise.ts"
import * as RejectionResponse from "../upstream/RejectionResponse.ts"
import * as ServerSent from "../upstream/ServerSent.ts"
import type { UpstreamHead, UpstreamReply } from "../upstream/Upstream.ts"
import { UpstreamErrorResponse } from "../upstream/UpstreamErrorResponse.ts"
import * as WaitHeader from "../upstream/WaitHeader.ts"
import type { Auth } from "./Auth.ts"
import {
  cutShort,
  GatewayError,
  internalError,
  invalidApiKey,
  invalidRequest,
  upstreamUnreachable
} from "./GatewayError.ts"
import * as JsonBody from "./JsonBody.ts"
import * as ProxyHeaders from "./ProxyHeaders.ts"
import { type LogFields, logDisconnect, type RequestContext } from "./RequestContext.ts"
import type { RequestHead } from "./RequestHead.ts"
import * as SseErrorEvent from "./SseErrorEvent.ts"

type Headers = Readonly<Record<string, string>>

/** What all calls of the model share. */
export interface Parts extends JsonBody.Options {
  readonly access: Auth
  /** Refuses a request before anything else; `undefined` admits it. */
  readonly refusalOf: (head: RequestHead) => GatewayError | undefined
  readonly draining: Draining
  readonly upstream: GuardedUpstream["Service"]
  readonly tokenizer: Tokenizer
  readonly clock: Now
  readonly random: () => number
  /** Longest time for a caller to read the rest of a stream that has ended. Milliseconds. */
  readonly patience: number
  readonly idOf: (head: RequestHead) => string
  readonly log: (line: Effect.Effect<void>) => void
  /** The calls that have not been answered. */
  readonly active: Fifo<ModelCall>
}

/** A request to the model, and its response. */
export interface Asked {
  /** The path under `/v1`. */
  readonly place: string
  /** The field that the body must have. */
  readonly needed: string | undefined
  readonly head: RequestHead
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Whether the caller waits for `100 Continue` before it sends the body. */
  readonly expects: boolean
  /** Answers with an error while the body has not been read to its end. */
  readonly refuse: (error: GatewayError, expects: boolean) => void
}

const longestText = 65_536

const streaming = { "cache-control": "no-cache", "x-accel-buffering": "no" }

const leaving = new GatewayError(RejectionResponse.toHttp(shuttingDown, 0))

const refusalOfBody = ({ value }: JsonBody.JsonBody, needed: string | undefined): GatewayError | undefined => {
  if (needed === "messages" && !Array.isArray(value["messages"])) {
    return invalidRequest("messages", "`messages` must be an array.")
  }
  if (needed !== undefined && (value[needed] ?? null) === null) {
    return invalidRequest(needed, `\`${needed}\` is missing.`)
  }
  return typeof (value["stream"] ?? false) === "boolean"
    ? undefined
    : invalidRequest("stream", "`stream` must be true or false.")
}

/** One request to the model, from its head to the end of its response. */
export class ModelCall implements Caller, Linked<ModelCall> {
  previous: ModelCall | undefined = undefined
  next: ModelCall | undefined = undefined
  readonly #parts: Parts
  readonly #asked: Asked
  readonly #id: string
  #expects: boolean
  /** Whether the drain waits for the body of this call. */
  #isComing = false
  #stopReading: (() => void) | undefined
  #passing: Passing | undefined
  #arrivedAt = 0
  #startedAt: number | undefined
  #waitedFor: Waited | undefined
  #attempts = 0
  /** The head and the last part of a stream that were sent. */
  #sentHead: UpstreamHead | undefined
  #sent: Uint8Array | undefined
  /** Whether the response has been sent or given up. */
  #over = false
  #stalled: Timer | undefined

  constructor(parts: Parts, asked: Asked) {
    this.#parts = parts
    this.#asked = asked
    this.#expects = asked.expects
    this.#id = parts.idOf(asked.head)
  }

  /** Answers the request; to be called once. */
  run(): void {
    this.#guard(() => this.#run())
  }

  /** Limits a bug to this request. */
  #guard(run: () => void): void {
    const ran = Result.try(run)
    if (Result.isSuccess(ran)) return
    this.#passing?.abandon()
    this.onFailure(Cause.die(ran.failure))
  }

  #run(): void {
    const { active, access, refusalOf } = this.#parts
    const { head, request, response } = this.#asked
    active.add(this)
    response.on("close", () => this.#onClose())
    const refusal = refusalOf(head)
    if (refusal !== undefined) return this.#refuse(refusal)
    const principal = access.principalOf(head)
    if (principal === undefined) return this.#refuse(invalidApiKey)
    const said = CallHeaders.read(head.headers, principal.name)
    if (Result.isFailure(said)) return this.#refuse(new GatewayError(said.failure))
    const unread = JsonBody.refusalOf(head.headers, this.#parts)
    if (unread !== undefined) return this.#refuse(unread)
    if (this.#parts.draining.isDraining()) return this.#refuse(leaving)
    this.#parts.draining.expect(1)
    this.#isComing = true
    if (this.#expects) response.writeContinue()
    this.#expects = false
    const context = { id: this.#id, caller: principal.name, isKeyOurs: access.isKeyOurs(head) }
    this.#stopReading = JsonBody.read(request, head.headers, this.#parts, (body) => {
      if (Result.isFailure(body)) this.#refuse(body.failure)
      else this.#guard(() => this.#pass(body.success, said.success, context))
    })
  }

  #pass(body: JsonBody.JsonBody, said: CallOptions, context: RequestContext): void {
    const { head, needed, place } = this.#asked
    const { clock, tokenizer, upstream } = this.#parts
    const { bytes, value } = body
    const wrong = refusalOfBody(body, needed)
    if (wrong !== undefined) return this.#refuse(wrong)
    const prompt = RequestTokens.ofPrompt(value, tokenizer)
    const maxTokens = RequestTokens.ofReplies(value)
    const counts = place === countTokens
    // Counting takes no time, and its caller waits for it before it sends the message.
    const priority = counts ? (said.priority ?? 0) : said.priority
    const tokens = counts ? 0 : RequestTokens.withReply(prompt, value)
    this.#arrivedAt = clock()
    const query = head.url.indexOf("?")
    const outgoing = {
      method: "POST",
      path: query < 0 ? place : place + head.url.slice(query),
      headers: ProxyHeaders.forwarded(head.headers, context),
      body: bytes,
      model: Predicate.isString(value["model"]) ? value["model"] : ""
    } as const
    const whole = value["stream"] !== true || counts
    const retried = CallHeaders.isRetried(head.headers)
    const call = { ...said, priority, tokens, maxTokens }
    this.#passing = upstream.pass(call, outgoing, { prompt, whole, retried }, this)
    this.#come()
    if (this.#over) this.#passing.abandon()
  }

  /** The gateway ends before the request. */
  cutShort(): void {
    if (this.#sentHead === undefined) this.#refuse(cutShort)
    else this.#destroy()
    this.#passing?.abandon()
  }

  onAttempt(waited: Waited | undefined): void {
    if (this.#attempts++ > 0) return
    this.#startedAt = this.#parts.clock()
    this.#waitedFor = waited
  }

  onReply(reply: UpstreamReply): void {
    if (this.#over) return
    const { body, headers, status } = reply
    this.#write(
      status,
      {
        "content-type": "application/octet-stream",
        ...ProxyHeaders.returned(headers),
        ...(UpstreamErrorResponse.is(reply) ? this.#failed : this.#waited)
      },
      body
    )
  }

  onHead(head: UpstreamHead): void {
    if (this.#over) return
    this.#sentHead = head
    this.#writeHead(head.status, {
      "content-type": ServerSent.mediaType,
      ...ProxyHeaders.returned(head.headers),
      ...streaming,
      ...this.#waited
    })
  }

  onPart(part: Uint8Array): boolean {
    if (this.#over) return false
    this.#sent = part
    const { response } = this.#asked
    if (response.write(part)) return true
    response.once("drain", () => this.#passing?.resume())
    return false
  }

  onEnd(): void {
    if (!this.#over) this.#end()
  }

  /** Reports a failure in the middle of a stream by a last event in place of `[DONE]`; the connection stays usable. */
  onFailure(cause: Cause.Cause<Unanswered>): void {
    if (this.#over) return
    const head = this.#sentHead
    const error = Option.getOrUndefined(Cause.findErrorOption(cause))
    if (head === undefined) return this.#refuse(this.#errorOf(cause, error, "A request failed").with(this.#failed))
    if (!isLegible(head) || Cause.hasInterruptsOnly(cause)) return this.#destroy()
    // The last events of the stream reported it already.
    if (error?._tag === "TruncatedStream" && error.reported !== undefined) return this.#end()
    const { place: path } = this.#asked
    const failure = this.#errorOf(cause, error, "A stream failed")
    this.#end(SseErrorEvent.of(failure, { path, requestId: this.#id }, this.#sent))
  }

  #errorOf(cause: Cause.Cause<Unanswered>, error: Unanswered | undefined, what: string): GatewayError {
    if (error?._tag === "Rejection") {
      return new GatewayError(RejectionResponse.toHttp(error.reason, this.#parts.random()))
    }
    if (error !== undefined) return upstreamUnreachable(error.message)
    if (Cause.hasInterruptsOnly(cause)) return cutShort
    this.#parts.log(Effect.logError(what, this.#what, cause))
    return internalError
  }

  #refuse(error: GatewayError): void {
    if (this.#over) return
    const { head, refuse, request } = this.#asked
    if (request.complete) {
      const { body, headers, status } = error.answer(head.url, this.#id)
      return this.#write(status, headers, body)
    }
    this.#stopReading?.()
    this.#leave()
    refuse(error, this.#expects)
  }

  #write(status: number, headers: Headers, body: string | Uint8Array): void {
    const { response } = this.#asked
    const isBodiless = status === 204 || status === 205 || status === 304
    const { "content-length": _, ...others } = headers
    const length = status === 204 || status === 205 ? {} : { "content-length": String(Buffer.byteLength(body)) }
    if (!this.#writeHead(status, { ...others, ...length })) return
    this.#leave()
    if (isBodiless) response.end()
    // Node sends the head and a text in one packet.
    else if (Buffer.isBuffer(body) && body.length <= longestText) response.end(body.toString("latin1"), "latin1")
    else response.end(body)
  }

  /** Writes a head; answers with an internal error if Node rejects it. */
  #writeHead(status: number, headers: Headers): boolean {
    const { head, response } = this.#asked
    const own = { "x-request-id": this.#id, "x-content-type-options": "nosniff" }
    const written = Result.try(() => {
      response.writeHead(status, { ...headers, ...own })
    })
    if (Result.isSuccess(written)) return true
    this.#parts.log(Effect.logError("A request failed", this.#what, Cause.die(written.failure)))
    const answer = internalError.answer(head.url, this.#id)
    this.#leave()
    response.writeHead(answer.status, { ...answer.headers, ...own }).end(answer.body)
    this.#passing?.abandon()
    return false
  }

  /** Ends a stream, and closes the connection of a caller that does not read the rest in time. */
  #end(last?: Uint8Array): void {
    const { patience, timers } = this.#parts
    const { response } = this.#asked
    this.#leave()
    response.end(last)
    this.#stalled = new Timer(() => {
      this.#parts.log(Effect.logInfo("The reader of a stream stalled", this.#what))
      response.destroy()
    })
    timers.set(this.#stalled, timers.now(), patience)
  }

  #destroy(): void {
    this.#leave()
    this.#asked.response.destroy()
  }

  /** The drain need not wait for the body any more. */
  #come(): void {
    if (this.#isComing) this.#parts.draining.expect(-1)
    this.#isComing = false
  }

  #leave(): void {
    this.#over = true
    this.#come()
    this.#parts.active.remove(this)
  }

  #onClose(): void {
    if (this.#stalled !== undefined) this.#parts.timers.cancel(this.#stalled)
    if (this.#over) return
    this.#leave()
    this.#stopReading?.()
    this.#parts.log(logDisconnect(this.#what))
    this.#passing?.abandon()
  }

  get #what(): LogFields {
    return { request: this.#id, method: "POST", path: `/v1${this.#asked.place}` }
  }

  get #failed(): Headers {
    return { ...this.#waited, ...CallHeaders.noFurtherRetries(this.#asked.head.headers, this.#attempts) }
  }

  get #waited(): Headers {
    const { clock } = this.#parts
    return WaitHeader.of((this.#startedAt ?? clock()) - this.#arrivedAt, this.#waitedFor)
  }
}
