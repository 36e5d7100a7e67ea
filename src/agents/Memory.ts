import { Clock, Context, Effect, flow, Layer, Semaphore } from "effect"
import { KeyValueStore } from "effect/persistence"
import { Tokenizer } from "../tokenizer/Tokenizer.ts"
import * as Distilled from "./memory/Distilled.ts"
import type { Entry, Kept, Remembering } from "./memory/Entry.ts"
import { Recollection } from "./memory/Recollection.ts"
import * as Shared from "./memory/Shared.ts"
import * as Stored from "./memory/Stored.ts"

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
  static readonly make: Effect.Effect<Remembering> = Effect.suspend(() => over(Stored.nowhere))

  /**
   * Makes a memory that outlives its process: each entry is one key, `headgate/memory/<agent>/<number>`, of a store. An
   * entry that cannot be read is skipped with a warning. `remember` and `forget` fail with `NotStored` when the store
   * refuses a change, which this process keeps all the same. One process at a time may use the name of an agent.
   */
  static readonly makePersisted = (
    agent: string
  ): Effect.Effect<Remembering, KeyValueStore.KeyValueStoreError, KeyValueStore.KeyValueStore> =>
    Effect.flatMap(KeyValueStore.KeyValueStore, (store) => Effect.flatMap(Stored.open(store, agent), over))

  /**
   * Makes a memory that several processes share, under keys of a store: what one of them remembers or forgets the others
   * know a second later. While the store does not answer, each goes on with what it knows.
   *
   * @example
   * const program = Effect.gen(function* () {
   *   const [ada, bo] = yield* Effect.all([Memory.makeShared("troupe"), Memory.makeShared("troupe")])
   *   yield* ada.remember({ text: "The well is dry." })
   *   return yield* bo.context("Fetch water.", 100)
   * })
   * await Effect.runPromise(Effect.provide(program, KeyValueStore.layerMemory)) // => "The well is dry."
   */
  static readonly makeShared = (
    name: string
  ): Effect.Effect<Remembering, KeyValueStore.KeyValueStoreError, KeyValueStore.KeyValueStore> =>
    Effect.flatMap(KeyValueStore.KeyValueStore, (store) => Effect.flatMap(Shared.open(store, name), over))

  /** A memory that lives as long as its process. */
  static readonly layer: Layer.Layer<Memory> = Layer.effect(this, this.make)

  /** A memory that outlives its process, by {@link Memory.makePersisted}. */
  static readonly layerPersisted = (agent: string) => Layer.effect(this, this.makePersisted(agent))

  /** A memory that several processes share, by {@link Memory.makeShared}. */
  static readonly layerShared = (name: string) => Layer.effect(this, this.makeShared(name))

  /**
   * Asks a model for the facts of each entry of prose, in the background and only while the gate has room, and keeps
   * them in its place in the memory beneath. What the model leaves out is lost with the entry.
   */
  static readonly layerDistilled = Layer.effect(this, Effect.flatMap(this, Distilled.make))
}

// What other processes change is asked for at most so often, in milliseconds.
const freshness = 1000

/** Brings a recollection up to what other processes have changed, before an effect on it. */
const follower = Effect.fnUntraced(function* (
  { changes }: Stored.Stored,
  apply: (added: ReadonlyArray<Kept>, removed: ReadonlyArray<Kept>) => void
): Effect.fn.Return<Effect.Effect<void> | undefined> {
  if (changes === undefined) return undefined
  const clock = yield* Clock.Clock
  let lookedAt = -Infinity
  return Effect.suspend(() => {
    const now = clock.currentTimeMillisUnsafe()
    if (now - lookedAt < freshness) return Effect.void
    lookedAt = now
    return Effect.ignore(Effect.map(changes, ({ added, removed }) => apply(added, removed)))
  })
})

const over = Effect.fnUntraced(function* (stored: Stored.Stored): Effect.fn.Return<Remembering> {
  const recollection = new Recollection(yield* Tokenizer.current)
  // The recollection keeps copies of what the store has read.
  const originals = new Map<Kept, Kept>()
  const load = (entry: Kept) => {
    const { added, dropped } = recollection.remember(entry)
    if (added !== undefined) originals.set(added, entry)
    return dropped
  }
  const remove = Effect.fnUntraced(function* (entries: ReadonlyArray<Kept>) {
    const known = entries.map((entry) => originals.get(entry) ?? entry)
    for (const entry of entries) originals.delete(entry)
    yield* stored.remove(known)
  })
  // A process that broke off may have left entries that newer ones replace.
  yield* Effect.ignore(remove(stored.entries.flatMap(load)))
  const isSame = (a: Kept, b: Kept) => a.at === b.at && a.text === b.text && a.key === b.key
  const follow = yield* follower(stored, (added, removed) => {
    if (removed.length > 0) recollection.forget((entry) => removed.some((one) => isSame(one, entry)))
    // The process that remembered an entry removes what it replaces.
    for (const entry of added) load(entry)
  })
  // The store sees changes in the order in which the memory took them.
  const alone = (yield* Semaphore.make(1)).withPermit
  const inTurn = <A, E>(effect: Effect.Effect<A, E>) =>
    alone(follow === undefined ? effect : Effect.andThen(follow, effect))
  const afterOthers = follow === undefined ? <A>(effect: Effect.Effect<A>) => effect : inTurn
  const remember = Effect.fnUntraced(function* (entry: Entry) {
    const steps = recollection.remembering({ ...entry, at: entry?.at ?? (yield* Clock.currentTimeMillis) })
    let step = steps.next()
    // Other fibers run between the steps of a long text.
    for (; step.done !== true; step = steps.next()) yield* Effect.yieldNow
    if (step.value.added !== undefined) yield* stored.add(step.value.added)
    yield* remove(step.value.dropped)
  })
  const forget = Effect.fnUntraced(function* (which: Parameters<Remembering["forget"]>[0]) {
    const gone = recollection.forget(which)
    yield* remove(gone)
    return gone.length
  })
  return {
    remember: flow(remember, Effect.uninterruptible, inTurn),
    context: (situation, budgetTokens) => afterOthers(Effect.sync(() => recollection.context(situation, budgetTokens))),
    forget: flow(forget, inTurn),
    list: afterOthers(Effect.sync(() => recollection.list()))
  }
})
