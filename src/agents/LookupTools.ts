import { Effect, Schema } from "effect"
import { Tool, Toolkit } from "effect/ai"
import type { Lookup } from "./job/Job.ts"

const Found = Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Number]))

const define = ({ description, name }: Lookup) =>
  Tool.make(name, { description, parameters: Schema.Struct({ item: Schema.String }), success: Found })

/** Tools that find things in what a job may look up. */
export type LookupTools = Toolkit.WithHandler<{ readonly [name: string]: ReturnType<typeof define> }>

/** Offers lookups to a model. */
export const make = (lookups: ReadonlyArray<Lookup>): Effect.Effect<LookupTools> => {
  const toolkit = Toolkit.make(...lookups.map(define))
  const find = (lookup: Lookup) => (asked: { readonly item: string }) =>
    Effect.succeed(lookup.find(asked.item) ?? { item: asked.item, error: "Nothing is known of it." })
  const handlers = Object.fromEntries(lookups.map((lookup) => [lookup.name, find(lookup)]))
  return Effect.flatMap(toolkit.toHandlers(handlers), (context) => Effect.provideContext(toolkit, context))
}

/** No tools at all. */
export const none: Effect.Effect<LookupTools> = make([])
