import { Schema } from "effect"
import type { Draw } from "../Draw.ts"
import { goods, people, time } from "../Goods.ts"
import * as Kind from "../Kind.ts"

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

type Span = readonly [from: number, to: number]

const opens = 9 * 60
const closes = 17 * 60

/** The earliest moment at which so many minutes are free; `undefined` if there is none. */
const earliest = (busy: ReadonlyArray<Span>, minutes: number): number | undefined => {
  let start = opens
  for (const [from, to] of [...busy].sort(([a], [b]) => a - b)) {
    if (start + minutes <= from) break
    start = Math.max(start, to)
  }
  return start + minutes <= closes ? start : undefined
}

const scheduleOf = (draw: Draw): ReadonlyArray<Span> => {
  const spans: Array<Span> = []
  let from = opens + draw.step(0, 30, 15)
  while (spans.length < 2) {
    const to = from + draw.step(30, 75, 15)
    spans.push([from, to])
    from = to + draw.step(15, 90, 15)
  }
  return spans
}

/** Finds a time for an appointment. */
export const appointment = Kind.make({
  name: "appointment",
  goal: "Find the earliest time for an appointment.",
  result: Schema.Struct({ start: Schema.String }),
  make: (draw, { rest }) => {
    const minutes = draw.step(30, 60, 15)
    const schedules = draw.some(people, draw.int(2, 3)).map((who) => ({ who, spans: scheduleOf(draw) }))
    const busy = schedules.flatMap(({ spans }) => spans)
    const hour: Span = [rest * 60, (rest + 1) * 60]
    const span = ([from, to]: Span) => `${time(from)}-${time(to)}`
    const start = (spans: ReadonlyArray<Span>) => {
      const found = earliest(spans, minutes)
      return found === undefined ? "none" : time(found)
    }
    const says = `No appointment may fall between ${time(hour[0])} and ${time(hour[1])}.`
    return {
      task: [
        `Find the earliest start of an appointment of ${minutes} minutes between ${span([opens, closes]).replace("-", " and ")} when all are free, or none.`,
        ...schedules.map(({ spans, who }) => `- ${who}: busy ${spans.map(span).join(", ")}`)
      ].join("\n"),
      check: (result) =>
        Kind.compare(result.start, start([...busy, hour]), [{ says, without: [start(busy)] }], (a, b) => a === b)
    }
  }
})
