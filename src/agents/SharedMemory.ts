import { randomUUID } from "node:crypto"
import { Clock, Effect, flow, Layer, Semaphore } from "effect"
import { KeyValueStore } from "effect/persistence"
import { Tokenizer } from "../tokenizer/Tokenizer.ts"
import { formsIn, Memory, over } from "./Memory.ts"
import type { Kept, Remembering } from "./memory/Entry.ts"
import { Recollection } from "./memory/Recollection.ts"

/** Tells entries apart by what they say. */
const idOf = ({ at, key, text }: Kept): string => JSON.stringify([at, key, text])

// What other processes change is asked for at most so often, in milliseconds.
const freshness = 1000

/** Opens the entries of one name in a store that several processes write to. */
const open = Effect.fnUntraced(function* (store: KeyValueStore.KeyValueStore, name: string) {
  const prefix = `headgate/memory/${name}/shared/`
  const { read, remove, write } = formsIn(store)
  const known = new Map<string, Kept | undefined>()
  const keys = new Map<Kept, string>()
  const put = (key: string, entry: Kept | undefined) => {
    known.set(key, entry)
    if (entry !== undefined) keys.set(entry, key)
  }
  const take = (key: string): boolean => {
    const entry = known.get(key)
    if (entry !== undefined) keys.delete(entry)
    return known.delete(key)
  }
  const changes = Effect.gen(function* () {
    const stored = new Set((yield* store.keys).filter((key) => key.startsWith(prefix)))
    const removed = [...known].filter(([key]) => !stored.has(key))
    for (const [key] of removed) take(key)
    const added: Array<Kept> = []
    for (const key of stored) {
      if (known.has(key)) continue
      const entry = yield* read(key)
      put(key, entry)
      if (entry !== undefined) added.push(entry)
    }
    return { added: added.sort((a, b) => a.at - b.at), removed: removed.flatMap(([, entry]) => entry ?? []) }
  })
  const stored = {
    entries: (yield* changes).added,
    add: (entry: Kept) =>
      Effect.suspend(() => {
        // Two processes must not write under one key.
        const key = `${prefix}${randomUUID()}`
        put(key, entry)
        // What is not in the store must not look like something that another process has removed.
        return Effect.onError(write(key, entry), () => Effect.sync(() => take(key)))
      }),
    remove: Effect.fnUntraced(function* (entries: ReadonlyArray<Kept>) {
      for (const entry of entries) {
        const key = keys.get(entry)
        if (key !== undefined && take(key)) yield* remove(key)
      }
    })
  }
  return { changes, stored }
})

/**
 * Makes a memory that several processes share, under keys of a store: what one of them remembers or forgets the others
 * know a second later. While the store does not answer, each goes on with what it knows.
 *
 * @example
 * const program = Effect.gen(function* () {
 *   const [ada, bo] = yield* Effect.all([SharedMemory.make("troupe"), SharedMemory.make("troupe")])
 *   yield* ada.remember({ text: "The well is dry." })
 *   return yield* bo.context("Fetch water.", 100)
 * })
 * await Effect.runPromise(Effect.provide(program, KeyValueStore.layerMemory)) // => "The well is dry."
 */
export const make = Effect.fnUntraced(function* (
  name: string
): Effect.fn.Return<Remembering, KeyValueStore.KeyValueStoreError, KeyValueStore.KeyValueStore> {
  const { changes, stored } = yield* open(yield* KeyValueStore.KeyValueStore, name)
  const recollection = new Recollection(yield* Tokenizer.current)
  const { context, forget, list, remember } = yield* over(stored, recollection)
  const clock = yield* Clock.Clock
  let lookedAt = -Infinity
  const apply = ({ added, removed }: Effect.Success<typeof changes>) => {
    const gone = new Set(removed.map(idOf))
    if (gone.size > 0) recollection.forget((entry) => gone.has(idOf(entry)))
    // The process that remembered an entry removes what it replaces.
    for (const entry of added) recollection.remember(entry)
  }
  const catchUp = Effect.suspend(() => {
    const now = clock.currentTimeMillisUnsafe()
    if (now - lookedAt < freshness) return Effect.void
    lookedAt = now
    return Effect.ignore(Effect.map(changes, apply))
  })
  const alone = (yield* Semaphore.make(1)).withPermit
  const caughtUp = <A, E>(effect: Effect.Effect<A, E>) => alone(Effect.andThen(catchUp, effect))
  return {
    remember: flow(remember, caughtUp),
    context: flow(context, caughtUp),
    forget: flow(forget, caughtUp),
    list: caughtUp(list)
  }
})

/** A memory that several processes share, by {@link make}. */
export const layer = (
  name: string
): Layer.Layer<Memory, KeyValueStore.KeyValueStoreError, KeyValueStore.KeyValueStore> =>
  Layer.effect(Memory, make(name))
