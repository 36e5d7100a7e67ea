import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { KeyValueStore } from "effect/persistence"
import { TestClock } from "effect/testing"
import * as SharedMemory from "../../src/agents/SharedMemory.ts"

const texts = (memory: Effect.Success<ReturnType<typeof SharedMemory.make>>) =>
  Effect.map(memory.list, (entries) => entries.map(({ text }) => text))

const two = Effect.all([SharedMemory.make("troupe"), SharedMemory.make("troupe")])

const later = TestClock.adjust("1 second")

describe("A memory that several processes share", () => {
  it.effect("what one remembers, replaces or forgets the other knows a second later", () =>
    Effect.gen(function* () {
      const [ada, bo] = yield* two

      yield* ada.remember({ key: "mill", text: "The mill is closed." })
      assert.deepStrictEqual(yield* texts(bo), ["The mill is closed."])
      yield* later
      yield* bo.remember({ key: "mill", text: "The mill is open." })
      yield* later
      assert.deepStrictEqual(yield* texts(ada), ["The mill is open."])
      assert.strictEqual(yield* ada.forget("mill"), 1)
      yield* later
      assert.deepStrictEqual(yield* texts(bo), [])
      assert.deepStrictEqual(yield* (yield* KeyValueStore.KeyValueStore).keys, [])
    }).pipe(Effect.provide(KeyValueStore.layerMemory))
  )

  it.effect("both may remember at the same time, and a third that starts later knows both", () =>
    Effect.gen(function* () {
      const [ada, bo] = yield* two

      yield* Effect.all([ada.remember({ text: "Tea is dear." }), bo.remember({ text: "Salt is cheap." })], {
        concurrency: "unbounded"
      })

      yield* later
      for (const memory of [ada, bo, yield* SharedMemory.make("troupe")]) {
        assert.sameMembers([...(yield* texts(memory))], ["Tea is dear.", "Salt is cheap."])
      }
      assert.deepStrictEqual(yield* texts(yield* SharedMemory.make("others")), [])
    }).pipe(Effect.provide(KeyValueStore.layerMemory))
  )

  it.effect("of two states of one thing that were remembered at once the newer one stays, everywhere", () =>
    Effect.gen(function* () {
      const [ada, bo] = yield* two

      yield* ada.remember({ key: "mill", text: "The mill is open.", at: 2 })
      yield* bo.remember({ key: "mill", text: "The mill is closed.", at: 1 })

      yield* later
      for (const memory of [ada, bo, yield* SharedMemory.make("troupe")]) {
        assert.deepStrictEqual(yield* texts(memory), ["The mill is open."])
      }
    }).pipe(Effect.provide(KeyValueStore.layerMemory))
  )

  it.effect("while the store does not answer, each goes on with what it knows", () =>
    Effect.gen(function* () {
      const store = yield* KeyValueStore.KeyValueStore
      const gone = new KeyValueStore.KeyValueStoreError({ method: "set", message: "the store is gone" })
      let works = true
      const fragile = {
        ...store,
        keys: Effect.suspend(() => (works ? store.keys : Effect.fail(gone))),
        set: (key: string, value: string | Uint8Array) => (works ? store.set(key, value) : Effect.fail(gone))
      }
      const memory = yield* Effect.provideService(SharedMemory.make("troupe"), KeyValueStore.KeyValueStore, fragile)
      yield* memory.remember({ text: "Tea is dear." })

      works = false
      yield* later
      assert.strictEqual((yield* Effect.flip(memory.remember({ text: "Salt is cheap." })))._tag, "NotStored")
      assert.deepStrictEqual(yield* texts(memory), ["Tea is dear.", "Salt is cheap."])
      works = true
      yield* later
      assert.deepStrictEqual(yield* texts(memory), ["Tea is dear.", "Salt is cheap."])
      assert.deepStrictEqual(yield* texts(yield* SharedMemory.make("troupe")), ["Tea is dear."])
    }).pipe(Effect.provide(KeyValueStore.layerMemory))
  )
})
