import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as CallHeaders from "../../src/upstream/CallHeaders.ts"

const read = (headers: Record<string, string>, key?: string) => Result.getOrThrow(CallHeaders.read(headers, key))

describe("CallHeaders", () => {
  it("silent headers leave every default", () => {
    assert.deepStrictEqual(read({}), {
      priority: undefined,
      purpose: undefined,
      caller: undefined,
      deadline: undefined
    })
  })

  it("priorities are words or digits", () => {
    const given = ["high", "normal", "low", "0", "1", "2"]

    assert.deepStrictEqual(
      given.map((priority) => read({ "x-headgate-priority": priority }).priority),
      [0, 1, 2, 0, 1, 2]
    )
  })

  it("the error for another priority names the digits too", () => {
    const fault = CallHeaders.read({ "x-headgate-priority": "3" }, undefined)

    assert.isTrue(Result.isFailure(fault))
    const text = Result.isFailure(fault) ? fault.failure.message : ""
    for (const word of ["high", "normal", "low", "0", "1", "2"]) assert.include(text, word)
  })

  it("the caller is who it says, else its key's name", () => {
    assert.strictEqual(read({}, "ada").caller, "ada")
    assert.strictEqual(read({ "x-headgate-caller": "bob" }, "ada").caller, "bob")
  })

  it("the earlier of the two deadlines counts", () => {
    const both = { "x-headgate-deadline-ms": "5000", "x-stainless-timeout": "3" }

    assert.strictEqual(read(both).deadline, 3000)
    assert.strictEqual(read({ ...both, "x-headgate-deadline-ms": "200" }).deadline, 200)
  })

  it("a client's timeout of less than a second is a second", () => {
    assert.strictEqual(read({ "x-stainless-timeout": "0" }).deadline, 1000)
  })

  it.each([
    ["x-headgate-priority", "urgent"],
    ["x-headgate-priority", "toString"],
    ["x-headgate-purpose", "x".repeat(65)],
    ["x-headgate-caller", ""],
    ["x-headgate-deadline-ms", "0"],
    ["x-headgate-deadline-ms", "1.5"],
    ["x-headgate-deadline-ms", "86400001"],
    ["x-stainless-timeout", "-1"],
    ["x-stainless-timeout", "NaN"]
  ])("a bad %s (%s) is named", (name, value) => {
    const fault = CallHeaders.read({ [name]: value }, undefined)

    assert.isTrue(Result.isFailure(fault) && fault.failure.param === name && fault.failure.status === 400)
  })
})
