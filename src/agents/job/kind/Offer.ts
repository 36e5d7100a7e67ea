import { Schema } from "effect"
import type { Draw } from "../Draw.ts"
import * as Kind from "../Kind.ts"
import { firms, goods } from "./Words.ts"

const offersOf = (draw: Draw) =>
  draw.some(firms, draw.int(4, 6)).map((firm) => ({
    firm,
    coins: draw.int(120, 400),
    days: draw.int(1, 9),
    rating: draw.step(3, 5, 0.1),
    abroad: draw.chance(0.4)
  }))

/** Chooses among offers. */
export const offer = Kind.make({
  name: "offer",
  goal: "Choose the cheapest offer that meets what is asked for.",
  result: Schema.Struct({ choice: Schema.String }),
  make: (draw, { customs }) => {
    const offers = offersOf(draw)
    const [sure] = draw.some(offers, 1)
    const days = Math.max(draw.int(3, 6), sure!.days)
    const rating = Math.min(draw.step(3.5, 4.2, 0.1), sure!.rating)
    const cheapest = (percent: number) => {
      const price = ({ abroad, coins }: (typeof offers)[number]) => (abroad ? coins * (1 + percent / 100) : coins)
      const fit = offers.filter((one) => one.days <= days && one.rating >= rating)
      return fit.reduce((best, one) => (price(one) < price(best) ? one : best)).firm
    }
    const says = `Offers marked (abroad) cost ${customs} % more, for customs.`
    return {
      task: [
        `Choose the cheapest of these offers for ${draw.one(goods)} that comes within ${days} days and is rated at least ${rating}.`,
        ...offers.map(
          ({ abroad, coins, days, firm, rating }) =>
            `- ${firm}: ${coins} coins, ${days} days, rated ${rating}${abroad ? " (abroad)" : ""}`
        )
      ].join("\n"),
      check: ({ choice }) =>
        Kind.compare(choice, cheapest(customs), [{ says, without: [cheapest(0)] }], (a, b) => a === b)
    }
  }
})
