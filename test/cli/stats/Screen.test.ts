import { assert, describe, it } from "@effect/vitest"
import { clip } from "../../../src/cli/stats/Screen.ts"

describe("Screen", () => {
  it("a line is cut at the width, and colours take no room", () => {
    assert.strictEqual(clip("abcdef", 4), "abcd")
    assert.strictEqual(clip("\u001b[32mabc\u001b[0mdef", 4), "\u001b[32mabc\u001b[0md")
    assert.strictEqual(clip("\u001b[32mabcdef\u001b[0m", 2), "\u001b[32mab\u001b[0m")
  })
})
