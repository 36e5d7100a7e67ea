import { Context, Effect, Layer } from "effect"
import { KeyValueStore } from "effect/persistence"
import { Tokenizer } from "../tokenizer/Tokenizer.ts"
import type { Entry } from "./memory/Entry.ts"
import type { NotStored } from "./memory/NotStored.ts"
import { Recollection } from "./memory/Recollection.ts"
import * as Stored from "./memory/Stored.ts"

/** The memory of one agent: it keeps what comes and tells a plan the few statements it needs. */
export class Memory extends Context.Service<
  Memory,
  {
    /** Adds one entry. */
    readonly remember: (entry: Entry) => Effect.Effect<void, NotStored>
    /** The current statements that a situation asks for, a line each, in at most so many tokens. */
    readonly context: (situation: string, budgetTokens: number) => Effect.Effect<string>
  }
>()("headgate/Memory") {
  /** Makes a memory of its own, for programs with many agents. */
  static readonly make: Effect.Effect<Memory["Service"]> = Effect.gen(function* () {
    const { count } = yield* Tokenizer.current
    const recollection = new Recollection({ count })
    return Memory.of({
      remember: (entry) => Effect.sync(() => recollection.remember(entry)),
      context: (situation, budgetTokens) => Effect.sync(() => recollection.context(situation, budgetTokens))
    })
  })

  /**
   * Makes a memory that outlives its process, under keys `headgate/memory/<agent>/<number>` of a store.
   *
   * Each entry is one key, written when it is remembered and never again; none is removed, so the store grows by one key an
   * entry, and all of them are read at the start. An entry that cannot be read is skipped with a warning that names its
   * key. `remember` fails with `NotStored` when the store does not take an entry, which is remembered until the process
   * ends all the same. One process at a time may use the name of an agent.
   */
  static readonly makePersisted = Effect.fnUntraced(function* (
    agent: string
  ): Effect.fn.Return<Memory["Service"], KeyValueStore.KeyValueStoreError, KeyValueStore.KeyValueStore> {
    const stored = yield* Stored.open(yield* KeyValueStore.KeyValueStore, agent)
    const memory = yield* Memory.make
    yield* Effect.forEach(stored.entries, memory.remember, { discard: true }).pipe(Effect.orDie)
    return Memory.of({
      remember: (entry) => Effect.andThen(memory.remember(entry), stored.add(entry)),
      context: memory.context
    })
  })

  /** A memory that lives as long as its process. */
  static readonly layer: Layer.Layer<Memory> = Layer.effect(this, this.make)

  /** A memory that outlives its process, by {@link Memory.makePersisted}. */
  static readonly layerPersisted = (
    agent: string
  ): Layer.Layer<Memory, KeyValueStore.KeyValueStoreError, KeyValueStore.KeyValueStore> =>
    Layer.effect(this, this.makePersisted(agent))
}
