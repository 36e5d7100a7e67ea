import { Effect, Schema, Struct } from "effect"
import { KeyValueStore } from "effect/persistence"
import { fields, type Kept, NotStored } from "./Entry.ts"

/** What lies under one key: an entry, and the version of its form. */
export const Form = Schema.Struct({
  version: Schema.Literal(1),
  entry: Schema.Struct({
    text: fields.text,
    ...Struct.map(Struct.pick(fields, ["key", "at", "importance", "kind"]), Schema.optional)
  })
})

/** Where the entries of one agent are kept: one numbered key each, so that adding one rewrites none. */
export interface Stored {
  /** What was there at first, in the order of writing. */
  readonly entries: ReadonlyArray<Kept>
  readonly add: (entry: Kept) => Effect.Effect<void, NotStored>
  readonly remove: (entries: ReadonlyArray<Kept>) => Effect.Effect<void, NotStored>
  /** What other processes have added and removed since the last time. Default: no others use the entries. */
  readonly changes?: Effect.Effect<
    { readonly added: ReadonlyArray<Kept>; readonly removed: ReadonlyArray<Kept> },
    KeyValueStore.KeyValueStoreError
  >
}

/** Keeps nothing. */
export const nowhere: Stored = { entries: [], add: () => Effect.void, remove: () => Effect.void }

/** Opens the entries of one agent in a store; one that cannot be read is left where it is. */
export const open = Effect.fnUntraced(function* (
  store: KeyValueStore.KeyValueStore,
  agent: string
): Effect.fn.Return<Stored, KeyValueStore.KeyValueStoreError> {
  const prefix = `headgate/memory/${agent}/`
  const forms = KeyValueStore.toSchemaStore(store, Form)
  const keys = new Map<Kept, string>()
  const names = (yield* store.keys).flatMap((key) => (key.startsWith(prefix) ? key.slice(prefix.length) : []))
  const numbers = names.flatMap((name) => (/^\d{1,15}$/.test(name) ? Number(name) : [])).sort((a, b) => a - b)
  const read = (key: string) =>
    Effect.flatMap(forms.get(key), Effect.fromOption).pipe(
      Effect.map(({ entry }) => void keys.set({ ...entry, at: entry.at ?? 0 }, key)),
      Effect.catch(({ message }) => Effect.logWarning(`The memory ${key} cannot be read and is skipped: ${message}`))
    )
  yield* Effect.forEach(numbers, (number) => read(`${prefix}${number}`), { discard: true })
  let next = (numbers.at(-1) ?? 0) + 1
  const change = <E>(key: string, effect: Effect.Effect<void, E>) =>
    Effect.mapError(effect, (cause) => new NotStored({ key, cause }))
  return {
    entries: [...keys.keys()],
    add: Effect.fnUntraced(function* (entry) {
      const key = `${prefix}${next++}`
      // Taken even if the store fails, for the key may hold half an entry then.
      keys.set(entry, key)
      yield* change(key, forms.set(key, { version: 1, entry }))
    }),
    remove: Effect.forEach((entry) => {
      const key = keys.get(entry)
      return key !== undefined && keys.delete(entry) ? change(key, store.remove(key)) : Effect.void
    })
  }
})
