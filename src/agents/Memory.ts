import { Clock, Context, Effect, flow, Layer, Semaphore } from "effect"
import type { LanguageModel } from "effect/ai"
import { KeyValueStore } from "effect/persistence"
import { Tokenizer } from "../tokenizer/Tokenizer.ts"
import * as Distilled from "./memory/Distilled.ts"
import type { Entry, Remembering } from "./memory/Entry.ts"
import { Recollection } from "./memory/Recollection.ts"
import * as Stored from "./memory/Stored.ts"

/**
 * The memory of one agent. It forgets an entry when a later one has the same key or the same words, or when it is asked
 * to, and for no other reason.
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
   * Makes a memory that outlives its process, under keys `headgate/memory/<agent>/<number>` of a store.
   *
   * Each entry is one key, written when it is remembered, and removed when it is forgotten; all are read at the start. An
   * entry that cannot be read is skipped with a warning that names its key. `remember` and `forget` fail with `NotStored`
   * when the store does not take a change, which holds until the process ends all the same. One process at a time may
   * use the name of an agent.
   */
  static readonly makePersisted = (
    agent: string
  ): Effect.Effect<Remembering, KeyValueStore.KeyValueStoreError, KeyValueStore.KeyValueStore> =>
    Effect.flatMap(KeyValueStore.KeyValueStore, (store) => Effect.flatMap(Stored.open(store, agent), over))

  /** A memory that lives as long as its process. */
  static readonly layer: Layer.Layer<Memory> = Layer.effect(this, this.make)

  /** A memory that outlives its process, by {@link Memory.makePersisted}. */
  static readonly layerPersisted = (
    agent: string
  ): Layer.Layer<Memory, KeyValueStore.KeyValueStoreError, KeyValueStore.KeyValueStore> =>
    Layer.effect(this, this.makePersisted(agent))

  /**
   * Asks a model for the facts of each entry of prose, under keys, and keeps them in its place in the memory beneath.
   *
   * The model is asked in the background, at the lowest priority and only while the gate has room; until its facts are
   * there, and if it has none, the entry stays as it is. What the model leaves out is lost with the entry.
   */
  static readonly layerDistilled: Layer.Layer<Memory, never, Memory | LanguageModel.LanguageModel> = Layer.effect(
    this,
    Effect.flatMap(this, Distilled.make)
  )
}

const over = Effect.fnUntraced(function* (stored: Stored.Stored): Effect.fn.Return<Remembering> {
  const recollection = new Recollection(yield* Tokenizer.current)
  // What a process that broke off had not removed yet goes now.
  yield* Effect.ignore(stored.remove(stored.entries.flatMap((entry) => recollection.remember(entry).dropped)))
  // The store sees changes in their order.
  const inTurn = (yield* Semaphore.make(1)).withPermit
  const remember = Effect.fnUntraced(function* (entry: Entry) {
    const steps = recollection.remembering({ ...entry, at: entry?.at ?? (yield* Clock.currentTimeMillis) })
    let step = steps.next()
    // A long text holds up nobody else.
    for (; step.done !== true; step = steps.next()) yield* Effect.yieldNow
    if (step.value.added !== undefined) yield* stored.add(step.value.added)
    yield* stored.remove(step.value.dropped)
  })
  const forget = Effect.fnUntraced(function* (which: Parameters<Remembering["forget"]>[0]) {
    const gone = recollection.forget(which)
    yield* stored.remove(gone)
    return gone.length
  })
  return {
    remember: flow(remember, Effect.uninterruptible, inTurn),
    context: (situation, budgetTokens) => Effect.sync(() => recollection.context(situation, budgetTokens)),
    forget: flow(forget, inTurn),
    list: Effect.sync(() => recollection.list())
  }
})
