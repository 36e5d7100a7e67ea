import { randomUUID } from "node:crypto"
import { Effect } from "effect"
import { KeyValueStore } from "effect/persistence"
import { type Kept, NotStored } from "./Entry.ts"
import { Form, type Stored } from "./Stored.ts"

/** Opens the entries of one name in a store, for several processes at a time. */
export const open = Effect.fnUntraced(function* (
  store: KeyValueStore.KeyValueStore,
  name: string
): Effect.fn.Return<Stored, KeyValueStore.KeyValueStoreError> {
  const prefix = `headgate/memory/${name}/shared/`
  const forms = KeyValueStore.toSchemaStore(store, Form)
  const known = new Map<string, Kept | undefined>()
  const read = (key: string): Effect.Effect<Kept | undefined> =>
    Effect.flatMap(forms.get(key), Effect.fromOption).pipe(
      Effect.map(({ entry }) => ({ ...entry, at: entry.at ?? 0 })),
      Effect.catch(({ message }) =>
        Effect.as(Effect.logWarning(`The memory ${key} cannot be read and is skipped: ${message}`), undefined)
      )
    )
  const changes = Effect.gen(function* () {
    const keys = new Set((yield* store.keys).filter((key) => key.startsWith(prefix)))
    const removed = [...known].filter(([key]) => !keys.has(key))
    for (const [key] of removed) known.delete(key)
    const added: Array<Kept> = []
    for (const key of keys) {
      if (known.has(key)) continue
      const entry = yield* read(key)
      known.set(key, entry)
      if (entry !== undefined) added.push(entry)
    }
    return { added: added.sort((a, b) => a.at - b.at), removed: removed.flatMap(([, entry]) => entry ?? []) }
  })
  const change = <E>(key: string, effect: Effect.Effect<void, E>) =>
    Effect.mapError(effect, (cause) => new NotStored({ key, cause }))
  return {
    entries: (yield* changes).added,
    changes,
    add: (entry) =>
      Effect.suspend(() => {
        // Two processes must not write under one key.
        const key = `${prefix}${randomUUID()}`
        known.set(key, entry)
        // What is not in the store must not look like something that another process has removed.
        return Effect.onError(change(key, forms.set(key, { version: 1, entry })), () =>
          Effect.sync(() => known.delete(key))
        )
      }),
    remove: Effect.forEach((entry) => {
      const [key] = [...known].find(([, other]) => other === entry) ?? []
      return key !== undefined && known.delete(key) ? change(key, store.remove(key)) : Effect.void
    })
  }
})
