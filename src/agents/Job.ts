import { Data, Effect, Option, Predicate, Schema } from "effect"
import { OpenAiStructuredOutput, Tool, Toolkit } from "effect/ai"
import * as Field from "../config/Field.ts"
import { list, thrower } from "../config/Options.ts"
import * as Extract from "./Extract.ts"

/** Something that a job may look up: a tool that finds what is known of an item. */
export interface Lookup {
  readonly name: string
  /** What can be found, in words for the model. */
  readonly description: string
  /** What is known of an item; `undefined` if nothing is. */
  readonly find: (item: string) => Effect.Effect<Readonly<Record<string, string | number>> | undefined>
}

/** A result was not accepted. */
export class NotAccepted extends Data.TaggedError("NotAccepted")<{
  /** What is wrong, in words for the model. */
  readonly reason: string
}> {}

/** What makes a job again, in this process or another. */
export interface JobData {
  /** The name of its kind. */
  readonly kind: string
  /** What tells it from others of its kind. */
  readonly data: Schema.Json
}

/** A task for an agent, and how its result is checked. */
export interface Job<out A = unknown> {
  readonly goal: string
  readonly task: string
  readonly limits: ReadonlyArray<string>
  readonly lookups: ReadonlyArray<Lookup>
  /** The shape of the result, in words for the model. */
  readonly shape: string
  /** The same as a schema, for endpoints that take one. */
  readonly format?: Format | undefined
  /** Takes the result out of a reply, and checks it. */
  readonly accept: (reply: string) => Effect.Effect<A, NotAccepted>
  /** The schema of the result. */
  readonly result: Schema.Decoder<A>
  /** What makes the job again; only a job that has it can be stored. A kind adds it, see `JobKind`. */
  readonly stored?: JobData | undefined
}

/** What a job is made of. */
export interface Options<A> {
  /** What jobs of this kind are about, without particulars. A plan is reused for jobs of the same goal. */
  readonly goal: string
  /** What is to be done. */
  readonly task: string
  /** The schema of the result. */
  readonly result: Schema.Decoder<A>
  /** Says what is wrong with a result; `undefined` if nothing is. Default: any result of the schema is right. */
  readonly check?: ((result: A) => string | undefined) | undefined
  /** What the plan must keep to. Default: nothing. */
  readonly limits?: ReadonlyArray<string> | undefined
  /** What may be looked up. Default: nothing. */
  readonly lookups?: ReadonlyArray<Lookup> | undefined
}

interface Reader<A> {
  readonly read: (reply: string) => Effect.Effect<A, Extract.NoValue>
  readonly isResult: (value: unknown) => boolean
  readonly shape: string
  readonly format: Format | undefined
}

// Jobs of a kind share their schema.
const readers = new WeakMap<object, Reader<unknown>>()

const readerOf = <A>(schema: Schema.Decoder<A>): Reader<A> => {
  const known = readers.get(schema) as Reader<A> | undefined
  if (known !== undefined) return known
  const reader = {
    read: Extract.decode(schema),
    isResult: Schema.is(schema),
    shape: shapeOf(schema),
    format: formatOf(schema)
  }
  readers.set(schema, reader)
  return reader
}

const isCheck = (value: unknown): value is (result: never) => string | undefined => typeof value === "function"
const isLookup = (value: unknown): value is Lookup =>
  Predicate.hasProperty(value, "name") &&
  Predicate.hasProperty(value, "description") &&
  Predicate.hasProperty(value, "find") &&
  typeof value.find === "function"

const text = (example: string) => Field.value(Predicate.isString, "a text", { example })
/** The schema of what a model is to answer. */
export const schemaField = Field.value(Schema.isSchema, "an Effect Schema", {
  example: "Schema.Struct({ total: Schema.Finite })"
})

const fields = {
  goal: text('"Restock nails."'),
  task: text('"Order 40 nails."'),
  result: schemaField,
  check: Field.optional(Field.value(isCheck, "a function of a result")),
  limits: list(text('"At most 5 dollars."'), { default: [] }),
  lookups: list(Field.value(isLookup, "an object of name, description and find"), { default: [] })
}
const checkOptions = thrower(fields)

const missing = new NotAccepted({ reason: "There is no result in the reply." })

/**
 * Makes a job. Throws `InvalidOptions`, which names every option that is not allowed.
 *
 * @example
 * const job = Job.make({
 *   goal: "Tell somebody's age in months.",
 *   task: "How many months old is Ada?",
 *   result: Schema.Struct({ months: Schema.Finite }),
 *   check: ({ months }) => (months % 12 === 0 ? undefined : "Count whole years of twelve months."),
 *   lookups: [{ name: "age", description: "A person's age in years", find: () => Effect.succeed({ years: 7 }) }]
 * })
 *
 * await Effect.runPromise(job.accept("She is 7, so the answer is {\"months\": 84}.")) // => { months: 84 }
 */
export const make = <A>(options: Options<A>): Job<A> => {
  checkOptions(options)
  const { check, goal, limits = [], lookups = [], result, task } = options
  const { format, isResult, read, shape } = readerOf(result)
  const verdict = (value: A) => (isResult(value) ? check?.(value) : "That is not of the shape that was asked for.")
  return {
    goal,
    task,
    limits,
    lookups,
    shape,
    format,
    result,
    accept: (reply) =>
      Effect.flatMap(
        Effect.mapError(read(reply), () => missing),
        (value) => {
          const reason = verdict(value)
          return reason === undefined ? Effect.succeed(value) : Effect.fail(new NotAccepted({ reason }))
        }
      )
  }
}

const typeOf = (schema: unknown): string => {
  if (!Predicate.isObject(schema)) return ""
  if (Predicate.hasProperty(schema, "items")) return `[${typeOf(schema.items)}]`
  return Predicate.hasProperty(schema, "type") ? String(schema.type) : ""
}

/** Describes the shape of an object in a few tokens, such as `{"order": [string], "total": number}`. */
export const shapeOf = (schema: Schema.Constraint): string => {
  const { properties } = Schema.toJsonSchemaDocument(schema).schema
  const fields = Object.entries(Predicate.isObject(properties) ? properties : {}).map(([key, value]) => {
    const type = typeOf(value)
    return type === "" ? `"${key}"` : `"${key}": ${type}`
  })
  return `{${fields.join(", ")}}`
}

/** A schema as the `response_format` of a request. */
export type Format = Readonly<Record<string, Schema.Json>>

const strictOf = Option.liftThrowable((schema: Schema.Constraint): Schema.Json => {
  const { jsonSchema } = OpenAiStructuredOutput.toCodecOpenAI(schema)
  return { name: "answer", strict: true, schema: jsonSchema as Schema.Json }
})

/** Puts a schema into the form in which endpoints take it; `undefined` if it has no such form. */
export const formatOf = (schema: Schema.Constraint): Format | undefined =>
  Option.getOrUndefined(Option.map(strictOf(schema), (json_schema): Format => ({ type: "json_schema", json_schema })))

const Found = Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Number]))

const toolOf = ({ description, name }: Lookup) =>
  Tool.make(name, { description, parameters: Schema.Struct({ item: Schema.String }), success: Found })

/** The tools by which a model looks things up. */
export type LookupTools = Toolkit.WithHandler<{ readonly [name: string]: ReturnType<typeof toolOf> }>

/** Offers lookups to a model as tools. */
export const lookupTools = (lookups: ReadonlyArray<Lookup>): Effect.Effect<LookupTools> => {
  const toolkit = Toolkit.make(...lookups.map(toolOf))
  const handlerOf =
    ({ find }: Lookup) =>
    ({ item }: { readonly item: string }) =>
      Effect.map(find(item), (found) => found ?? { item, error: "Nothing is known of it." })
  const handlers = Object.fromEntries(lookups.map((lookup) => [lookup.name, handlerOf(lookup)]))
  return Effect.flatMap(toolkit.toHandlers(handlers), (context) => Effect.provideContext(toolkit, context))
}

/** No tools. */
export const noTools: Effect.Effect<LookupTools> = lookupTools([])
