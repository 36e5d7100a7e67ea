import { assert, describe, it } from "@effect/vitest"
import { advise, type Given } from "../support/evidence.ts"

const open = (models: ReadonlyArray<string>, others: NonNullable<Given["endpoints"]>): string => {
  const { findings } = advise({ endpoints: [{ name: "one", models, state: "open" }, ...others] })
  return findings.find(({ rule }) => rule === "endpoint one: circuit")!.message
}

const two = (models: ReadonlyArray<string>, state: "closed" | "open" = "closed") => ({ name: "two", models, state })

describe("Advice on endpoints", () => {
  it("others take the calls of an endpoint whose circuit is open only for models that they serve", () => {
    assert.match(open(["a", "b"], [two(["*"])]), /is open: the others take its calls\.$/)
    assert.match(
      open(["a"], [two(["b"])]),
      /no other endpoint can take calls of a, which are refused unless a fallback model answers/
    )
    assert.match(
      open(["a", "b", "gpt-4"], [two(["b", "gpt-*"])]),
      /the others take its other calls, but no other endpoint can take calls of a, which/
    )
    assert.match(open(["gpt-*"], [two(["gpt-4"])]), /no other endpoint can take calls of gpt-\*, which/)
    assert.match(open(["a"], [two(["a"], "open")]), /no other endpoint can take calls of a, which/)
    assert.match(open(["a", "b", "c", "d", "e", "f", "g"], [two(["h"])]), /calls of a, b, c, d, e and 2 more, which/)
  })

  it("refusals by the circuits of endpoints are a finding, with their number and no limit to raise", () => {
    const endpoints = [{ name: "one", models: ["a"], state: "open" as const }, two(["b"])]
    const { findings, summary } = advise({ endpoints, recent: { arrivals: 60, circuitOpen: 34 } })
    const refusals = findings.find(({ rule }) => rule === "refusals")

    assert.match(refusals!.message, /^56\.7 % of the last hour's calls were rejected .*34 because a circuit was open/)
    assert.deepStrictEqual([refusals!.limit, refusals!.remedies], ["breaker", []])
    assert.match(summary, /34 because a circuit was open/)
  })

  it("the circuit of all calls tells of its own refusals, in one finding", () => {
    const { findings } = advise({ figures: { circuit: "open" }, recent: { arrivals: 60, circuitOpen: 1, openings: 1 } })

    assert.deepStrictEqual(
      findings.map(({ rule }) => rule),
      ["circuit"]
    )
    assert.match(findings[0]!.message, /It refused 1 call\.$/)
  })
})
