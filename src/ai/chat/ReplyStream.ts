import { Effect, Schema } from "effect"
import { AiError, type LanguageModel, type Response } from "effect/ai"
import * as Finish from "./Finish.ts"
import * as Reply from "./Reply.ts"
import * as Read from "./Read.ts"
import * as ToolCalls from "./ToolCalls.ts"

const Index = Schema.optional(Schema.NullOr(Schema.Int))

const Call = Schema.Struct({
  index: Index,
  id: Reply.Text,
  function: Schema.optional(Schema.NullOr(Schema.Struct({ name: Reply.Text, arguments: Reply.Text })))
})

const Delta = Schema.Struct({ ...Reply.Said, tool_calls: Schema.optional(Schema.NullOr(Schema.Array(Call))) })

const Chunk = Schema.Struct({
  ...Reply.Head,
  choices: Schema.optional(
    Schema.NullOr(
      Schema.Array(
        Schema.Struct({ index: Index, delta: Schema.optional(Schema.NullOr(Delta)), finish_reason: Reply.Text })
      )
    )
  ),
  usage: Schema.optional(Schema.Unknown)
})

const read = Read.as(Chunk)

type Part = Response.StreamPartEncoded

interface OpenCall {
  readonly id: string
  readonly name: string
  text: string
}

/** Puts the parts of a reply together as they come. */
export class ReplyStream {
  readonly #options: LanguageModel.ProviderOptions
  readonly #calls = new Map<number, OpenCall>()
  #id: string | null | undefined
  #begun = false
  #open: "text" | "reasoning" | undefined
  #blocks = 0
  #refusal = ""
  #reason: string | undefined
  #usage: unknown

  constructor(options: LanguageModel.ProviderOptions) {
    this.#options = options
  }

  /** Takes a chunk in, and tells what it brings. */
  readonly push = (answer: unknown): Effect.Effect<ReadonlyArray<Part>, AiError.AiErrorReason> =>
    Effect.map(read(answer), (chunk) => {
      const parts: Array<Part> = []
      if (!this.#begun) {
        this.#begun = true
        this.#id = chunk.id
        parts.push(Reply.metadataOf(chunk))
      }
      // The last chunk has the usage and no choices.
      this.#usage = chunk.usage ?? this.#usage
      // Of several replies side by side there is room for the first.
      const choice = chunk.choices?.find(({ index }) => (index ?? 0) === 0)
      this.#reason = choice?.finish_reason ?? this.#reason
      if (choice?.delta) this.#take(choice.delta, parts)
      return parts
    })

  /** What comes once all chunks have; a reply that was not finished is no reply. */
  readonly end: Effect.Effect<ReadonlyArray<Part>, AiError.AiErrorReason> = Effect.suspend(
    (): Effect.Effect<ReadonlyArray<Part>, AiError.AiErrorReason> => {
      if (this.#refusal !== "") return Effect.fail(Reply.refused(this.#refusal))
      if (this.#reason === undefined) return Effect.fail(new AiError.InternalProviderError({ description: brokenOff }))
      const parts: Array<Part> = []
      this.#close(parts)
      return Effect.map(
        Effect.forEach(this.#calls.values(), ({ id, name, text }) =>
          Effect.map(ToolCalls.paramsOf(this.#options, name, text), (params): ReadonlyArray<Part> => [
            { type: "tool-params-end", id },
            { type: "tool-call", id, name, params }
          ])
        ),
        (calls) => [...parts, ...calls.flat(), Finish.make(this.#reason, this.#usage, calls.length > 0)]
      )
    }
  )

  #take(delta: typeof Delta.Type, parts: Array<Part>): void {
    const thoughts = Reply.thoughtsOf(delta)
    if (thoughts !== "") parts.push({ type: "reasoning-delta", id: this.#block("reasoning", parts), delta: thoughts })
    if (delta.content) parts.push({ type: "text-delta", id: this.#block("text", parts), delta: delta.content })
    this.#refusal += delta.refusal ?? ""
    for (const [position, call] of (delta.tool_calls ?? []).entries()) this.#call(call, call.index ?? position, parts)
  }

  #call({ function: called, id: given }: typeof Call.Type, index: number, parts: Array<Part>): void {
    let call = this.#calls.get(index)
    if (call === undefined) {
      this.#close(parts)
      call = { id: Reply.callId(given, this.#id, index), name: called?.name ?? "", text: "" }
      this.#calls.set(index, call)
      parts.push({ type: "tool-params-start", id: call.id, name: call.name })
    }
    if (!called?.arguments) return
    call.text += called.arguments
    parts.push({ type: "tool-params-delta", id: call.id, delta: called.arguments })
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
