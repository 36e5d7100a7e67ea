import { Effect, Schema } from "effect"
import type { KeyValueStore } from "effect/persistence"
import type { Entry } from "./Entry.ts"
import { NotStored } from "./NotStored.ts"

/** What lies under one key: an entry, and the version of its form. */
const Form = Schema.fromJsonString(
  Schema.Struct({
    version: Schema.Literal(1),
    entry: Schema.Struct({
      text: Schema.String,
      kind: Schema.optional(Schema.String),
      importance: Schema.optional(Schema.Finite),
      at: Schema.optional(Schema.Finite)
    })
  })
)
const decode = Schema.decodeUnknownEffect(Form)
const encode = Schema.encodeEffect(Form)

export interface Stored {
  /** What the store held at first, oldest first. */
  readonly entries: ReadonlyArray<Entry>
  /** Writes one more entry under a key of its own. */
  readonly add: (entry: Entry) => Effect.Effect<void, NotStored>
}

/** Reads one entry; one that cannot be read is left where it is. */
const read = Effect.fnUntraced(function* (
  store: KeyValueStore.KeyValueStore,
  key: string
): Effect.fn.Return<ReadonlyArray<Entry>> {
  return yield* store.get(key).pipe(
    Effect.flatMap(decode),
    Effect.map(({ entry }) => [entry]),
    Effect.catch((cause) =>
      Effect.as(Effect.logWarning(`The memory ${key} cannot be read and is skipped: ${cause.message}`), [])
    )
  )
})

/** Opens the entries of one agent in a store: one numbered key each, so that adding one rewrites none. */
export const open = Effect.fnUntraced(function* (
  store: KeyValueStore.KeyValueStore,
  agent: string
): Effect.fn.Return<Stored, KeyValueStore.KeyValueStoreError> {
  const prefix = `headgate/memory/${agent}/`
  const numbers = (yield* store.keys)
    .filter((key) => key.startsWith(prefix) && /^\d{1,15}$/.test(key.slice(prefix.length)))
    .map((key) => Number(key.slice(prefix.length)))
    .sort((a, b) => a - b)
  const entries = yield* Effect.forEach(numbers, (number) => read(store, `${prefix}${number}`), { concurrency: 16 })
  let next = (numbers.at(-1) ?? 0) + 1
  return {
    entries: entries.flat(),
    add: (entry) =>
      Effect.suspend(() => {
        // Taken even if the store fails, for the key may hold half an entry then.
        const key = `${prefix}${next++}`
        return encode({ version: 1, entry }).pipe(
          Effect.flatMap((text) => store.set(key, text)),
          Effect.mapError((cause) => new NotStored({ key, cause }))
        )
      })
  }
})
