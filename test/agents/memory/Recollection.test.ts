import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { Memory } from "../../../src/agents/Memory.ts"
import type { Kept } from "../../../src/agents/memory/Entry.ts"
import { Recollection } from "../../../src/agents/memory/Recollection.ts"
import { InvalidOptions } from "../../../src/config/InvalidOptions.ts"
import { count, daily } from "./told.ts"

const day = 86_400_000
const start = Date.UTC(2030, 2, 1, 9)

const recollect = (entries: ReadonlyArray<Partial<Kept> & { readonly text: string }>): Recollection => {
  const recollection = new Recollection({ count })
  for (const [i, entry] of entries.entries()) recollection.remember({ at: start + i * day, ...entry })
  return recollection
}
const texts = (recollection: Recollection) => recollection.list().map(({ text }) => text)

describe("Recollection", () => {
  it("a later entry with the same key replaces the earlier, whatever its words", () => {
    const recollection = recollect([
      { key: "hotel", text: "Staying at the Linden." },
      { key: "hotel", text: "Rebooked, it is the Corner House." },
      { key: "train", text: "Coach 7." }
    ])

    assert.strictEqual(recollection.context("", 400), "hotel: Rebooked, it is the Corner House.\ntrain: Coach 7.")
  })

  it("the time decides what is newer, not the order of remembering", () => {
    const recollection = recollect([
      { key: "gate", text: "Gate C9.", at: start + day },
      { key: "gate", text: "Gate B4.", at: start }
    ])

    assert.deepStrictEqual(texts(recollection), ["Gate C9."])
  })

  it("of the same words the later time stays, so a change back is a change", () => {
    const recollection = daily(["The van is in Oslo.", "The van is in Bergen.", "the van is in  Oslo."])

    assert.strictEqual(
      recollection.context("Where is the van?", 400),
      "[2 Mar] The van is in Bergen.\n[3 Mar] the van is in  Oslo."
    )
  })

  it("the same words under two keys are two facts", () => {
    const recollection = recollect([
      { key: "pantry/rice", text: "2 kg left" },
      { key: "pantry/flour", text: "2 kg left" }
    ])

    assert.strictEqual(recollection.context("Cook.", 400), "pantry/rice: 2 kg left\npantry/flour: 2 kg left")
  })

  it("rivals show their dates, the time where they share a day, and the year where it is not the latest", () => {
    const recollection = recollect([
      { text: "Heating is off.", at: Date.UTC(2029, 11, 30, 8) },
      { text: "Heating is on.", at: Date.UTC(2030, 0, 2, 8) },
      { text: "Heating is low.", at: Date.UTC(2030, 0, 2, 21, 30) },
      { text: "Ida likes plums.", at: Date.UTC(2030, 0, 3) }
    ])

    assert.strictEqual(
      recollection.context("", 400),
      "[30 Dec 2029] Heating is off.\n[2 Jan 08:00] Heating is on.\n[2 Jan 21:30] Heating is low.\nIda likes plums."
    )
  })

  it("under a short budget the older of two rivals goes first", () => {
    const recollection = daily(["The bakery opens at seven.", "The bakery opens at eight."])

    assert.strictEqual(recollection.context("When does the bakery open?", 8), "The bakery opens at eight.")
  })

  it("a tool with the same arguments has one result, with others another", () => {
    const recollection = daily(["stock({sku: 7}) -> 40", "stock({sku: 8}) -> 3", "stock({sku: 7}) -> 12"])

    assert.deepStrictEqual(texts(recollection), ["stock({sku: 8}) -> 3", "stock({sku: 7}) -> 12"])
  })

  it("records of one id are kept where their kind, their source or their fields differ, and events always", () => {
    const kept = [
      '{"user":{"id":1,"name":"Ada"}}',
      '{"project":{"id":1,"name":"Mill"}}',
      '{"user":{"id":1,"role":"clerk"}}',
      '{"id":1,"name":"Ada"}',
      '{"id":1,"name":"Mill"}',
      "login user=ada ip=10.0.0.1",
      "login user=ada ip=10.0.0.2",
      "Paid the plumber 40 euros.",
      "Paid the plumber 65 euros."
    ]

    assert.deepStrictEqual(texts(daily(kept)), kept)
    const two = recollect([
      { kind: "tool", text: '{"job":{"id":4,"state":"open"}}' },
      { kind: "chat", text: '{"job":{"id":4,"state":"shut"}}' }
    ])
    assert.lengthOf(two.list(), 2)
  })

  it("a rule is told whatever is asked, and so is what matters most", () => {
    const others = Array.from({ length: 60 }, (_, i) => ({ text: `Shelf ${i} holds box ${i * 7}.` }))
    const recollection = recollect([
      { kind: "rule", text: "Never sell below cost." },
      { importance: 10, text: "The safe opens with two keys." },
      ...others
    ])

    const context = recollection.context("What does shelf 3 hold?", 40)

    assert.include(context, "Never sell below cost.")
    assert.include(context, "two keys")
    assert.include(context, "Shelf 3 holds box 21.")
  })

  it("a rule that is said again stays a rule", () => {
    const recollection = recollect([
      { kind: "rule", text: "Knock first." },
      { kind: "chat", text: "Knock first." }
    ])

    assert.strictEqual(recollection.list()[0]!.kind, "rule")
  })

  it("a row of a long table is told with its heading and the names of its columns", () => {
    const rows = Array.from({ length: 30 }, (_, i) => `fuse ${i},${100 + i},rack ${i % 5}`)
    const recollection = daily([["Stores of deck 4:", "name,left,place", ...rows].join("\n")])

    assert.strictEqual(
      recollection.context("How many of fuse 17 are left?", 22),
      "Stores of deck 4:\nname,left,place\nfuse 17,117,rack 2"
    )
  })

  it("a member of long JSON is told with its path", () => {
    const rows = Array.from({ length: 30 }, (_, i) => ({ sku: `P-${i}`, stock: 100 + i }))
    const recollection = daily([`inventory -> ${JSON.stringify({ ok: true, rows })}`])

    assert.strictEqual(recollection.context("Stock of P-17?", 10), "inventory rows: sku=P-17, stock=117")
  })

  it("nothing of a long entry is lost", () => {
    const text = `# Log\nNotes:\nPrices: figs 3, dates 4\n${"word ".repeat(150)}end1.\n"Is it open? It was." he said. ${"x".repeat(900)}end2\n\n| a | b |\n| - | - |\n| 1 | 2 |`
    const context = daily([text]).context("", 10_000)

    for (const piece of [
      "# Log",
      "Notes:",
      "figs 3",
      "end1.",
      '"Is it open?',
      'It was."',
      "end2",
      "| a | b |",
      "| 1 | 2 |"
    ])
      assert.include(context, piece)
  })

  it.effect.prop(
    "with room for everything every entry is told, and with less the budget is kept",
    [
      Schema.Array(Schema.String.check(Schema.isMaxLength(60))),
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 80 }))
    ],
    ([strings, budget]) =>
      Effect.sync(() => {
        const recollection = daily(strings)
        const context = recollection.context("", 1e6)

        for (const { text } of recollection.list()) assert.include(context, text.trim())
        assert.isAtMost(count(recollection.context(strings[0] ?? "", budget)), budget)
      })
  )

  it("what is forgotten on request is neither told nor listed", () => {
    const recollection = recollect([
      { key: "ada/mail", text: "Prefers mail." },
      { text: "Ada is ill." },
      { text: "Rain." }
    ])

    assert.lengthOf(recollection.forget("ada/mail"), 1)
    assert.lengthOf(
      recollection.forget(({ text }) => text.includes("Ada")),
      1
    )
    assert.strictEqual(recollection.context("Ada", 400), "Rain.")
  })

  it("values of other types are refused together, each with what is allowed and an example", () => {
    const recollection = new Recollection({ count })
    const remember = (entry: unknown) => () => recollection.remember(entry as Kept)
    const wrong: ReadonlyArray<readonly [run: () => unknown, ...named: ReadonlyArray<string>]> = [
      [
        remember({ text: 5, at: "noon", importance: 11, key: "", kind: 7 }),
        "text=5",
        "at=",
        "importance=11",
        "key=",
        "kind=7"
      ],
      [remember({ at: 1 }), "text is missing"],
      [remember("Rain."), "text is missing"],
      [remember(null), "text is missing"],
      [remember({ text: "Rain.", at: 1, importance: 0 }), "importance=0"],
      [remember({ text: "Rain.", at: new Date(0) }), "at="],
      [remember({ text: "Rain.", at: 1, key: null }), "key=null"],
      [() => recollection.context("", "600" as unknown as number), "budgetTokens="],
      [() => recollection.context(undefined as unknown as string, 600), "situation is missing"],
      [() => recollection.forget(5 as unknown as string), "which=5"]
    ]
    for (const [run, ...named] of wrong) {
      const failed = Result.try(run)

      assert.isTrue(Result.isFailure(failed) && failed.failure instanceof InvalidOptions, named.join())
      for (const name of named) assert.include(String(failed), name)
    }
    assert.lengthOf(recollection.list(), 0)
  })

  it.effect("what a caller does to an entry does not reach the memory", () =>
    Effect.gen(function* () {
      const memory = yield* Memory.make
      const given = { text: "Rain.", at: 1, key: "weather" }
      yield* memory.remember(given)

      given.text = "Sun."
      for (const entry of yield* memory.list) Object.assign(entry, { text: "Snow.", key: "other" })
      yield* memory.forget((entry) => Object.assign(entry, { text: "Hail." }).text === "")

      assert.deepStrictEqual(yield* memory.list, [{ text: "Rain.", at: 1, key: "weather" }])
      assert.strictEqual(yield* memory.forget("weather"), 1)
    })
  )

  it("the same situation has the same context, whatever was asked before", () => {
    const notes = Array.from({ length: 60 }, (_, i) => `Gate ${i % 9} of hall ${i % 4} opens at ${i % 12}.`)
    const [one, other] = [daily(notes), daily(notes)]
    for (const hall of [0, 1, 2, 3]) other.context(`Hall ${hall}?`, 90)

    assert.strictEqual(other.context("When does gate 3 open?", 90), one.context("When does gate 3 open?", 90))
  })

  it("times, importances and budgets that are no numbers are refused", () => {
    const recollection = daily(["Rain."])

    assert.throws(() => recollection.remember({ text: "Sun.", at: Number.NaN }), InvalidOptions)
    assert.throws(() => recollection.remember({ text: "Sun.", at: 1, importance: Number.NaN }), InvalidOptions)
    assert.throws(() => recollection.context("", Number.NaN), InvalidOptions)
    assert.strictEqual(recollection.context("", 0), "")
    assert.strictEqual(new Recollection({ count }).context("", 100), "")
  })
})
