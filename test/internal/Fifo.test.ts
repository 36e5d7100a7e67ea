import { assert, describe, it } from "@effect/vitest"
import { Fifo } from "../../src/internal/Fifo.ts"

describe("Fifo", () => {
  it("keeps the order of those inside, whoever leaves", () => {
    const line = new Fifo<number>()
    const links = [0, 1, 2, 3, 4].map((value) => line.add(value))

    for (const leaving of [2, 0, 4]) line.remove(links[leaving]!)

    assert.deepStrictEqual([...line], [1, 3])
    assert.strictEqual(line.first, 1)
    assert.strictEqual(line.size, 2)
  })

  it("whoever has left holds on to nobody, so that a long line leaves no chain of the dead behind", () => {
    const line = new Fifo<number>()
    const links = [0, 1, 2].map((value) => line.add(value))

    for (const link of links) line.remove(link)

    for (const { after, before } of links) assert.deepStrictEqual([after, before], [undefined, undefined])
  })
})
