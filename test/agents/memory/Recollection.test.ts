import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Recollection } from "../../../src/agents/memory/Recollection.ts"
import { InvalidOptions } from "../../../src/config/InvalidOptions.ts"

const count = (text: string) => Math.ceil(text.length / 4)

/** What is told of a situation, with room for everything, after these entries. */
const told = (entries: ReadonlyArray<string>, situation: string, budget = 1000, most?: number): string => {
  const recollection = new Recollection({ count, most })
  for (const text of entries) recollection.remember({ text, importance: 6 })
  return recollection.context(situation, budget)
}

describe("Recollection", () => {
  it("a price that has changed is told as it is now", () => {
    const context = told(
      [
        "A crate of pears costs 14 dollars.",
        "The ferry leaves from the north pier.",
        "A crate of pears costs 19 dollars now."
      ],
      "Buy pears."
    )

    assert.include(context, "19")
    assert.notInclude(context, "14")
    assert.include(context, "north pier")
  })

  it("a change back is a change", () => {
    const context = told(
      ["The lantern is in the cellar.", "The lantern is in the attic.", "The lantern is in the cellar."],
      "Fetch the lantern."
    )

    assert.include(context, "cellar")
    assert.notInclude(context, "attic")
  })

  it("whoever took something over is in charge of it", () => {
    const context = told(
      ["Mara Quill is in charge of the archive.", "Tobin Hale is in charge of the archive."],
      "Ask for a map from the archive."
    )

    assert.include(context, "Tobin Hale")
    assert.notInclude(context, "Mara")
  })

  it("what is closed is no longer told to be open", () => {
    const context = told(["The south bridge is open.", "The south bridge is closed."], "Cross the south bridge.")

    assert.strictEqual(context, "The south bridge is closed.")
  })

  it("a row of a table is understood alone, and superseded by a later table", () => {
    const table = (figs: number) => `item | stock | price\nfigs | ${figs} | 2.40\ndates | 12 | 3.10`
    const context = told([table(31), table(8)], "How many figs are there?")

    assert.match(context, /figs.*8/)
    assert.notMatch(context, /figs.*31/)
  })

  it("what is told twice is told once", () => {
    const context = told(["The well is dry.", "The well is dry.", "the well is dry"], "Fetch water from the well.")

    assert.strictEqual(context.split("\n").length, 1)
  })

  it("a standing rule is told whatever is asked", () => {
    const context = told(
      ["Rule: never light a fire in the barn.", ...Array.from({ length: 40 }, (_, i) => `Saw a heron number ${i}.`)],
      "Repair the fence.",
      30
    )

    assert.include(context, "never light a fire")
  })

  it("what a situation asks for comes before what it does not", () => {
    const others = Array.from({ length: 60 }, (_, i) => `Talked to the neighbour about the weather on day ${i}.`)
    const context = told([...others, "The spare key hangs behind the mirror."], "Find the spare key.", 12)

    assert.include(context, "behind the mirror")
  })

  it("two things of one kind are not taken for each other", () => {
    const context = told(
      ["A sack of oats costs 8 dollars.", "A sack of barley costs 11 dollars."],
      "Buy oats and barley."
    )

    assert.include(context, "8")
    assert.include(context, "11")
  })

  it("keeps no more statements than it may, and those that matter", () => {
    const recollection = new Recollection({ count, most: 50 })
    recollection.remember({ text: "The treasure lies under the old oak.", importance: 10 })
    for (let i = 0; i < 500; i++) recollection.remember({ text: `Bird ${i} sang tune ${i * 7}.`, importance: 2 })
    const lines = recollection.context("Where is the treasure?", 1e6).split("\n")

    assert.isAtMost(lines.length, 50)
    assert.include(lines.join("\n"), "old oak")
  })

  it("an arrow may point at nothing", () => {
    assert.strictEqual(told(["The kiln ->"], "Light the kiln."), "The kiln ->")
  })

  it.effect.prop(
    "is never over its budget, whatever the texts, and always tells the same",
    { texts: Schema.Array(Schema.String), budget: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 })) },
    ({ budget, texts }) =>
      Effect.sync(() => {
        const context = told(texts, texts[0] ?? "", budget)

        assert.isAtMost(
          context === "" ? 0 : context.split("\n").reduce((sum, line) => sum + count(`${line}\n`), 0),
          budget
        )
        assert.strictEqual(told(texts, texts[0] ?? "", budget), context)
      }),
    { arbitrary: { runs: 200 } }
  )

  it("a budget that is no number is refused, not taken for none", () => {
    const recollection = new Recollection({ count: (text) => text.length })
    recollection.remember({ text: "The mill opens at nine." })

    assert.throws(() => recollection.context("When does the mill open?", NaN), InvalidOptions, "budgetTokens")
    assert.strictEqual(recollection.context("When does the mill open?", -1), "")
  })
})
