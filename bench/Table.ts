import type { Sample, Suite } from "./Sample.ts"

const middle = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

const short = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)

const spread = (values: ReadonlyArray<number>): string =>
  `${short(middle(values))} (${short(Math.min(...values))}–${short(Math.max(...values))})`

/** Writes the samples of a suite as a table in Markdown; each contender is compared with the first of its group. */
export const table = (suite: Suite, samples: ReadonlyMap<string, ReadonlyArray<Sample>>): string => {
  const [first] = samples.values()
  const own = Object.keys(first![0]!).filter((key) => key !== "cpu" && key !== "wall" && key !== "warm")
  const groupOf = (name: string) => suite.contenders.find((contender) => contender.name === name)?.group
  const rows = [...samples].map(([name, taken]) => {
    const base = samples.get(suite.contenders.find(({ group }) => group === groupOf(name))!.name)!
    const ratio = (key: "cpu" | "wall" | "warm") =>
      short(middle(taken.map((sample, round) => sample[key] / base[round]![key])))
    return [
      name,
      spread(taken.map(({ cpu }) => cpu)),
      ratio("cpu"),
      spread(taken.map(({ warm }) => warm)),
      ratio("warm"),
      spread(taken.map(({ wall }) => wall)),
      ratio("wall"),
      ...own.map((key) => spread(taken.map((sample) => sample[key] ?? NaN)))
    ].join(" | ")
  })
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
