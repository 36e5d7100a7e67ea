import { assert, describe, it } from "@effect/vitest"
import { leaves } from "../../src/config/Options.ts"
import * as Table from "../../src/config/Table.ts"
import { defaultOf, rangeOf, rows, written } from "../../scripts/docs.ts"

describe("The documents", () => {
  it("hold the tables of the present settings; npm run docs writes them", () => {
    for (const { after, before, path } of written) {
      assert.strictEqual(before, after, path)
      assert.match(after, /<!-- table: \w+ -->\n\| (variable|option|field) /)
    }
  })

  it("a setting's comment tells its meaning, and the range and default that are in force", () => {
    for (const { facts, meaning, comment, range, usual } of [...rows.stack, ...rows.provider, ...rows.service]) {
      assert.strictEqual(comment, `${meaning}. ${range}. Default: ${usual}.`)
      assert.strictEqual(range, rangeOf(facts) ?? range, comment)
      const expected = defaultOf(facts) ?? usual
      assert.strictEqual(usual.slice(0, expected.length), expected, comment)
    }
  })

  it("every option of the stack and the provider is in them", () => {
    const options = leaves({ ...Table.stack, ...Table.provider }).map(({ path }) => path.join("."))

    assert.sameMembers(
      [...rows.stack, ...rows.provider].map(({ option }) => option),
      options
    )
  })
})
