import { Schema } from "effect"
import * as Kind from "../Kind.ts"
import { goods } from "./Words.ts"

/** Brings boxes into the order in which they are loaded. */
export const loading = Kind.make({
  name: "loading",
  goal: "Put boxes into their loading order.",
  result: Schema.Struct({ order: Schema.Array(Schema.String) }),
  make: (draw) => {
    const heaviest = draw.chance(0.5)
    const items = draw.some(goods, draw.int(4, 6))
    const grams = draw.some(
      Array.from({ length: 40 }, (_, i) => 400 + 150 * i),
      items.length
    )
    const boxes = items.map((item, i) => ({ item, grams: grams[i]!, fragile: draw.chance(0.35) }))
    const sorted = (fragileLast: boolean) =>
      [...boxes]
        .sort(
          (a, b) =>
            (fragileLast ? Number(a.fragile) - Number(b.fragile) : 0) ||
            (heaviest ? b.grams - a.grams : a.grams - b.grams)
        )
        .map(({ item }) => item)
    const says = "In the loading order, boxes marked (fragile) come last."
    return {
      task: [
        `Give the loading order of these boxes, ${heaviest ? "heaviest" : "lightest"} first.`,
        ...boxes.map(
          ({ fragile, grams, item }) =>
            `- ${item}: ${grams < 1000 ? `${grams} g` : `${grams / 1000} kg`}${fragile ? " (fragile)" : ""}`
        )
      ].join("\n"),
      check: ({ order }) =>
        Kind.compare<ReadonlyArray<string>>(
          order,
          sorted(true),
          [{ says, without: [sorted(false)] }],
          (a, b) => a.length === b.length && a.every((item, i) => item === b[i])
        )
    }
  }
})
