import { assert, describe, it } from "@effect/vitest"
import { Lru } from "../../src/engine/Lru.ts"

describe("Lru", () => {
  it("evicts the entry used longest ago, where both reading and writing is a use", () => {
    const lru = new Lru<string, number>(3)
    for (const [index, key] of ["a", "b", "c"].entries()) lru.set(key, index)
    lru.get("a")
    lru.set("b", 7)
    lru.set("d", 3)

    assert.deepStrictEqual(
      ["a", "b", "c", "d"].map((key) => lru.get(key)),
      [0, 7, undefined, 3]
    )
    assert.strictEqual(lru.size, 3)
  })

  it("an entry that is deleted makes room", () => {
    const lru = new Lru<string, number>(2)
    lru.set("a", 1)
    lru.set("b", 2)
    lru.delete("a")
    lru.set("c", 3)

    assert.deepStrictEqual(
      ["a", "b", "c"].map((key) => lru.get(key)),
      [undefined, 2, 3]
    )
  })

  it("a key that was never set does not count", () => {
    const lru = new Lru<string, number>(2)

    assert.isUndefined(lru.get("a"))
    assert.strictEqual(lru.size, 0)
  })
})
