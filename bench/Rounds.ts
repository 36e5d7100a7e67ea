/** One contender: runs its body so many times, one after another. */
export interface Contender {
  readonly name: string
  readonly run: (times: number) => Promise<void>
}

/** What the rounds said of a contender; microseconds a call, and its ratio to the first contender of the same round. */
export interface Result {
  readonly name: string
  readonly median: number
  readonly least: number
  readonly most: number
  readonly ratio: number
}

const middle = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[values.length >> 1]!

const timed = async ({ run }: Contender, times: number) => {
  const begin = process.hrtime.bigint()
  await run(times)
  return Number(process.hrtime.bigint() - begin) / 1000 / times
}

/** Times the contenders in turn, round by round, so that a machine whose speed drifts treats them alike. */
export const compare = async (
  contenders: ReadonlyArray<Contender>,
  { rounds = 15, times = 20_000 } = {}
): Promise<ReadonlyArray<Result>> => {
  const samples = contenders.map((): Array<number> => [])
  for (const contender of contenders) await contender.run(times)
  for (let round = 0; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) samples[i]!.push(await timed(contender, times))
  }
  return contenders.map(({ name }, i) => ({
    name,
    median: middle(samples[i]!),
    least: Math.min(...samples[i]!),
    most: Math.max(...samples[i]!),
    ratio: middle(samples[i]!.map((sample, round) => sample / samples[0]![round]!))
  }))
}

/** Prints results as a table in Markdown. */
export const table = (title: string, results: ReadonlyArray<Result>): string =>
  [
    `## ${title}`,
    "",
    "| contender | µs a call (median) | least | most | × the first |",
    "|---|---|---|---|---|",
    ...results.map(
      ({ least, median, most, name, ratio }) =>
        `| ${name} | ${median.toFixed(2)} | ${least.toFixed(2)} | ${most.toFixed(2)} | ${ratio.toFixed(2)} |`
    ),
    ""
  ].join("\n")
