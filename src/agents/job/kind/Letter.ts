import { Schema } from "effect"
import * as Kind from "../Kind.ts"
import { goods, people } from "./Words.ts"

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
