import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Logger } from "effect"
import { KeyValueStore } from "effect/persistence"
import { TestClock } from "effect/testing"
import { Memory } from "../../src/agents/Memory.ts"
import { Recollection } from "../../src/agents/memory/Recollection.ts"
import { InvalidOptions } from "../../src/config/InvalidOptions.ts"

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
  it.effect("records whose ids have more digits than numbers of JavaScript are two", () =>
    Effect.gen(function* () {
      const memory = yield* Memory
      yield* memory.remember({ text: '{"user":{"id":1175000000000000001,"state":"a"}}', at: 1_000 })
      yield* memory.remember({ text: '{"user":{"id":1175000000000000002,"state":"b"}}', at: 2_000 })

      const told = yield* memory.context("user", 300)
      assert.include(told, "1175000000000000001")
      assert.include(told, "1175000000000000002")
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("the same letters in another case are other words", () =>
    Effect.gen(function* () {
      const memory = yield* Memory
      yield* memory.remember({ text: "The code of the door is tK4b.", at: 1_000 })
      yield* memory.remember({ text: "The code of the door is Tk4B.", at: 2_000 })

      assert.lengthOf(yield* memory.list, 2)
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("JSON nested without end is kept as text", () =>
    Effect.gen(function* () {
      const memory = yield* Memory
      yield* memory.remember({ text: "[".repeat(20_000) + "]".repeat(20_000) })
      yield* memory.remember({ text: '{"a":'.repeat(5_000) + "1" + "}".repeat(5_000) })

      assert.lengthOf(yield* memory.list, 2)
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("a name with brackets before an arrow is no call of a tool", () =>
    Effect.gen(function* () {
      const memory = yield* Memory
      yield* memory.remember({ text: "Paris (France) -> likes", at: 1_000 })
      yield* memory.remember({ text: "Paris (France) -> train at 8", at: 2_000 })

      assert.lengthOf(yield* memory.list, 2)
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("a long text is remembered step by step, while others go on", () =>
    Effect.gen(function* () {
      const memory = yield* Memory
      const text = Array.from({ length: 2_000 }, (_, i) => `Crate ${i} of the ship is on deck ${i % 7}, row ${i % 13}.`)
      const remembering = yield* Effect.forkChild(memory.remember({ text: text.join(" ") }))
      let turns = 0
      while (remembering.pollUnsafe() === undefined) {
        turns++
        yield* Effect.yieldNow
      }

      assert.isAbove(turns, 10)
      assert.include(yield* memory.context("Where is crate 1234?", 60), "Crate 1234")
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("an entry that is no entry, or has no text, is a defect that says what is allowed", () =>
    Effect.gen(function* () {
      const memory = yield* Memory
      for (const wrong of [{ text: 5 }, {}, "Rain.", undefined]) {
        const error = yield* memory
          .remember(wrong as unknown as { text: string })
          .pipe(Effect.catchDefect(Effect.succeed))
        assert.instanceOf(error, InvalidOptions)
        assert.match(String(error), /text(=.* is not allowed| is missing): a text; for example text="Ada is ill."/)
      }
    }).pipe(Effect.provide(Memory.layer))
  )

  it("a text of many thousand sentences is cut into all of them", () => {
    const recollection = new Recollection({ count: (text) => text.length })

    recollection.remember({ text: "今日は雨。".repeat(150_000), at: 1 })

    assert.strictEqual(recollection.context("", 9), "今日は雨。")
  })

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

      assert.deepStrictEqual(text.match(/The .*/g), ["The mill is closed.", "The bridge is open."])
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

  it.effect("without a time of its own an entry is of the clock's", () =>
    Effect.gen(function* () {
      const memory = yield* Memory
      yield* TestClock.setTime(5_000)
      yield* memory.remember({ key: "mill", text: "The mill is open." })
      yield* memory.remember({ key: "mill", text: "The mill was closed.", at: 4_000 })

      assert.deepStrictEqual(yield* memory.list, [{ key: "mill", text: "The mill is open.", at: 5_000 }])
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("what is replaced or forgotten is gone from the store", () =>
    Effect.gen(function* () {
      const store = yield* KeyValueStore.KeyValueStore
      const memory = yield* Memory.makePersisted("ada")
      yield* memory.remember({ key: "mill", text: "The mill is closed." })
      yield* memory.remember({ key: "mill", text: "The mill is open." })
      yield* memory.remember({ text: "Bo prefers tea." })
      yield* memory.remember({ text: "Bo prefers tea.", kind: "rule" })

      assert.deepStrictEqual(yield* store.keys, ["headgate/memory/ada/2", "headgate/memory/ada/4"])
      assert.strictEqual(yield* held(yield* Memory.makePersisted("ada")), "The mill is open.\nBo prefers tea.")
      assert.strictEqual(yield* memory.forget(({ text }) => text.startsWith("Bo")), 1)
      assert.strictEqual(yield* memory.forget("mill"), 1)
      assert.strictEqual(yield* memory.forget("mill"), 0)
      assert.deepStrictEqual(yield* store.keys, [])
    }).pipe(Effect.provide(KeyValueStore.layerMemory))
  )

  it.effect("after a restart too", () =>
    Effect.gen(function* () {
      const store = yield* KeyValueStore.KeyValueStore
      const restarted = Memory.makePersisted("ada")
      yield* (yield* restarted).remember({ key: "mill", text: "The mill is closed." })
      yield* (yield* restarted).remember({ key: "mill", text: "The mill is open." })

      assert.deepStrictEqual(yield* store.keys, ["headgate/memory/ada/2"])
      yield* (yield* restarted).forget("mill")
      assert.deepStrictEqual(yield* store.keys, [])
    }).pipe(Effect.provide(KeyValueStore.layerMemory))
  )

  it.effect("an entry that a process broke off replacing is replaced at the next start", () =>
    Effect.gen(function* () {
      const store = yield* KeyValueStore.KeyValueStore
      const entry = (text: string, at: number) => JSON.stringify({ version: 1, entry: { key: "mill", text, at } })
      yield* store.set("headgate/memory/ada/1", entry("The mill is open.", 2))
      yield* store.set("headgate/memory/ada/2", entry("The mill is closed.", 1))

      assert.strictEqual(yield* held(yield* Memory.makePersisted("ada")), "The mill is open.")
      assert.deepStrictEqual(yield* store.keys, ["headgate/memory/ada/1"])
    }).pipe(Effect.provide(KeyValueStore.layerMemory))
  )

  it.effect("a caller is told if the store does not forget", () =>
    Effect.gen(function* () {
      const store = yield* KeyValueStore.KeyValueStore
      const full = new KeyValueStore.KeyValueStoreError({ method: "remove", message: "the disk is gone" })
      const broken = { ...store, remove: () => Effect.fail(full) }
      const memory = yield* Effect.provideService(Memory.makePersisted("ada"), KeyValueStore.KeyValueStore, broken)
      yield* memory.remember({ key: "mill", text: "The mill is open." })

      const error = yield* Effect.flip(memory.forget("mill"))

      assert.strictEqual(error.key, "headgate/memory/ada/1")
      assert.strictEqual(yield* held(memory), "")
    }).pipe(Effect.provide(KeyValueStore.layerMemory))
  )
})
