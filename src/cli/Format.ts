/** A number with as many digits as it takes to compare it. */
export const number = (value: number): string =>
  Number(value.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 2 })

export const percent = (share: number): string => `${number(100 * share)} %`

/** Draws a share from 0 to 1 as a bar of so many characters. */
export const bar = (share: number, width = 20): string => {
  const filled = Math.round(width * Math.min(1, Math.max(0, share)))
  return "█".repeat(filled) + "░".repeat(width - filled)
}

/** Formats milliseconds for people; a dash for none. */
export const duration = (millis: number | null): string => {
  if (millis === null) return "-"
  if (millis < 1000) return `${Math.round(millis)} ms`
  if (millis < 120_000) return `${number(millis / 1000)} s`
  const minutes = Math.floor(millis / 60_000)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

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
