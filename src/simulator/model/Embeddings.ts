import { Effect, Hash, Schema } from "effect"
import * as Base64 from "effect/encoding/Base64"
import * as Body from "./Body.ts"
import { wordsOf } from "./Text.ts"
import * as Tokens from "./Tokens.ts"
import type { Accept } from "./Accepted.ts"

const Text = Schema.String.check(Schema.isMinLength(1))
const TokenIds = Schema.Array(Schema.Natural).check(Schema.isMinLength(1))
const several = <S extends Schema.Constraint>(schema: S) =>
  Schema.Array(schema).check(Schema.isMinLength(1), Schema.isMaxLength(2048))

/** The body of `POST /v1/embeddings`, as far as the simulated model reads it. */
export const EmbeddingRequest = Schema.Struct({
  model: Schema.String.check(Schema.isMinLength(1)),
  input: Schema.Union([Text, several(Text), TokenIds, several(TokenIds)]),
  encoding_format: Schema.optional(Schema.NullOr(Schema.Literals(["float", "base64"]))),
  dimensions: Body.count(1, 3072)
})
export type EmbeddingRequest = typeof EmbeddingRequest.Type

/** Reads a body, or says which field is wrong, as an endpoint does. */
export const decodeRequest = Body.decoder(EmbeddingRequest)

/** A text, or the tokens of one. */
export type Input = string | ReadonlyArray<number>

/** The inputs of a request, one or many. */
export const inputsOf = ({ input }: EmbeddingRequest): ReadonlyArray<Input> => {
  if (typeof input === "string") return [input]
  return input.every((one) => typeof one === "number") ? [input] : (input as ReadonlyArray<Input>)
}

/** Estimates the tokens of an input. */
export const tokensOf = (input: Input): number => (typeof input === "string" ? Tokens.ofText(input) : input.length)

// A feature is spread over several places, so that one collision does not make two texts alike.
const places = 4

const light = 0.2
const part = 0.3

/** Adds a feature to a vector, at places and with signs that follow from its name. */
const add = (vector: Float64Array, feature: string, weight: number): void => {
  let state = Hash.string(feature)
  for (let i = 0; i < places; i++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9
    state ^= state >>> 13
    vector[(state >>> 1) % vector.length]! += state & 1 ? weight : -weight
  }
}

const addText = (vector: Float64Array, text: string): void => {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  const telling = new Set(wordsOf(text))
  for (const word of words) {
    const weight = telling.has(word) ? 1 : light
    add(vector, word, weight)
    // Words of one stem have most of these in common.
    for (let i = 0; i + 3 <= word.length; i++) add(vector, `${word.slice(i, i + 3)}-`, weight * part)
  }
}

/** Turns a text into a vector of length one; texts with words in common are near each other. */
export const vectorOf = (input: Input, dimensions: number): ReadonlyArray<number> => {
  const vector = new Float64Array(dimensions)
  if (typeof input === "string") addText(vector, input)
  else for (const token of input) add(vector, `#${token}`, 1)
  // So that no text is without a direction.
  if (!vector.some((value) => value !== 0)) add(vector, String(input), 1)
  if (!vector.some((value) => value !== 0)) vector[0] = 1
  const length = Math.hypot(...vector)
  return Array.from(vector, (value) => Math.round((value / length) * 1e8) / 1e8)
}

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
export const make = (accept: Accept) => {
  const embeddings = Effect.fn("SimulatedModel.embeddings")(function* (body: unknown) {
    const request = yield* decodeRequest(body)
    const { dimensions, encoding_format: format, model } = request
    const inputs = inputsOf(request)
    const prompt = inputs.reduce((sum, input) => sum + tokensOf(input), 0)
    const { generation } = yield* accept({ model, prompt, tokens: 1, width: 1, streamed: false })
    yield* generation.produced(1)
    const data = inputs.map((input, index) => {
      const vector = vectorOf(input, dimensions ?? usual)
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
