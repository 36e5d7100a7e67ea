import { Clock, Context, Effect, flow, Layer, Predicate, Schema, Semaphore, Struct } from "effect"
import { KeyValueStore } from "effect/persistence"
import { Tokenizer } from "../tokenizer/Tokenizer.ts"
import * as Distilled from "./memory/Distilled.ts"
import { type Entry, fields, type Kept, NotStored, type Remembering } from "./memory/Entry.ts"
import { Recollection } from "./memory/Recollection.ts"

/**
 * The memory of one agent. An entry is forgotten when a later one has the same key or the same words, or by `forget`.
 *
 * @example
 * const program = Effect.gen(function* () {
 *   const memory = yield* Memory
 *   yield* memory.remember({ key: "price/pears", text: "A crate of pears costs 14 dollars." })
 *   yield* memory.remember({ key: "price/pears", text: "A crate of pears costs 19 dollars." })
 *   return yield* memory.context("Buy pears.", 200)
 * })
 * await Effect.runPromise(Effect.provide(program, Memory.layer)) // => "price/pears: A crate of pears costs 19 dollars."
 */
export class Memory extends Context.Service<Memory, Remembering>()("headgate/Memory") {
  /** Makes a memory of its own, for programs with many agents. */
  static readonly make: Effect.Effect<Remembering> = Effect.suspend(() => over(nowhere))

  /**
   * Makes a memory that outlives its process: each entry is one key, `headgate/memory/<agent>/<number>`, of a store. An
   * entry that cannot be read is skipped with a warning. `remember` and `forget` fail with `NotStored` when the store
   * refuses a change, which this process keeps all the same. One process at a time may use the name of an agent.
   */
  static readonly makePersisted = (
    agent: string
  ): Effect.Effect<Remembering, KeyValueStore.KeyValueStoreError, KeyValueStore.KeyValueStore> =>
    Effect.flatMap(KeyValueStore.KeyValueStore, (store) => Effect.flatMap(open(store, agent), over))

  /** Lives as long as its process. */
  static readonly layer: Layer.Layer<Memory> = Layer.effect(this, this.make)

  /** A memory that outlives its process, by {@link Memory.makePersisted}. */
  static readonly layerPersisted = (agent: string) => Layer.effect(this, this.makePersisted(agent))

  /**
   * Asks a model for the facts of each entry of prose, in the background and only while the gate has room, and keeps
   * them in its place in the memory beneath. What the model leaves out is lost with the entry.
   */
  static readonly layerDistilled = Layer.effect(this, Effect.flatMap(this, Distilled.make))
}

/** @internal */
export const over = Effect.fnUntraced(function* (stored: Stored, given?: Recollection): Effect.fn.Return<Remembering> {
  const recollection = given ?? new Recollection(yield* Tokenizer.current)
  // A process that broke off may have left entries that newer ones replace.
  yield* Effect.ignore(stored.remove(stored.entries.flatMap((entry) => recollection.remember(entry).dropped)))
  // The store sees changes in the order in which the memory took them.
  const inTurn = (yield* Semaphore.make(1)).withPermit
  const remember = Effect.fnUntraced(function* (entry: Entry) {
    const at = entry?.at ?? (yield* Clock.currentTimeMillis)
    for (const change of recollection.remembering(Predicate.isObject(entry) ? { ...entry, at } : (entry as Kept))) {
      // Other fibers run between the steps of a long text.
      if (change === undefined) yield* Effect.yieldNow
      if (change?.added !== undefined) yield* stored.add(change.added)
      yield* stored.remove(change?.dropped ?? [])
    }
  })
  return {
    remember: flow(remember, Effect.uninterruptible, inTurn),
    context: (situation, budgetTokens) => Effect.sync(() => recollection.context(situation, budgetTokens)),
    forget: (which) => {
      const gone = Effect.sync(() => recollection.forget(which))
      return inTurn(Effect.tap(gone, stored.remove)).pipe(Effect.map(({ length }) => length))
    },
    list: Effect.sync(() => recollection.list())
  }
})

/** What lies under one key of a store: an entry, and the version of its form. */
const Form = Schema.Struct({
  version: Schema.Literal(1),
  entry: Schema.Struct({
    text: fields.text,
    ...Struct.map(Struct.pick(fields, ["key", "at", "importance", "kind"]), Schema.optional)
  })
})

type Stored = Effect.Success<ReturnType<typeof open>>
const nowhere: Stored = { entries: [], add: () => Effect.void, remove: () => Effect.void }

/** Reads and writes entries under keys of a store. */
export const formsIn = (store: KeyValueStore.KeyValueStore) => {
  const forms = KeyValueStore.toSchemaStore(store, Form)
  const change = <E>(key: string, effect: Effect.Effect<void, E>) =>
    Effect.mapError(effect, (cause) => new NotStored({ key, cause }))
  return {
    read: (key: string): Effect.Effect<Kept | undefined> =>
      Effect.flatMap(forms.get(key), Effect.fromOption).pipe(
        Effect.map(({ entry }) => ({ ...entry, at: entry.at ?? 0 })),
        Effect.catch(({ message }) =>
          Effect.as(Effect.logWarning(`The memory ${key} cannot be read and is skipped: ${message}`), undefined)
        )
      ),
    write: (key: string, entry: Kept) => change(key, forms.set(key, { version: 1, entry })),
    remove: (key: string) => change(key, store.remove(key))
  }
}

/** Opens the entries of one agent in a store, a numbered key each, so that adding one rewrites none. */
const open = Effect.fnUntraced(function* (store: KeyValueStore.KeyValueStore, agent: string) {
  const prefix = `headgate/memory/${agent}/`
  const { read, remove, write } = formsIn(store)
  const keys = new Map<Kept, string>()
  const names = (yield* store.keys).flatMap((key) => (key.startsWith(prefix) ? key.slice(prefix.length) : []))
  const numbers = names.flatMap((name) => (/^\d{1,15}$/.test(name) ? Number(name) : [])).sort((a, b) => a - b)
  for (const key of numbers.map((number) => `${prefix}${number}`)) {
    const entry = yield* read(key)
    if (entry !== undefined) keys.set(entry, key)
  }
  let next = (numbers.at(-1) ?? 0) + 1
  return {
    entries: [...keys.keys()],
    add: Effect.fnUntraced(function* (entry: Kept) {
      const key = `${prefix}${next++}`
      // Taken even if the store fails, for the key may hold half an entry then.
      keys.set(entry, key)
      yield* write(key, entry)
    }),
    remove: Effect.fnUntraced(function* (entries: ReadonlyArray<Kept>) {
      for (const entry of entries) {
        const key = keys.get(entry)
        if (key !== undefined && keys.delete(entry)) yield* remove(key)
      }
    })
  }
})
