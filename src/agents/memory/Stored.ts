import { Effect, Schema } from "effect"
import type { KeyValueStore } from "effect/persistence"
import type { Entry, Kept } from "./Entry.ts"
import { NotStored } from "./NotStored.ts"

/** What lies under one key: an entry, and the version of its form. */
const Form = Schema.fromJsonString(
  Schema.Struct({
    version: Schema.Literal(1),
    entry: Schema.Struct({
      text: Schema.String,
      key: Schema.optional(Schema.String),
      kind: Schema.optional(Schema.String),
      importance: Schema.optional(Schema.Finite),
      at: Schema.optional(Schema.Finite)
    })
  })
)
const decode = Schema.decodeUnknownEffect(Form)
const encode = Schema.encodeEffect(Form)

/** The entries of one agent in a store: one numbered key each, so that adding one rewrites none. */
export interface Stored {
  /** What the store held at first, in the order of writing. */
  readonly entries: ReadonlyArray<readonly [number: number, entry: Kept]>
  /** Writes one more entry under a number of its own, which is told before it is written. */
  readonly add: (entry: Kept, numbered: (number: number) => void) => Effect.Effect<void, NotStored>
  /** Removes an entry. */
  readonly remove: (number: number) => Effect.Effect<void, NotStored>
}

/** Reads one entry; one that cannot be read is left where it is. */
const read = (store: KeyValueStore.KeyValueStore, key: string): Effect.Effect<ReadonlyArray<Entry>> =>
  store.get(key).pipe(
    Effect.flatMap(decode),
    Effect.map(({ entry }) => [entry]),
    Effect.catch((cause) =>
      Effect.as(Effect.logWarning(`The memory ${key} cannot be read and is skipped: ${cause.message}`), [])
    )
  )

/** Opens the entries of one agent in a store. */
export const open = Effect.fnUntraced(function* (
  store: KeyValueStore.KeyValueStore,
  agent: string
): Effect.fn.Return<Stored, KeyValueStore.KeyValueStoreError> {
  const prefix = `headgate/memory/${agent}/`
  const numbers = (yield* store.keys)
    .filter((key) => key.startsWith(prefix) && /^\d{1,15}$/.test(key.slice(prefix.length)))
    .map((key) => Number(key.slice(prefix.length)))
    .sort((a, b) => a - b)
  const numbered = (number: number) =>
    Effect.map(read(store, `${prefix}${number}`), (found) =>
      found.map((entry) => [number, { ...entry, at: entry.at ?? 0 }] as const)
    )
  const entries = yield* Effect.forEach(numbers, numbered, { concurrency: 16 })
  let next = (numbers.at(-1) ?? 0) + 1
  return {
    entries: entries.flat(),
    add: (entry, told) =>
      Effect.suspend(() => {
        // Taken even if the store fails, for the key may hold half an entry then.
        const number = next++
        told(number)
        const key = `${prefix}${number}`
        return encode({ version: 1, entry }).pipe(
          Effect.flatMap((text) => store.set(key, text)),
          Effect.mapError((cause) => new NotStored({ key, cause }))
        )
      }),
    remove: (number) => {
      const key = `${prefix}${number}`
      return Effect.mapError(store.remove(key), (cause) => new NotStored({ key, cause }))
    }
  }
})
