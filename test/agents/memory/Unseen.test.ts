import { assert, describe, it } from "@effect/vitest"
import { Recollection } from "../../../src/agents/memory/Recollection.ts"
import { assertMarked, count, isTold } from "./told.ts"
import { type Case, cases } from "./unseen.ts"

const budget = 400

/** Remembers the notes of cases; each has days of its own, so that no two share one. */
const remembered = (some: ReadonlyArray<Case>): Recollection => {
  const recollection = new Recollection({ count })
  for (const { ask, notes } of some) {
    const start = Date.UTC(2030, 0, 1 + ((cases.findIndex((other) => other.ask === ask) * 47) % 330), 9)
    for (const note of notes) {
      const [, day, key, text] = /^(\d+) (?:([\w-]+)=(?=Board))?([^]*)$/.exec(note)!
      recollection.remember({ at: start + Number(day) * 86_400_000, text: text!, key })
    }
  }
  return recollection
}

const kept = ({ must }: Case, context: string): number => must.filter((needles) => isTold(context, needles)).length
const sum = (figures: ReadonlyArray<number>): number => figures.reduce((a, b) => a + b, 0)

describe("Notes of other domains and languages", () => {
  for (const one of cases) {
    it(`${one.lang}, ${one.domain}: ${one.ask}`, () => {
      const context = remembered([one]).context(one.ask, 600)

      for (const needles of one.must) assert.isTrue(isTold(context, needles), `${needles.join()} in\n${context}`)
      for (const [i, stale] of (one.stale ?? []).entries()) assertMarked(context, stale, one.must[one.by?.[i] ?? 0]!)
    })
  }

  it("in a crowd of thirty, four fifths are told within 400 tokens", () => {
    const told = cases.map((one, i) => {
      const crowd = Array.from({ length: 30 }, (_, n) => cases[(i + 1 + n) % cases.length]!)
      const context = remembered([one, ...crowd]).context(one.ask, budget)

      assert.isAtMost(count(context), budget)
      return kept(one, context)
    })

    assert.isAtLeast(sum(told) / sum(cases.map(({ must }) => must.length)), 0.8)
  })
})
