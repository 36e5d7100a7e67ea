import { Schema } from "effect"
import * as Kind from "../Kind.ts"
import { goods } from "./Words.ts"

/** Tells how much can be promised, which has to be looked up. */
export const stock = Kind.make({
  name: "stock",
  goal: "Tell from the stock how many pieces can be promised.",
  tools: ["stock"],
  result: Schema.Struct({ pieces: Schema.Finite }),
  make: (draw) => {
    const item = draw.one(goods)
    const present = draw.int(20, 90)
    const reserved = draw.int(1, 19)
    return {
      task: `Look up in the stock how many pieces can be promised.\n- ${item}`,
      lookups: [
        {
          name: "stock",
          description: "What is in stock of an item",
          find: (asked) => (asked === item ? { item, present, reserved } : undefined)
        }
      ],
      check: ({ pieces }) =>
        Kind.compare(
          pieces,
          present - reserved,
          [{ says: "Of the stock, reserved pieces must be subtracted.", without: [present] }],
          (a, b) => a === b
        )
    }
  }
})
