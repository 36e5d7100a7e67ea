import { Schema } from "effect"

/** A model as `GET /v1/models/{id}` tells of it. */
export const Model = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("model"),
  /** Seconds since 1970. */
  created: Schema.Int,
  owned_by: Schema.String
})
export type Model = typeof Model.Type

/** The answer of `GET /v1/models`. */
export const ModelList = Schema.Struct({ object: Schema.Literal("list"), data: Schema.Array(Model) })
export type ModelList = typeof ModelList.Type

// How fast each is, compared with the usual speed.
const speeds: Readonly<Record<string, number>> = { "gpt-4o-mini": 1, "gpt-4o": 0.5, "gpt-4.1-nano": 2 }

/** The models on offer: the usual one, a heavier and a lighter one. */
export const list: ModelList = {
  object: "list",
  data: Object.keys(speeds).map((id) => ({ id, object: "model", created: 1_767_225_600, owned_by: "headgate" }))
}

/** How fast a model is, compared with the usual one; a model not on offer is as fast as that. */
export const speedOf = (id: string): number => (Object.hasOwn(speeds, id) ? speeds[id]! : 1)
