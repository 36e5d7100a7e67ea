import { Schema } from "effect"
import * as Kind from "../Kind.ts"
import { goods, money } from "./Words.ts"

/** Prices a shipment by its weight. */
export const shipment = Kind.make({
  name: "shipment",
  goal: "Work out what a shipment costs by its weight.",
  limits: ["Amounts are coins with two decimals."],
  result: Schema.Struct({ cost: Schema.Finite }),
  make: (draw, { fee }) => {
    const rate = draw.step(1.2, 3.8, 0.2)
    const parcels = draw.some(goods, draw.int(2, 4)).map((item) => ({ item, grams: draw.step(300, 4900, 50) }))
    const grams = parcels.reduce((sum, parcel) => sum + parcel.grams, 0)
    const cost = (full: boolean, fees: number) => (full ? Math.ceil(grams / 1000) : grams / 1000) * rate + fees
    return {
      task: [
        `What does this shipment cost? Each kg costs ${money(rate)} coins.`,
        ...parcels.map(({ grams, item }) => `- ${item}: ${grams < 1000 ? `${grams} g` : `${grams / 1000} kg`}`)
      ].join("\n"),
      check: (result) =>
        Kind.compare(
          result.cost,
          cost(true, fee),
          [
            { says: `A shipment costs a fee of ${fee} coins on top.`, without: [cost(true, 0)] },
            { says: "A shipment is charged by full kg, rounded up.", without: [cost(false, 0), cost(false, fee)] }
          ],
          Kind.near
        )
    }
  }
})
