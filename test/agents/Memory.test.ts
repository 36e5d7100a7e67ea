import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Logger } from "effect"
import { KeyValueStore } from "effect/persistence"
import { Memory } from "../../src/agents/Memory.ts"

const held = (memory: Memory["Service"]) => memory.context("", 10_000)
const entry = { text: "The mill is closed.", kind: "observation", importance: 7, at: 1_000 }

/** Remembers in one memory and reads what the next one over the same store holds. */
const restart = Effect.gen(function* () {
  const first = yield* Memory.makePersisted("ada")
  yield* first.remember(entry)
  yield* first.remember({ text: "The bridge is open.", at: 2_000 })
  const again = yield* Memory.makePersisted("ada")
  return yield* held(again)
})

describe("Memory", () => {
  it.effect("what is remembered comes back within the budget", () =>
    Effect.gen(function* () {
      const memory = yield* Memory
      yield* memory.remember(entry)

      assert.include(yield* memory.context("mill", 100), "The mill is closed.")
      assert.strictEqual(yield* memory.context("mill", 0), "")
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("entries survive a restart", () =>
    Effect.gen(function* () {
      const text = yield* restart

      assert.include(text, "The mill is closed.")
      assert.include(text, "The bridge is open.")
    }).pipe(Effect.provide(KeyValueStore.layerMemory))
  )

  it.effect("entries survive a restart on disk", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const directory = yield* files.makeTempDirectoryScoped()

      const text = yield* Effect.provide(restart, KeyValueStore.layerFileSystem(directory))

      assert.include(text, "The mill is closed.")
      assert.include(text, "The bridge is open.")
    }).pipe(Effect.provide(Layer.merge(NodeFileSystem.layer, NodePath.layer)))
  )

  it.effect("two agents in one store know nothing of each other", () =>
    Effect.gen(function* () {
      const ada = yield* Memory.makePersisted("ada")
      const other = yield* Memory.makePersisted("ada/1")
      yield* ada.remember(entry)
      yield* other.remember({ text: "The bridge is open." })

      assert.strictEqual(yield* held(yield* Memory.makePersisted("ada")), "The mill is closed.")
      assert.strictEqual(yield* held(yield* Memory.makePersisted("ada/1")), "The bridge is open.")
    }).pipe(Effect.provide(KeyValueStore.layerMemory))
  )

  it.effect("an entry that cannot be read is skipped with a warning, and is not written over", () => {
    const warnings: Array<string> = []
    const logger = Logger.make(({ message }) => void warnings.push(String(message)))
    return Effect.gen(function* () {
      const store = yield* KeyValueStore.KeyValueStore
      yield* store.set("headgate/memory/ada/1", `{"version":1,"ent`)
      yield* store.set("headgate/memory/ada/10", `{"version":2,"entry":{"text":"x"}}`)

      const text = yield* restart

      assert.strictEqual(text, "The mill is closed.\nThe bridge is open.")
      assert.strictEqual(yield* store.get("headgate/memory/ada/1"), `{"version":1,"ent`)
      assert.isTrue(warnings.some((line) => line.includes("headgate/memory/ada/1 ")))
      assert.isTrue(warnings.some((line) => line.includes("headgate/memory/ada/10 ")))
    }).pipe(Effect.provide(Layer.merge(KeyValueStore.layerMemory, Logger.layer([logger]))))
  })

  it.effect("what a store does not take is remembered by the process, and the caller is told", () =>
    Effect.gen(function* () {
      const store = yield* KeyValueStore.KeyValueStore
      const full = new KeyValueStore.KeyValueStoreError({ method: "set", message: "the disk is full" })
      const broken = { ...store, set: () => Effect.fail(full) }
      const memory = yield* Effect.provideService(Memory.makePersisted("ada"), KeyValueStore.KeyValueStore, broken)

      const error = yield* Effect.flip(memory.remember(entry))

      assert.strictEqual(error._tag, "NotStored")
      assert.strictEqual(error.key, "headgate/memory/ada/1")
      assert.strictEqual(yield* held(memory), "The mill is closed.")
    }).pipe(Effect.provide(KeyValueStore.layerMemory))
  )
})
