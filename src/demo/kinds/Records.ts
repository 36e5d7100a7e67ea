import { Effect, Schema } from "effect"
import { rounded } from "../Draw.ts"
import { goods, people } from "../Goods.ts"
import * as Kind from "../Kind.ts"

/** Finds what is asked for in a letter. */
export const letter = Kind.make({
  name: "letter",
  goal: "Find a number in a letter.",
  result: Schema.Struct({ number: Schema.String }),
  make: (draw) => {
    const code = () => `${draw.one(["KR", "AL", "TM", "OS"])}-${draw.int(10, 99)}${draw.int(100, 999)}`
    const numbers = { order: code(), customer: code(), parcel: code() }
    const wanted = draw.one(["order", "customer", "parcel"] as const)
    const sentences = draw.some(
      [
        `My customer number is ${numbers.customer}.`,
        `I wrote about my order number ${numbers.order} on ${draw.int(1, 28)} May.`,
        `The slip said parcel number ${numbers.parcel}, and ${draw.int(2, 9)} pieces were missing.`
      ],
      3
    )
    return {
      task: [
        `Find the ${wanted} number in this letter.`,
        `"Dear house, the ${draw.one(goods)} did not come. ${sentences.join(" ")} Yours, ${draw.one(people)}"`
      ].join("\n"),
      check: ({ number }) => Kind.compare(number.trim(), numbers[wanted], [], (a, b) => a === b)
    }
  }
})

/** Tells how much can be promised, which has to be looked up. */
export const stock = Kind.make({
  name: "stock",
  goal: "Tell from the stock how many pieces can be promised.",
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
          find: (asked) => Effect.succeed(asked === item ? { item, present, reserved } : undefined)
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

const kilometres = 1.609344

/** Converts a distance. */
export const distance = Kind.make({
  name: "distance",
  goal: "Convert a distance from the map.",
  limits: ["Distances have two decimals."],
  result: Schema.Struct({ km: Schema.Finite }),
  make: (draw, { mile }) => {
    const miles = draw.step(2, 60, 0.5)
    const says = `On our map, a mile is ${mile} km.`
    return {
      task: `Convert ${miles} miles of the map to km.`,
      check: ({ km }) => Kind.compare(km, rounded(miles * mile), [{ says, without: [miles * kilometres] }], Kind.near)
    }
  }
})
