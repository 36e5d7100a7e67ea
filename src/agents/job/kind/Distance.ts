import { Schema } from "effect"
import { rounded } from "../Draw.ts"
import * as Kind from "../Kind.ts"

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
