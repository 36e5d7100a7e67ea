import { Cause, Result } from "effect"
import type { Transform } from "node:stream"
import type { TimerQueue } from "../engine/TimerQueue.ts"
import { NoAnswer, StreamValidator, type ValidatedListener } from "./events/StreamValidator.ts"
import type { StreamReader } from "./events/StreamReader.ts"
import { readerOf } from "./events/StreamReaders.ts"
import * as ContentCoding from "./ContentCoding.ts"
import * as Recognise from "./Recognise.ts"
import type { TruncatedStream } from "./TruncatedStream.ts"
import {
  type AnswerListener,
  type Exchange,
  type UpstreamHead,
  type UpstreamRequest,
  UpstreamUnreachable
} from "./Upstream.ts"
import { UpstreamErrorResponse } from "./UpstreamErrorResponse.ts"
import type { Usage } from "./Usage.ts"
import * as WholeReply from "./WholeReply.ts"

/** How an answer is read. */
export interface Options {
  /** Whether an answer that is neither events nor JSON, such as speech, is handed on as it comes. */
  readonly asItComes: boolean
  /** Whether the request asks for a stream, so that the answer is one until its first bytes say otherwise. */
  readonly streamed: boolean
  /** Whether the answer is read whole, whatever it is. */
  readonly whole: boolean
  /** An estimate of the tokens of the prompt, for a stream that does not report them. */
  readonly prompt: number
  /** Whether another endpoint may answer if the whole reply is not JSON. */
  readonly replaceable: boolean
}

export type Failed = UpstreamErrorResponse | UpstreamUnreachable | TruncatedStream | NoAnswer

/** Is called with the answer once its kind is known. */
export interface OpeningListener {
  /** The answer is a whole reply, and not a failure. */
  onWhole(reply: WholeReply.ReadReply): void
  /**
   * The answer is a stream, whose parts follow. `isGood` tells whether it is known to be a good one; `undefined` before its
   * first part.
   */
  onOpened(head: UpstreamHead, isGood: boolean | undefined): void
  /** `counts` tells whether the bytes hold some of the answer, and not only comments. */
  onPart(part: Uint8Array, counts: boolean): void
  onEnd(): void
  onFailure(cause: Cause.Cause<Failed>): void
}

// Bytes kept of the body of a failed answer, which holds an error message.
export const longestFailure = 2 ** 20

const isJson = ({ headers }: UpstreamHead): boolean => (headers["content-type"] ?? "").includes("json")

// Bytes that identify the compression of a body.
const longestMagic = 4

type Phase = "head" | "failed" | "coded" | "unknown" | "whole" | "raw" | "events"

/** One exchange with an endpoint, read until its first events, or all of it, tell whether it is an answer. */
export class Opening implements AnswerListener {
  readonly #path: string
  readonly #options: Options & { readonly usageIsOurs: boolean; readonly timers: TimerQueue }
  readonly #listener: OpeningListener
  readonly #exchange: Exchange
  #phase: Phase = "head"
  #head: UpstreamHead = { status: 0, headers: {} }
  #parts: Array<Uint8Array> = []
  #length = 0
  /** Takes the compression off a stream that has one, so that its events can be read. */
  #decoder: Transform | undefined
  #reader: StreamReader | undefined
  #validator: StreamValidator | undefined
  #opened = false
  #over = false
  #closed = false

  constructor(
    request: UpstreamRequest,
    exchange: (listener: AnswerListener) => Exchange,
    options: Options & { readonly usageIsOurs: boolean; readonly timers: TimerQueue },
    listener: OpeningListener
  ) {
    this.#path = request.path
    this.#options = options
    this.#listener = listener
    this.#exchange = exchange(this)
  }

  start(): void {
    this.#exchange.start()
  }

  pause(): void {
    ;(this.#decoder ?? this.#exchange).pause()
  }

  resume(): void {
    ;(this.#decoder ?? this.#exchange).resume()
  }

  /** Closes the connection, unless it has ended; the listener is not called any more. */
  close(): void {
    this.#closed = true
    this.#end()
  }

  /** Whether any part of the answer has come. */
  get hasBegun(): boolean {
    return this.#reader?.begun ?? true
  }

  /** Token usage of a stream: as reported by the upstream, else estimated from what was received. */
  get usage(): Usage | undefined {
    if (this.#reader === undefined) return undefined
    const { begun, complete, tokens, usage } = this.#reader
    if (complete && usage !== undefined) return usage
    if (!begun && tokens === 0) return usage
    // A usage reported in the middle of an answer may be that of its beginning.
    const { completion, prompt } = usage ?? { prompt: this.#options.prompt, completion: 0 }
    return { prompt, completion: Math.max(completion, Math.ceil(tokens)) }
  }

  onHead(head: UpstreamHead): void {
    this.#head = head
    const { streamed, whole } = this.#options
    const labelled = Recognise.isLabelled(head)
    if (whole) this.#phase = "whole"
    else if (UpstreamErrorResponse.is(head)) this.#phase = "failed"
    else if (streamed && head.status >= 200 && head.status < 300 && Recognise.isLegible(head)) this.#phase = "unknown"
    else if ((streamed || labelled) && ContentCoding.of(head) !== undefined) this.#phase = "coded"
    else this.#decide(labelled)
  }

  onPart(part: Uint8Array): void {
    if (this.#over) return
    if (this.#decoder === undefined) return this.#onContent(part)
    if (!this.#decoder.write(part)) this.#exchange.pause()
  }

  #onContent(part: Uint8Array): void {
    if (this.#over) return
    if (this.#phase === "events") return this.#validator!.onPart(part)
    if (this.#phase === "raw") return this.#listener.onPart(part, true)
    this.#parts.push(part)
    this.#length += part.length
    if (this.#phase === "coded") {
      if (this.#length >= longestMagic) this.#decode()
    } else if (this.#phase === "unknown") {
      const isEvents = Recognise.begins(this.#parts, Recognise.isLabelled(this.#head))
      if (isEvents !== undefined) this.#decide(isEvents)
    } else if (this.#phase === "failed" && this.#length >= longestFailure) this.#onContentEnd()
  }

  onEnd(): void {
    if (this.#over) return
    if (this.#decoder === undefined) return this.#onContentEnd()
    this.#decoder.end()
  }

  #onContentEnd(): void {
    if (this.#over) return
    if (this.#phase === "unknown" || this.#phase === "coded") this.#decide(Recognise.isLabelled(this.#head))
    if (this.#phase === "events") return this.#validator!.onEnd()
    this.#end()
    if (this.#phase === "raw") return this.#listener.onEnd()
    const reply = { ...this.#head, body: this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts) }
    if (this.#phase === "failed") {
      return this.#fail(
        new UpstreamErrorResponse({ reply: { ...reply, body: reply.body.subarray(0, longestFailure) } })
      )
    }
    const read = WholeReply.read(reply, this.#path, this.#options.replaceable)
    if (Result.isSuccess(read)) this.#listener.onWhole(read.success)
    else this.#fail(read.failure)
  }

  onFailure(cause: Cause.Cause<UpstreamUnreachable>): void {
    if (this.#over) return
    if (this.#decoder === undefined) return this.#onContentFailure(cause)
    // The decoder still holds bytes of the answer.
    this.#decoder
      .removeAllListeners("end")
      .once("end", () => this.#onContentFailure(cause))
      .end()
  }

  #onContentFailure(cause: Cause.Cause<UpstreamUnreachable>): void {
    if (this.#over) return
    // A failure after the end of the answer does not matter.
    if (this.#validator?.isOver === true) return this.#validator.onEnd()
    this.#end()
    this.#listener.onFailure(cause)
  }

  #decide(isEvents: boolean): void {
    const isRaw = isEvents ? !Recognise.isLegible(this.#head) : this.#options.asItComes && !isJson(this.#head)
    this.#phase = isRaw ? "raw" : isEvents ? "events" : "whole"
    if (isRaw) this.#listener.onOpened(this.#head, true)
    else if (isEvents) {
      this.#reader = readerOf(this.#path)
      this.#validator = new StreamValidator({ ...this.#options, reader: this.#reader }, this.#validated)
    }
    this.#replay((part) => this.#onContent(part))
  }

  /** Decompresses the stream, if it is compressed and not only labelled so. */
  #decode(): void {
    const coding = ContentCoding.of(this.#head)!
    const first = Buffer.concat(this.#parts)
    if (!coding.begins(first)) return this.#decide(Recognise.isLabelled(this.#head))
    this.#head = ContentCoding.without(this.#head)
    this.#phase = "unknown"
    const broken = (error: Error) =>
      this.#onContentFailure(Cause.fail(new UpstreamUnreachable({ reason: (error as NodeJS.ErrnoException).code })))
    this.#decoder = coding
      .stream(first)
      .on("data", (part: Uint8Array) => this.#onContent(part))
      .on("drain", () => this.#exchange.resume())
      .on("error", broken)
      .once("end", () => this.#onContentEnd())
    this.#replay((part) => this.onPart(part))
  }

  #replay(take: (part: Uint8Array) => void): void {
    const parts = this.#parts
    this.#parts = []
    for (const part of parts) take(part)
  }

  /** Hands on whole events; a failure before the first is a failed attempt, which may be retried. */
  readonly #validated: ValidatedListener = {
    onPart: (part, counts) => {
      if (!this.#opened) this.#open(counts ? true : undefined)
      if (!this.#closed) this.#listener.onPart(part, counts)
    },
    onVerdict: (failure) => {
      this.#end()
      if (failure instanceof NoAnswer && !this.#opened) this.#onNoAnswer(failure)
      else if (failure !== undefined) this.#fail(failure)
      else {
        if (!this.#opened) this.#open(undefined)
        if (!this.#closed) this.#listener.onEnd()
      }
    }
  }

  #open(isGood: boolean | undefined): void {
    const { begun, terminated } = this.#reader!
    this.#opened = true
    this.#listener.onOpened(this.#head, terminated && !begun ? false : isGood)
  }

  #onNoAnswer({ bytes, counts, reported }: NoAnswer): void {
    if (reported !== undefined) {
      return this.#fail(new UpstreamErrorResponse({ reply: { ...this.#head, body: bytes }, reported }))
    }
    this.#open(undefined)
    if (!this.#closed) this.#listener.onPart(bytes, counts)
    if (!this.#closed) this.#listener.onEnd()
  }

  #fail(error: Failed): void {
    this.#listener.onFailure(Cause.fail(error))
  }

  #end(): void {
    this.#over = true
    this.#validator?.close()
    this.#decoder?.destroy()
    this.#exchange.abort()
  }
}
