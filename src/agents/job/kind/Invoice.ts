import { Schema } from "effect"
import { rounded } from "../Draw.ts"
import * as Kind from "../Kind.ts"
import { goods, money } from "./Words.ts"

/** Adds up an invoice. */
export const invoice = Kind.make({
  name: "invoice",
  goal: "Work out the total of an invoice.",
  limits: ["Amounts are coins with two decimals."],
  result: Schema.Struct({ total: Schema.Finite }),
  make: (draw, { bulk }) => {
    const lines = draw
      .some(goods, draw.int(3, 5))
      .map((item) => ({ item, pieces: draw.int(1, 15), price: draw.step(0.2, 6, 0.05) }))
    const total = (percent: number) =>
      lines.reduce((sum, { pieces, price }) => {
        const share = pieces >= bulk.from ? 1 - percent / 100 : 1
        return sum + pieces * price * share
      }, 0)
    const says = `On an invoice, ${bulk.from} or more of one item cost ${bulk.percent} % less.`
    return {
      task: [
        "Work out the total of this invoice.",
        ...lines.map(({ item, pieces, price }) => `- ${item}: ${pieces} at ${money(price)}`)
      ].join("\n"),
      check: ({ total: result }) =>
        Kind.compare(result, rounded(total(bulk.percent)), [{ says, without: [total(0)] }], Kind.near)
    }
  }
})
