import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { Fact } from "../../../src/agents/memory/Fact.ts"
import { Facts, keysOf, signatureOf } from "../../../src/agents/memory/Facts.ts"
import { read } from "../../../src/agents/memory/Reader.ts"
import { fits } from "../../../src/agents/memory/slots/Fits.ts"
import { Vocabulary } from "../../../src/agents/memory/Vocabulary.ts"
import * as Wording from "../../../src/agents/memory/Wording.ts"
import { runs } from "../../support/runs.ts"

const factOf = (text: string, order: number, vocabulary: Vocabulary): Fact => {
  const reading = read({ text }, vocabulary)
  const wording = Wording.of(reading)
  const { form } = reading
  return {
    reading,
    keys: keysOf(reading, wording),
    worded: wording === undefined ? undefined : `${wording.frame} :${wording.words}`,
    signature: `${signatureOf(reading)} ${order}`,
    order,
    importance: 5,
    tells: 0,
    echoes: 0,
    slot: form === undefined ? undefined : { form, facts: [] },
    tokens: undefined,
    useful: undefined,
    binds: undefined
  }
}

/** Remembers all but the last, and finds what may be about the same as the last. */
const rivalsOf = (texts: ReadonlyArray<string>) => {
  const vocabulary = new Vocabulary()
  const facts = new Facts(1e6)
  const all = texts.map((text, i) => factOf(text, i, vocabulary))
  for (const fact of all.slice(0, -1)) facts.add(fact)
  const last = all.at(-1)!
  return { last, near: facts.near(last), rivals: facts.rivals(last, true), vocabulary }
}

const word = Schema.Literals(["oak", "oaks", "pear", "crate", "mill", "cost", "iron nail", "nail", "the pear", "Bus 7"])
const frame = Schema.Literals([
  "A crate of A costs N dollars.",
  "The A of the B holds N litres.",
  "A B: N",
  "The A leaves the B at N:10.",
  "In the A are N B.",
  "A costs N."
])
const statement = Schema.Struct({
  frame,
  a: word,
  b: word,
  n: Schema.Int.check(Schema.isBetween({ minimum: 10, maximum: 12 }))
})

describe("Wording", () => {
  it("of many statements that differ in one word none is compared with a further one", () => {
    const texts = Array.from({ length: 300 }, (_, i) => `A crate of fruit${i} costs ${i} dollars.`)
    const { near, rivals } = rivalsOf(texts)

    assert.isAbove(near.size, 290)
    assert.isBelow(rivals.size, 5)
  })

  it("a statement of the same words is compared with it", () => {
    const { rivals } = rivalsOf([
      "The barrel holds 10 litres.",
      "The tank holds 30 litres.",
      "The tank holds 40 litres."
    ])

    assert.include(
      [...rivals].map(({ reading }) => reading.text),
      "The tank holds 30 litres."
    )
  })

  it.effect.prop(
    "what is not compared answers another question",
    { statements: Schema.Array(statement).check(Schema.isMinLength(2)) },
    ({ statements }) =>
      Effect.sync(() => {
        const texts = statements.map(({ a, b, frame, n }) =>
          frame
            .replace(/\bA\b(?! crate)/, a)
            .replace("B", b)
            .replace("N", `${n}`)
        )
        const { last, near, rivals, vocabulary } = rivalsOf(texts)
        for (const other of near) {
          if (rivals.has(other) || other.slot === undefined) continue
          assert.strictEqual(fits(other.slot.form, other.reading, last.reading, vocabulary), 0, other.reading.text)
        }
      }),
    { arbitrary: { runs: runs(300, 20_000) } }
  )
})
