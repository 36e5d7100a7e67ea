import { Schema } from "effect"
import { rounded } from "../Draw.ts"
import * as Kind from "../Kind.ts"
import { goods } from "./Words.ts"

/** Adds up prices that have to be looked up one by one. */
export const basket = Kind.make({
  name: "basket",
  goal: "Work out what a basket costs, from the price of each thing in it.",
  limits: ["Amounts are coins with two decimals."],
  tools: ["price"],
  result: Schema.Struct({ total: Schema.Finite }),
  make: (draw) => {
    const lines = draw
      .some(goods, draw.int(2, 3))
      .map((item) => ({ item, pieces: draw.int(1, 5), price: draw.step(0.5, 9, 0.25) }))
    const total = rounded(lines.reduce((sum, { pieces, price }) => sum + pieces * price, 0))
    return {
      task: [
        "What does this basket cost? Look up the price of each.",
        ...lines.map(({ item, pieces }) => `- ${item}: ${pieces} pieces`)
      ].join("\n"),
      lookups: [
        {
          name: "price",
          description: "The price of one piece of an item",
          find: (asked) => {
            const line = lines.find(({ item }) => item === asked)
            return line && { item: line.item, price: line.price }
          }
        }
      ],
      check: (result) => Kind.compare(result.total, total, [], Kind.near)
    }
  }
})
