import { Effect, Option, Schema } from "effect"
import { KeyValueStore } from "effect/persistence"

/** What is kept of the last run of a kind. */
const Form = Schema.Struct({ version: Schema.Literal(1), count: Schema.Int, agents: Schema.Int, ended: Schema.Boolean })

/** A run whose jobs are handed out. */
export interface Run {
  /** Its name, which no other run has. */
  readonly name: string
  /** Agents that share its jobs: those of its beginning. */
  readonly agents: number
  /** Whether it was begun before, and did not come to its end. */
  readonly resumed: boolean
  /** Notes that all jobs have ended, so that the next run of the kind is another one. */
  readonly end: Effect.Effect<void, KeyValueStore.KeyValueStoreError | Schema.SchemaError>
}

const prefix = "headgate/run/"

/** The kinds of which runs have begun. */
export const kinds: Effect.Effect<
  ReadonlyArray<string>,
  KeyValueStore.KeyValueStoreError,
  KeyValueStore.KeyValueStore
> = Effect.flatMap(KeyValueStore.KeyValueStore, ({ keys }) =>
  Effect.map(keys, (all) => all.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)))
)

/** Begins a run of a kind, or goes on with the last one if it has not ended. */
export const begin = Effect.fnUntraced(function* (
  kind: string,
  agents: number
): Effect.fn.Return<Run, KeyValueStore.KeyValueStoreError | Schema.SchemaError, KeyValueStore.KeyValueStore> {
  const forms = KeyValueStore.toSchemaStore(yield* KeyValueStore.KeyValueStore, Form)
  const key = `${prefix}${kind}`
  const last = Option.getOrUndefined(yield* forms.get(key))
  const resumed = last !== undefined && !last.ended
  const run = resumed ? last : { version: 1 as const, count: (last?.count ?? 0) + 1, agents, ended: false }
  yield* forms.set(key, run)
  return { name: `${kind}/${run.count}`, agents: run.agents, resumed, end: forms.set(key, { ...run, ended: true }) }
})
