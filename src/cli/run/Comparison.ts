import * as Figures from "./Figures.ts"
import type { Result } from "./Trial.ts"
import { number, percent, table } from "../Words.ts"

const change = (from: number, to: number): string => {
  const share = (to - from) / from
  return Number.isFinite(share) ? `${share > 0 ? "+" : ""}${percent(share)}` : ""
}

/** What is compared. */
const rows: ReadonlyArray<
  readonly [name: string, value: (result: Result) => number, text?: (value: number) => string]
> = [
  ["tokens a job", (result) => Figures.of(result).tokensPerJob],
  ["  to act", ({ snapshot }) => snapshot.jobs.tokensPerJob.act],
  ["  to plan", ({ snapshot }) => snapshot.jobs.tokensPerJob.plan],
  ["  to reflect", ({ snapshot }) => snapshot.jobs.tokensPerJob.reflect],
  ["calls a job", (result) => Figures.of(result).callsPerJob],
  ["  to reflect", ({ snapshot }) => snapshot.jobs.reflectionsPerJob],
  ["jobs completed", (result) => Figures.of(result).completion, percent],
  ["model time, mean ms a call", ({ snapshot }) => snapshot.latency.mean ?? 0],
  ["time, minutes", (result) => Figures.of(result).minutes]
]

/** Puts two runs on the same jobs side by side. */
export const lines = (verbose: Result, lean: Result): ReadonlyArray<string> =>
  table([
    ["", "verbose", "lean", "change"],
    ...rows.map(([name, value, text = number]) => {
      const [from, to] = [value(verbose), value(lean)]
      return [name, text(from), text(to), change(from, to)]
    })
  ])
