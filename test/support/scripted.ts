import { Effect, Layer, Stream } from "effect"
import { AiError, LanguageModel, type Response } from "effect/ai"
import type { CallOptions } from "../../src/Call.ts"
import { Parameters } from "../../src/ai/chat/Parameters.ts"
import { CurrentOptions } from "../../src/ai/guarded/CurrentOptions.ts"
import { promptText } from "../../src/agents/ModelClient.ts"

/** What a model says: a text, or calls of tools. */
export type Says = string | ReadonlyArray<{ readonly name: string; readonly params: Readonly<Record<string, unknown>> }>

/** A request as it arrives at the model. */
export interface Heard {
  readonly texts: ReadonlyArray<string>
  readonly tools: ReadonlyArray<string>
  /** What is said of the call. */
  readonly options: CallOptions
  readonly maxTokens: number | undefined
  /** The schema that the reply is held to. */
  readonly format: unknown
}

const partsOf = (says: Says): Array<Response.PartEncoded> =>
  typeof says === "string"
    ? [{ type: "text", text: says }]
    : says.map(({ name, params }, i) => ({ type: "tool-call", id: `call-${i}`, name, params }))

const finish: Response.PartEncoded = {
  type: "finish",
  reason: "stop",
  usage: {
    inputTokens: { total: 30, uncached: undefined, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 10, text: undefined, reasoning: undefined }
  },
  response: undefined
}

/** A language model that says what a function makes of what it hears. */
export const scripted = (
  say: (heard: Heard, call: number) => Effect.Effect<Says, AiError.AiError>
): Layer.Layer<LanguageModel.LanguageModel> =>
  Layer.effect(
    LanguageModel.LanguageModel,
    Effect.suspend(() => {
      let calls = 0
      return LanguageModel.make({
        generateText: Effect.fnUntraced(function* ({ prompt, tools }) {
          const heard = {
            texts: promptText(prompt),
            tools: tools.map(({ name }) => name),
            options: yield* CurrentOptions,
            maxTokens: (yield* Parameters).maxCompletionTokens,
            format: (yield* Parameters).more?.["response_format"]
          }
          return [...partsOf(yield* say(heard, ++calls)), finish]
        }),
        streamText: () => Stream.die("no stream was asked for")
      })
    })
  )

/** An error of the model. */
export const failure = (reason: AiError.AiErrorReason): AiError.AiError =>
  AiError.make({ module: "scripted", method: "generateText", reason })
