import { Cause, Context, Effect, Exit, Layer, Option } from "effect"
import { aimedAt, type CallOptions, type End, type Target, type Waited } from "../Call.ts"
import {
  type Abandonable,
  type Attempting,
  type CallbackGate,
  type CallbackWork,
  pass,
  type Setting
} from "../engine/CallbackCall.ts"
import { interrupted } from "../engine/EngineCall.ts"
import { TimerQueue } from "../engine/TimerQueue.ts"
import * as Failure from "../Failure.ts"
import { routeOf } from "../engine/OuterCalls.ts"
import { Gate } from "../Gate.ts"
import type { Rejection } from "../Rejection.ts"
import { Stats } from "../Stats.ts"
import { StreamProgress } from "../StreamProgress.ts"
import * as Endpoints from "./Endpoints.ts"
import { modelOf, StreamUsage } from "./StreamUsage.ts"
import type { TruncatedStream } from "./TruncatedStream.ts"
import { answeredBy, Upstream, type UpstreamHead, type UpstreamReply, type UpstreamRequest } from "./Upstream.ts"
import type { UpstreamUnreachable } from "./Upstream.ts"
import { type AttemptListener, type Parts, UpstreamAttempt } from "./UpstreamAttempt.ts"
import { UpstreamErrorResponse } from "./UpstreamErrorResponse.ts"
import type { Usage } from "./Usage.ts"
import type { ReadReply } from "./WholeReply.ts"

/** Why an answer is missing or incomplete. */
export type Unanswered = Rejection | UpstreamUnreachable | TruncatedStream

/** Waits for an answer: a whole reply, or the head and the parts of a stream; then its end or a failure. */
export interface Caller {
  /** An attempt begins; `waited` is what the call has waited for by then. */
  onAttempt?(waited: Waited | undefined): void
  /** The answer is whole, and the call has ended. */
  onReply(reply: UpstreamReply): void
  onHead(head: UpstreamHead): void
  /** Takes a part of a stream: whole events. Returns whether more may come at once; else it calls `resume`. */
  onPart(part: Uint8Array): boolean
  /** The stream has come to its end, and the call has ended. */
  onEnd(): void
  /** The call has failed: before the head, or in the middle of a stream. */
  onFailure(cause: Cause.Cause<Unanswered>): void
}

export interface PassOptions {
  /** An estimate of the tokens of the prompt, for a stream that does not report them. Default: 0. */
  readonly prompt?: number | undefined
  /** Whether to ask a streamed chat for its usage. Default: `true`. */
  readonly askUsage?: boolean | undefined
  /** Whether to hand on an answer that is neither events nor JSON, such as speech, as it comes. Default: `false`, read whole. */
  readonly asItComes?: boolean | undefined
  /** Whether the request asks for a stream, so that the answer is one until its first bytes say otherwise. Default: `true`. */
  readonly streamed?: boolean | undefined
  /** Whether to read every answer whole. Default: `false`. */
  readonly whole?: boolean | undefined
  /** Whether the caller retries by itself, so that the gate does not. Default: `false`. */
  readonly retried?: boolean | undefined
}

export interface Options {
  /** Whether streamed chats are asked for their usage. Default: `auto`. */
  readonly streamUsage?: "auto" | "off" | undefined
}

/** A call that is on its way. */
export interface Passing extends Abandonable {
  /** Asks for more of a stream. */
  resume(): void
}

interface Guard extends Parts, CallbackGate, Required<Options> {
  /** Notes an answer's status, which policies do not read. */
  readonly answered: (head: UpstreamHead) => void
}

const make = Effect.fnUntraced(function* ({ streamUsage = "auto" }: Options) {
  const { record } = yield* Stats.recorder
  const guard: Guard = {
    gate: yield* Gate,
    context: yield* Effect.context<never>(),
    upstream: yield* Upstream,
    timers: yield* TimerQueue.make,
    questions: new StreamUsage(),
    streamUsage,
    count: (usage: Usage | undefined) => {
      if (usage !== undefined) record({ _tag: "Tokens", ...usage })
    },
    answered: ({ headers, status }) => {
      if (Failure.isDeclined(status)) record({ _tag: "Declined", status, endpoint: headers[answeredBy] })
    }
  }
  const endpoints = Option.getOrUndefined(yield* Effect.serviceOption(Endpoints.Endpoints))
  return GuardedUpstream.of({
    pass: (call, request, options, caller) => {
      const refusal = endpoints && Endpoints.refusal(endpoints, request)
      if (refusal === undefined) return new GuardedCall(guard, request, options, caller).enter(call)
      caller.onReply(refusal)
      return refused
    }
  })
})

/** The endpoint behind the gate. */
export class GuardedUpstream extends Context.Service<
  GuardedUpstream,
  {
    /**
     * Sends a request when the gate lets it, again if that may help, and answers its caller with the last reply.
     *
     * Once the first event of a stream has come, it is handed on as it comes. The caller may be called before this returns.
     */
    readonly pass: (call: CallOptions, request: UpstreamRequest, options: PassOptions, caller: Caller) => Passing
  }
>()("headgate/GuardedUpstream") {
  /** Puts the gate in front of the endpoint, and counts the tokens of its answers. */
  static readonly layerWith = (options: Options): Layer.Layer<GuardedUpstream, never, Gate | Upstream> =>
    Layer.effect(this, make(options))

  /** The same with the defaults. */
  static readonly layer = this.layerWith({})
}

/** A call that has been answered before the gate. */
const refused: Passing = { abandon: () => {}, resume: () => {} }

/** A request on its way through the gate, and its answer on the way back. */
class GuardedCall implements CallbackWork, Passing {
  readonly guard: Guard
  readonly request: UpstreamRequest
  readonly options: PassOptions
  readonly caller: Caller
  readonly progress: StreamProgress | undefined
  /** The attempts that run: two, if a wrapper of the gate hedges. */
  readonly running: Array<GuardedAttempt> = []
  #passing: Abandonable | undefined
  #abandoned = false
  /** The attempt whose answer the caller has, or may get. */
  #answer: GuardedAttempt | undefined
  /** Whether the caller has the head. */
  #opened = false

  constructor(guard: Guard, request: UpstreamRequest, options: PassOptions, caller: Caller) {
    this.guard = guard
    this.request = request
    this.options = options
    this.caller = caller
    this.progress = options.whole === true ? undefined : new StreamProgress()
  }

  enter(call: CallOptions): this {
    const { retried = false } = this.options
    const asked: Target = { endpoint: this.request.endpoint ?? "", model: modelOf(this.request) }
    this.#passing = pass(this.guard, aimedAt(call, asked), this, retried)
    // The caller may have left meanwhile.
    if (this.#abandoned) this.#passing.abandon()
    return this
  }

  abandon(): void {
    this.#abandoned = true
    this.#passing?.abandon()
  }

  resume(): void {
    this.progress?.onRead()
    this.#answer?.resume()
  }

  prepare(setting: Setting, settle: (end: End) => void): GuardedAttempt {
    return new GuardedAttempt(this, setting, settle)
  }

  /** A stream has its head; the first to send anything is the answer. */
  onHead(attempt: GuardedAttempt): void {
    if (!this.#opened) this.#answer = attempt
  }

  onPart(attempt: GuardedAttempt, part: Uint8Array, counts: boolean): void {
    if (!this.#opened) {
      this.#answer = attempt
      for (const other of this.running.slice()) if (other !== attempt) other.lose()
    }
    if (counts) this.progress?.onChunk()
    else this.progress?.onComment()
    this.#open()
    if (this.caller.onPart(part)) this.progress?.onRead()
    else attempt.pause()
  }

  finish(end: End): void {
    if (Exit.isFailure(end)) return this.#failed(end.cause as Cause.Cause<Unanswered | UpstreamErrorResponse>)
    const read = end.value as ReadReply | StreamEnd
    if (!("reply" in read)) {
      this.#open()
      return this.caller.onEnd()
    }
    this.guard.answered(read.reply)
    this.guard.count(read.usage)
    this.caller.onReply(read.reply)
  }

  #failed(cause: Cause.Cause<Unanswered | UpstreamErrorResponse>): void {
    const error = Option.getOrUndefined(Cause.findErrorOption(cause))
    if (error instanceof UpstreamErrorResponse) this.caller.onReply(error.reply)
    else this.caller.onFailure(cause as Cause.Cause<Unanswered>)
  }

  #open(): void {
    const head = this.#answer?.head
    if (this.#opened || head === undefined) return
    this.#opened = true
    this.guard.answered(head)
    this.caller.onHead(head)
  }
}

/** The end of a stream. Policies read in its head what the endpoint says of its limits. */
interface StreamEnd {
  readonly head: UpstreamHead | undefined
}

/** One attempt at the answer of a call. */
class GuardedAttempt implements Attempting, AttemptListener {
  head: UpstreamHead | undefined
  readonly #call: GuardedCall
  readonly #setting: Setting
  readonly #settle: (end: End) => void
  readonly #attempt: UpstreamAttempt

  constructor(call: GuardedCall, setting: Setting, settle: (end: End) => void) {
    const { asItComes = false, askUsage = true, prompt = 0, streamed = true, whole = false } = call.options
    const asks = askUsage && !whole && call.guard.streamUsage === "auto"
    const route = routeOf(setting.call)
    const options = { asItComes, askUsage: asks, prompt, streamed, whole, replaceable: route !== undefined }
    this.#call = call
    this.#setting = setting
    this.#settle = settle
    const request = Endpoints.routed(call.request, route)
    this.#attempt = new UpstreamAttempt(call.guard, request, options, setting, this)
  }

  start(): void {
    this.#call.running.push(this)
    this.#call.caller.onAttempt?.(this.#setting.call?.waited)
    this.#attempt.start()
  }

  abort(): void {
    this.#leave()
    this.#attempt.abort()
  }

  /** Another attempt at the same call has answered. */
  lose(): void {
    this.abort()
    this.#settle(interrupted)
  }

  pause(): void {
    this.#attempt.pause()
  }

  resume(): void {
    this.#attempt.resume()
  }

  onHead(head: UpstreamHead): void {
    this.head = head
    this.#call.onHead(this)
  }

  onPart(part: Uint8Array, counts: boolean): void {
    this.#call.onPart(this, part, counts)
  }

  onSettled(end: Exit.Exit<ReadReply | undefined, unknown>): void {
    this.#leave()
    const isStream = Exit.isSuccess(end) && end.value === undefined
    this.#settle(isStream ? Exit.succeed({ head: this.head } satisfies StreamEnd) : end)
  }

  #leave(): void {
    const { running } = this.#call
    const place = running.indexOf(this)
    if (place >= 0) running.splice(place, 1)
  }
}
