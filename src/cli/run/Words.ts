/** A number with as many digits as it takes to compare it. */
export const number = (value: number): string =>
  Number(value.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 2 })

export const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`

/** Lines whose columns stand one under the other; all but the first are numbers, unless they are said to be texts. */
export const table = (
  rows: ReadonlyArray<ReadonlyArray<string>>,
  kind: "numbers" | "texts" = "numbers"
): ReadonlyArray<string> => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)))
  const pad = (cell: string, column: number) =>
    column === 0 || kind === "texts" ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)
  return rows.map((row) => row.map(pad).join("  ").trimEnd())
}
