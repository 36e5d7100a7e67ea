import { Effect, Schema } from "effect"
import { type Draw, rounded } from "../Draw.ts"
import { firms, goods, money } from "../Goods.ts"
import * as Kind from "../Kind.ts"

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

/** Adds up prices that have to be looked up one by one. */
export const basket = Kind.make({
  name: "basket",
  goal: "Work out what a basket costs, from the price of each thing in it.",
  limits: ["Amounts are coins with two decimals."],
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
          find: (asked) =>
            Effect.sync(() => {
              const line = lines.find(({ item }) => item === asked)
              return line && { item: line.item, price: line.price }
            })
        }
      ],
      check: (result) => Kind.compare(result.total, total, [], Kind.near)
    }
  }
})

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
