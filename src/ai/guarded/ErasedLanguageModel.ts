import type { Effect, Stream } from "effect"
import type { AiError, Response } from "effect/ai"

/** A part of any response. */
export type Part =
  | Response.AllParts<{}>
  | Response.ToolCallPart<string, unknown>
  | Response.ToolResultPart<string, unknown, unknown>

/** A whole response. */
export interface Reply {
  readonly content: ReadonlyArray<Part>
  /** The object, if one was asked for. */
  readonly value?: unknown
}

/** A language model for those who hand its options on: what these say of tools, errors and context is in types they do not know. */
export interface ErasedLanguageModel {
  readonly generateText: (options: object) => Effect.Effect<Reply, AiError.AiError>
  readonly generateObject: (options: object) => Effect.Effect<Reply, AiError.AiError>
  readonly streamText: (options: object) => Stream.Stream<Part, AiError.AiError>
}
