import { Data, Effect, Option, Schema } from "effect"
import { Reply } from "./extract/Reply.ts"
import type { Shape } from "./extract/Scalar.ts"
import { check } from "./extract/Shape.ts"

export type { Shape } from "./extract/Scalar.ts"

/** The reply holds no value of the schema, or leaves a doubt which it is. */
export class NoValue extends Data.TaggedError("NoValue")<{
  /** The reply as the model gave it. */
  readonly reply: string
}> {
  override get message(): string {
    return "The reply holds no value of the schema, or leaves a doubt which it is."
  }
}

const readers = new WeakMap<object, Reply>()

/**
 * Takes the value that a JSON Schema asks for out of a model's reply. None if the reply has none, breaks off before it or
 * leaves a doubt which it is. Of several the last outside of thinking counts. Of named properties only these are taken.
 * Throws `InvalidOptions` for a schema that is none of JSON Schema.
 */
export const from = (reply: string, shape: Shape | boolean): Option.Option<unknown> => {
  const reader = readers.get(Object(shape)) ?? new Reply(check(shape))
  readers.set(Object(shape), reader)
  return reader.read(reply)
}

/** Takes a value of an Effect schema out of a reply, by the JSON form of the schema. Fails with `NoValue` if the reply has none. */
export const decode = <A, RD>(
  schema: Schema.ConstraintDecoder<A, RD>
): ((reply: string) => Effect.Effect<A, NoValue, RD>) => {
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(schema)
  const reader = new Reply({ ...root, $defs: definitions })
  const read = Schema.decodeUnknownEffect(Schema.toCodecJson(schema))
  return (reply) =>
    Effect.fromOption(reader.read(reply)).pipe(
      Effect.flatMap((value) => read(value)),
      Effect.mapError(() => new NoValue({ reply }))
    )
}
