import { Effect, Schema } from "effect"
import * as Base64 from "effect/encoding/Base64"
import type { Begin } from "./Begun.ts"
import * as EmbeddingRequest from "./EmbeddingRequest.ts"
import * as Vector from "./Vector.ts"

/** The answer of `POST /v1/embeddings`. */
export const Embeddings = Schema.Struct({
  object: Schema.Literal("list"),
  data: Schema.Array(
    Schema.Struct({
      object: Schema.Literal("embedding"),
      index: Schema.Int,
      /** The vector, or the bytes of its 32-bit numbers in base64. */
      embedding: Schema.Union([Schema.Array(Schema.Finite), Schema.String])
    })
  ),
  model: Schema.String,
  usage: Schema.Struct({ prompt_tokens: Schema.Int, total_tokens: Schema.Int })
})
export type Embeddings = typeof Embeddings.Type

const usual = 1536

const encode = (vector: ReadonlyArray<number>): string => {
  const view = new DataView(new ArrayBuffer(4 * vector.length))
  vector.forEach((value, i) => view.setFloat32(4 * i, value, true))
  return Base64.encode(new Uint8Array(view.buffer))
}

/** Answers requests for embeddings. */
export const make = (begin: Begin) => {
  const embeddings = Effect.fn("SimulatedModel.embeddings")(function* (body: unknown) {
    const request = yield* EmbeddingRequest.decode(body)
    const { dimensions, encoding_format: format, model } = request
    const inputs = EmbeddingRequest.inputsOf(request)
    const prompt = inputs.reduce((sum, input) => sum + EmbeddingRequest.tokensOf(input), 0)
    const { generation } = yield* begin({ model, prompt, tokens: 1, width: 1, streamed: false })
    yield* generation.produced(1)
    const data = inputs.map((input, index) => {
      const vector = Vector.of(input, dimensions ?? usual)
      return { object: "embedding" as const, index, embedding: format === "base64" ? encode(vector) : vector }
    })
    const reply: Embeddings = {
      object: "list",
      data,
      model,
      usage: { prompt_tokens: prompt, total_tokens: prompt }
    }
    return reply
  }, Effect.scoped)

  return { embeddings }
}
