import { assert, describe, it } from "@effect/vitest"
import { lifetime, Sessions } from "../../src/server/Sessions.ts"

const ada = { name: "ada" }

describe("Sessions", () => {
  it("a session is found by its name alone, until it is closed", () => {
    const sessions = new Sessions(() => 0)
    const id = sessions.open(ada)

    assert.strictEqual(sessions.find(id), ada)
    assert.isUndefined(sessions.find(undefined))
    assert.isUndefined(sessions.find(`${id}x`))
    assert.isUndefined(sessions.find(""))
    sessions.close(id)
    assert.isUndefined(sessions.find(id))
  })

  it("no two have the same name, which cannot be guessed", () => {
    const sessions = new Sessions(() => 0)
    const ids = Array.from({ length: 100 }, () => sessions.open(ada))

    assert.strictEqual(new Set(ids).size, 100)
    for (const id of ids) assert.match(id, /^[\w-]{43}$/)
  })

  it("a session ends after a week", () => {
    let now = 5
    const sessions = new Sessions(() => now)
    const id = sessions.open(ada)
    now += lifetime - 1
    assert.isDefined(sessions.find(id))
    now += 1

    assert.isUndefined(sessions.find(id))
  })

  it("a thousand are kept, the newest", () => {
    const sessions = new Sessions(() => 0)
    const ids = Array.from({ length: 1_100 }, () => sessions.open(ada))

    assert.deepStrictEqual(
      ids.map((id) => sessions.find(id) !== undefined),
      [...Array(100).fill(false), ...Array(1_000).fill(true)]
    )
  })
})
