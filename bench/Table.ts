import type { Sample, Suite } from "./Sample.ts"

const middle = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

const short = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)

const spread = (values: ReadonlyArray<number>): string =>
  `${short(middle(values))} (${short(Math.min(...values))}–${short(Math.max(...values))})`

/** Writes the samples of a suite as a table in Markdown; the first contender is what the others are compared with. */
export const table = (suite: Suite, samples: ReadonlyMap<string, ReadonlyArray<Sample>>): string => {
  const [first] = samples.values()
  const own = Object.keys(first![0]!).filter((key) => key !== "cpu" && key !== "wall" && key !== "warm")
  const ratio = (taken: ReadonlyArray<Sample>, key: "cpu" | "wall" | "warm") =>
    short(middle(taken.map((sample, round) => sample[key] / first![round]![key])))
  const rows = [...samples].map(([name, taken]) =>
    [
      name,
      spread(taken.map(({ cpu }) => cpu)),
      ratio(taken, "cpu"),
      spread(taken.map(({ warm }) => warm)),
      ratio(taken, "warm"),
      spread(taken.map(({ wall }) => wall)),
      ratio(taken, "wall"),
      ...own.map((key) => spread(taken.map((sample) => sample[key] ?? NaN)))
    ].join(" | ")
  )
  const columns = ["contender", "CPU µs", "× the first", "warm CPU µs", "× the first", "wall µs", "× the first", ...own]
  return [
    `## ${suite.title}`,
    "",
    suite.note,
    "",
    `| ${columns.join(" | ")} |`,
    `|${columns.map(() => "---").join("|")}|`,
    ...rows.map((row) => `| ${row} |`),
    ""
  ].join("\n")
}
