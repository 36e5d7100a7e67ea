import { Data, Effect, Option, Schema } from "effect"
import { dig } from "./extract/Envelope.ts"
import { inline } from "./extract/Inline.ts"
import { strictly } from "./extract/Json.ts"
import * as Reading from "./extract/Reading.ts"
import type { Shape } from "./extract/Shape.ts"
import { visible } from "./extract/Visible.ts"

export type { Shape } from "./extract/Shape.ts"

/** The reply holds no value of the schema, or leaves a doubt which it is. */
export class NoValue extends Data.TaggedError("NoValue")<{
  /** The reply as the model gave it. */
  readonly reply: string
}> {
  override get message(): string {
    return "The reply holds no value of the schema, or leaves a doubt which it is."
  }
}

/**
 * Takes the value that a JSON Schema asks for out of a model's reply, without asking again. None if the reply has none,
 * breaks off before it, or leaves a doubt which it is: a wrong value is worse than none. Of several the last counts, and
 * what stands in a block of thinking does not. Only the properties that the schema names are taken over.
 */
export const from = (reply: string, shape: Shape): Option.Option<unknown> => {
  const strict = Option.map(strictly(reply), (value) => dig(value, shape))
  const verdict =
    Option.isSome(strict) && strict.value._tag !== "Silent" ? strict.value : Reading.read(visible(reply, shape), shape)
  return verdict._tag === "Fits" ? Option.some(verdict.value) : Option.none()
}

/** Takes a value of an Effect schema out of a reply, by the JSON form of the schema. Fails with `NoValue` if the reply has none. */
export const decode = <A, RD>(
  schema: Schema.ConstraintDecoder<A, RD>
): ((reply: string) => Effect.Effect<A, NoValue, RD>) => {
  const shape = inline(Schema.toJsonSchemaDocument(schema))
  const read = Schema.decodeUnknownEffect(Schema.toCodecJson(schema))
  return (reply) =>
    Effect.mapError(
      Option.match(from(reply, shape), { onNone: () => Effect.fail(undefined), onSome: (value) => read(value) }),
      () => new NoValue({ reply })
    )
}
