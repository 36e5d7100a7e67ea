import { Effect, Predicate, Result } from "effect"
import { AiError, type LanguageModel, type Response } from "effect/ai"
import * as Finish from "./Finish.ts"
import * as Reply from "./Reply.ts"
import { field, malformed, type Segment, segmentsOf } from "./ReplyContent.ts"
import { StreamedCalls } from "./StreamedCalls.ts"
import { isComplete, paramsOf, piecesOf } from "./ToolCalls.ts"

type Part = Response.StreamPartEncoded

/** What a stream of chunks ends with, if its endpoint says that it has sent them all. */
export const terminator = "[DONE]"

/** Puts the parts of a reply together as they come. */
export class ReplyStream {
  readonly #options: LanguageModel.ProviderOptions
  readonly #calls: StreamedCalls
  #id: string | undefined
  #begun = false
  #answered = false
  #terminated = false
  #open: "text" | "reasoning" | undefined
  #blocks = 0
  #refusal = ""
  #reason: unknown
  #usage: Finish.Usage = {}

  constructor(options: LanguageModel.ProviderOptions) {
    this.#options = options
    this.#calls = new StreamedCalls(options)
  }

  /** Takes a chunk in, and tells what it brings. */
  readonly push = (chunk: unknown): Effect.Effect<ReadonlyArray<Part>, AiError.AiErrorReason> => {
    if (chunk === terminator) this.#terminated = true
    return Effect.fromResult(chunk === terminator ? Result.succeed([]) : this.#read(chunk))
  }

  /** What comes once all chunks have; a reply that was not finished is no reply. */
  readonly end: Effect.Effect<ReadonlyArray<Part>, AiError.AiErrorReason> = Effect.suspend(() => {
    const calls = this.#calls.end(this.#id)
    const failure = this.#refusal === "" ? this.#brokenOff(calls) : Reply.refused(this.#refusal)
    if (failure !== undefined) return Effect.fail(failure)
    const ended = Effect.forEach(calls, ({ id, name, parts, text }) =>
      Effect.map(paramsOf(this.#options, name, text), (params): ReadonlyArray<Part> => [
        ...parts,
        { type: "tool-params-end", id },
        { type: "tool-call", id, name, params }
      ])
    )
    const parts: Array<Part> = []
    this.#close(parts)
    return Effect.map(ended, (ended) => [
      ...parts,
      ...ended.flat(),
      Finish.make(this.#reason, this.#usage, calls.length > 0)
    ])
  })

  /** Why what came is no whole reply, if it is none; without a reason only the terminator tells that it has ended. */
  #brokenOff(calls: ReadonlyArray<{ readonly text: string }>): AiError.InternalProviderError | undefined {
    if (Finish.hasEnded(this.#reason)) return Reply.failedAtEnd(this.#reason)
    const isWhole = this.#terminated && this.#answered && calls.every(({ text }) => isComplete(text))
    return isWhole ? undefined : new AiError.InternalProviderError({ description: brokenOff })
  }

  #read(chunk: unknown): Result.Result<ReadonlyArray<Part>, AiError.AiErrorReason> {
    const choice = Predicate.isObject(chunk) ? Reply.firstChoiceOf(chunk) : undefined
    if (!Predicate.isObject(chunk) || choice === undefined) return Result.fail(malformed("a chunk of it is none"))
    const parts: Array<Part> = []
    // Chunks that only tell of filters come before the reply and know nothing of it.
    if (!this.#begun && (choice !== null || Reply.idOf(chunk) !== undefined)) {
      this.#begun = true
      this.#id = Reply.idOf(chunk)
      parts.push(Reply.metadataOf(chunk))
    }
    this.#usage = Finish.usageOf(chunk, choice, this.#usage)
    const reason = field(choice, "finish_reason")
    if (Finish.hasEnded(reason)) this.#reason = reason
    // A server that only seems to stream sends the whole message.
    const delta = field(choice, "delta") ?? (this.#answered ? undefined : field(choice, "message"))
    return Predicate.isObject(delta) ? Result.map(this.#take(delta, parts), () => parts) : Result.succeed(parts)
  }

  #take(delta: object, parts: Array<Part>): Result.Result<void, AiError.AiErrorReason> {
    return Result.flatMap(segmentsOf(delta, Reply.isJson(this.#options)), (segments) =>
      Result.map(piecesOf(delta), (pieces) => {
        for (const segment of segments) this.#say(segment, parts)
        if (pieces.length > 0) this.#close(parts)
        parts.push(...this.#calls.push(pieces, this.#id))
        if (segments.length > 0 || pieces.length > 0) this.#answered = true
      })
    )
  }

  #say({ kind, text }: Segment, parts: Array<Part>): void {
    if (kind === "refusal") this.#refusal += text
    else parts.push({ type: `${kind}-delta`, id: this.#block(kind, parts), delta: text })
  }

  /** The id of the block that runs, begun if another one does. */
  #block(kind: "text" | "reasoning", parts: Array<Part>): string {
    if (this.#open !== kind) {
      this.#close(parts)
      this.#open = kind
      this.#blocks++
      parts.push({ type: `${kind}-start`, id: String(this.#blocks) })
    }
    return String(this.#blocks)
  }

  #close(parts: Array<Part>): void {
    if (this.#open === undefined) return
    parts.push({ type: `${this.#open}-end`, id: String(this.#blocks) })
    this.#open = undefined
  }
}

const brokenOff = "The stream ended before the reply had; what came is not the whole of it."

/** All chunks of a reply that was to come whole. */
export class Chunks {
  readonly all: ReadonlyArray<unknown>

  constructor(all: ReadonlyArray<unknown>) {
    this.all = all
  }
}

/** The parts of a reply whose chunks have all come, as if it had come whole. */
export const whole = Effect.fnUntraced(function* (
  chunks: Chunks,
  options: LanguageModel.ProviderOptions
): Effect.fn.Return<Array<Response.PartEncoded>, AiError.AiErrorReason> {
  const reply = new ReplyStream(options)
  const parts = [...(yield* Effect.forEach(chunks.all, reply.push)), yield* reply.end].flat()
  const said = (type: "text-delta" | "reasoning-delta") =>
    parts.map((part) => (part.type === type ? part.delta : "")).join("")
  const [thoughts, text] = [said("reasoning-delta"), said("text-delta")]
  return [
    ...parts.filter((part) => part.type === "response-metadata"),
    ...(thoughts === "" ? [] : [{ type: "reasoning" as const, text: thoughts }]),
    ...(text === "" ? [] : [{ type: "text" as const, text: Reply.contentOf(text, options) }]),
    ...parts.filter((part) => part.type === "tool-call"),
    ...parts.filter((part) => part.type === "finish")
  ]
})
