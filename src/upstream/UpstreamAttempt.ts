import { Cause, Exit, Option } from "effect"
import * as OuterCalls from "../engine/OuterCalls.ts"
import type { Setting } from "../engine/CallbackCall.ts"
import type { TimerQueue } from "../engine/TimerQueue.ts"
import * as Failure from "../Failure.ts"
import { NoAnswer } from "./events/StreamValidator.ts"
import { type Failed, longestFailure, Opening, type OpeningListener, type Options } from "./Opening.ts"
import type { Fault, Question, StreamUsage } from "./StreamUsage.ts"
import { TruncatedStream } from "./TruncatedStream.ts"
import { type Upstream, type UpstreamHead, type UpstreamRequest, UpstreamUnreachable } from "./Upstream.ts"
import { UpstreamErrorResponse } from "./UpstreamErrorResponse.ts"
import type { Usage } from "./Usage.ts"
import type { ReadReply } from "./WholeReply.ts"

/** What all attempts at an endpoint share. */
export interface Parts {
  readonly upstream: Upstream["Service"]
  readonly questions: StreamUsage
  readonly timers: TimerQueue
  /** Counts the tokens of a stream. */
  readonly count: (usage: Usage | undefined) => void
}

export interface AttemptOptions extends Options {
  /** Whether a streamed chat is asked for its usage. */
  readonly askUsage: boolean
}

/** Is called with an answer, and once with the end of the attempt. */
export interface AttemptListener {
  /** The answer is a stream, whose parts follow. */
  onHead(head: UpstreamHead): void
  /** `counts` tells whether the bytes hold some of the answer, and not only comments. */
  onPart(part: Uint8Array, counts: boolean): void
  /** The attempt has ended: with the whole reply, or with `undefined` after a stream. */
  onSettled(end: Exit.Exit<ReadReply | undefined, Failed>): void
}

const decoder = new TextDecoder()

const faultIn = (status: number, body: Uint8Array, retryAfter = false): Fault => ({
  status,
  text: decoder.decode(body.subarray(0, longestFailure)),
  retryAfter
})

const faultOf = (error: Failed): Fault => {
  if (error instanceof UpstreamErrorResponse) {
    return faultIn(error.status, error.reply.body, Failure.retryAfterOf(error) !== undefined)
  }
  const text = error instanceof NoAnswer ? decoder.decode(error.bytes) : ""
  const status = error instanceof NoAnswer ? error.reported?.status : undefined
  return { status, text, reason: error instanceof UpstreamUnreachable ? error.reason : undefined, retryAfter: false }
}

/**
 * One attempt at an answer, which counts the tokens of a stream however it ends.
 *
 * An answer that ends without a usage is counted by estimate: the prompt as given, and the text, reasoning and tool calls
 * that were received. If asking for the usage may be why the attempt failed, the request is sent once more without it.
 */
export class UpstreamAttempt implements OpeningListener {
  readonly #parts: Parts
  readonly #request: UpstreamRequest
  readonly #options: AttemptOptions
  readonly #setting: Setting
  readonly #listener: AttemptListener
  readonly #question: Question | undefined
  #first: Opening | undefined
  /** The request without the question, if the question may be why the first failed. */
  #second: Opening | undefined
  /** Whether what was opened last is known to be a stream. */
  #opened = false
  /** Whether the listener has the head of a stream. */
  #headed = false
  #over = false

  constructor(
    parts: Parts,
    request: UpstreamRequest,
    options: AttemptOptions,
    setting: Setting,
    listener: AttemptListener
  ) {
    this.#parts = parts
    this.#request = request
    this.#options = options
    this.#setting = setting
    this.#listener = listener
    this.#question = options.askUsage ? parts.questions.of(request) : undefined
  }

  start(): void {
    const question = this.#question
    this.#first = this.#opening(question === undefined ? this.#request : { ...this.#request, body: question.body })
    this.#first.start()
  }

  #opening(request: UpstreamRequest): Opening {
    const { timers, upstream } = this.#parts
    const usageIsOurs = request !== this.#request
    const options = { ...this.#options, usageIsOurs, timers }
    return new Opening(request, (answer) => upstream.exchange(request, answer, this.#setting), options, this)
  }

  pause(): void {
    ;(this.#second ?? this.#first)?.pause()
  }

  resume(): void {
    ;(this.#second ?? this.#first)?.resume()
  }

  /** Closes the connection; the listener is not called any more. */
  abort(): void {
    if (!this.#over) this.#close()
  }

  onWhole(reply: ReadReply): void {
    const { isAnswer } = reply
    if (this.#asksAgain(isAnswer ? undefined : faultIn(reply.reply.status, reply.reply.body), isAnswer)) return
    if (this.#headed) this.#settle(Exit.fail(new TruncatedStream({ why: "The model wrote no events." })))
    else this.#settle(Exit.succeed(reply))
  }

  onOpened(head: UpstreamHead, isGood: boolean | undefined): void {
    if (this.#asksAgain(isGood === false ? faultIn(head.status, nothing) : undefined, isGood === true)) return
    this.#opened = true
    if (this.#headed) return
    this.#headed = true
    this.#listener.onHead(head)
  }

  onPart(part: Uint8Array, counts: boolean): void {
    this.#listener.onPart(part, counts)
  }

  onEnd(): void {
    this.#settle(Exit.succeed(undefined))
  }

  onFailure(cause: Cause.Cause<Failed>): void {
    const error = Option.getOrUndefined(Cause.findErrorOption(cause))
    if (error === undefined) return this.#settle(Exit.failCause(cause))
    // After comments alone, the question may still be why an answer breaks off.
    const isBefore = !this.#opened || (this.#second === undefined && !this.#first!.hasBegun)
    if (isBefore && this.#asksAgain(faultOf(error), false)) return
    if (error instanceof NoAnswer) this.#showError(error)
    else if (this.#headed && error instanceof UpstreamErrorResponse) {
      this.#settle(Exit.fail(new TruncatedStream({ why: error.message })))
    } else this.#settle(Exit.fail(error))
  }

  /** Hands on an error that came in place of the answer, after the head was handed on. */
  #showError({ bytes, counts, reported }: NoAnswer): void {
    this.#listener.onPart(bytes, counts)
    this.#settle(reported === undefined ? Exit.succeed(undefined) : Exit.fail(new TruncatedStream({ reported })))
  }

  /** Notes the result of a request, and sends it again without the question if that may be the fault. */
  #asksAgain(fault: Fault | undefined, isGood: boolean): boolean {
    const question = this.#question
    if (question === undefined) {
      if (fault === undefined) this.#parts.questions.answered(this.#request)
    } else if (this.#second !== undefined) {
      if (!this.#opened) noteSecond(question, fault)
    } else if (fault !== undefined && question.mayBeWhy(fault)) {
      this.#first!.close()
      this.#opened = false
      this.#second = this.#opening(this.#request)
      this.#second.start()
      return true
    } else if (isGood) question.understood()
    return false
  }

  #settle(end: Exit.Exit<ReadReply | undefined, Failed>): void {
    if (this.#over) return
    this.#close()
    this.#listener.onSettled(end)
  }

  #close(): void {
    this.#over = true
    for (const opening of [this.#first, this.#second]) {
      if (opening === undefined) continue
      const { usage } = opening
      opening.close()
      this.#parts.count(usage)
      if (usage !== undefined) OuterCalls.noteOn(this.#setting.call, usage)
    }
  }
}

const nothing = new Uint8Array()

const noteSecond = (question: Question, fault: Fault | undefined): void => {
  if (fault === undefined) question.refused()
  // A fault of the request itself says nothing about the question.
  else if (fault.status === undefined || !Failure.isDeclined(fault.status)) question.failed()
}
