import { assert, describe, it } from "@effect/vitest"
import { aliasesOf } from "../../src/config/Models.ts"

describe("aliasesOf", () => {
  it("names a model as patterns of aliases do, where that name leads back to it", () => {
    assert.deepStrictEqual(aliasesOf("ok", { "local/*": "*" }), ["local/ok"])
    assert.deepStrictEqual(aliasesOf("gpt-4o", { "az/*": "gpt-*", fast: "gpt-4o" }), ["az/4o"])
    assert.deepStrictEqual(aliasesOf("claude", { "az/*": "gpt-*" }), [])
    assert.deepStrictEqual(aliasesOf("ok", { "local/ok": "other", "local/*": "*" }), [])
    assert.deepStrictEqual(aliasesOf("ok", { "local/*": "ok" }), [])
  })
})
