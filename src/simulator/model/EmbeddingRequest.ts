import { Schema } from "effect"
import * as Body from "./Body.ts"
import * as Tokens from "./Tokens.ts"

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
export const decode = Body.decoder(EmbeddingRequest)

/** A text, or the tokens of one. */
export type Input = string | ReadonlyArray<number>

/** The inputs of a request, one or many. */
export const inputsOf = ({ input }: EmbeddingRequest): ReadonlyArray<Input> => {
  if (typeof input === "string") return [input]
  return input.every((one) => typeof one === "number") ? [input] : (input as ReadonlyArray<Input>)
}

/** Estimates the tokens of an input. */
export const tokensOf = (input: Input): number => (typeof input === "string" ? Tokens.ofText(input) : input.length)
