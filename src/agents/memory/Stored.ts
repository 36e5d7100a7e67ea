import { Effect, Schema } from "effect"
import type { KeyValueStore } from "effect/persistence"
import { fields, type Kept, NotStored } from "./Entry.ts"

const { at, importance, key, kind, text } = fields
const optional = Schema.optional
const Stored = Schema.Struct({
  text,
  key: optional(key),
  at: optional(at),
  importance: optional(importance),
  kind: optional(kind)
})

/** What lies under one key: an entry, and the version of its form. */
const Form = Schema.fromJsonString(Schema.Struct({ version: Schema.Literal(1), entry: Stored }))
const decode = Schema.decodeUnknownEffect(Form)
const encode = Schema.encodeEffect(Form)

/** Where the entries of one agent are kept: one numbered key each, so that adding one rewrites none. */
export interface Stored {
  /** What was there at first, in the order of writing. */
  readonly entries: ReadonlyArray<Kept>
  readonly add: (entry: Kept) => Effect.Effect<void, NotStored>
  readonly remove: (entries: ReadonlyArray<Kept>) => Effect.Effect<void, NotStored>
}

/** Keeps nothing. */
export const nowhere: Stored = { entries: [], add: () => Effect.void, remove: () => Effect.void }

/** Opens the entries of one agent in a store; one that cannot be read is left where it is. */
export const open = Effect.fnUntraced(function* (
  store: KeyValueStore.KeyValueStore,
  agent: string
): Effect.fn.Return<Stored, KeyValueStore.KeyValueStoreError> {
  const prefix = `headgate/memory/${agent}/`
  const numbers = new Map<Kept, number>()
  const read = (number: number) =>
    store.get(`${prefix}${number}`).pipe(
      Effect.flatMap(decode),
      Effect.map(({ entry }) => void numbers.set({ ...entry, at: entry.at ?? 0 }, number)),
      Effect.catch(({ message }) =>
        Effect.logWarning(`The memory ${prefix}${number} cannot be read and is skipped: ${message}`)
      )
    )
  const found = (yield* store.keys)
    .filter((key) => key.startsWith(prefix) && /^\d{1,15}$/.test(key.slice(prefix.length)))
    .map((key) => Number(key.slice(prefix.length)))
    .sort((a, b) => a - b)
  yield* Effect.forEach(found, read, { discard: true })
  let next = (found.at(-1) ?? 0) + 1
  const change = <E>(key: string, effect: Effect.Effect<unknown, E>) =>
    Effect.mapError(effect, (cause) => new NotStored({ key, cause }))
  return {
    entries: [...numbers.keys()],
    add: (entry) =>
      Effect.suspend(() => {
        // Taken even if the store fails, for the key may hold half an entry then.
        numbers.set(entry, next)
        const key = `${prefix}${next++}`
        return change(
          key,
          Effect.flatMap(encode({ version: 1, entry }), (text) => store.set(key, text))
        )
      }),
    remove: Effect.forEach((entry) => {
      const key = `${prefix}${numbers.get(entry)}`
      return numbers.delete(entry) ? change(key, store.remove(key)) : Effect.void
    })
  }
})
