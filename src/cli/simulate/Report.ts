import type { Advice } from "../../advice/Advice.ts"
import type { Preset } from "../../config/Preset.ts"
import type * as Simulation from "../../simulator/Simulation.ts"
import { duration, number, percent, table } from "../Format.ts"

/** The figures of a preset under a load; times are milliseconds. */
export interface Figures extends Omit<Simulation.Result, "advice"> {
  readonly preset: Preset
  /** What was asked for, in words. */
  readonly load: string
  /** Calls a minute: as asked, or as they came. */
  readonly callsPerMinute: number
  readonly verdict: Advice["status"]
  /** The most urgent finding, with the first change that would mend it. */
  readonly advice: string | null
  /** Whether this preset suits the load best of those compared. */
  readonly recommended: boolean
  /** Why it does, in one sentence; `null` for the others. */
  readonly reason: string | null
}

/** The most urgent finding of advice, with the first change that would mend it. */
export const adviceOf = ({ findings }: Advice): string | null => {
  const [finding] = findings
  if (finding === undefined) return null
  const [remedy] = finding.remedies
  if (remedy === undefined) return finding.message
  return `${finding.message} ${remedy.when} Try ${remedy.change.map(({ to, variable }) => `${variable}=${to}`).join(" ")}.`
}

type Column = readonly [title: string, cell: (figures: Figures) => string]

const refusals = ({ refused }: Figures) => Object.values(refused).reduce((sum, count) => sum + count, 0)

const columns: ReadonlyArray<Column> = [
  ["preset", ({ preset }) => preset],
  ["load", ({ load }) => load],
  ["calls", ({ calls }) => String(calls)],
  ["answered", ({ success }) => percent(success)],
  ["answers/s", ({ goodput }) => number(goodput.callsPerSecond)],
  ["refused", (figures) => String(refusals(figures))],
  ["wait", ({ wait }) => duration(wait.p50)],
  ["95 %", ({ wait }) => duration(wait.p95)],
  ["answer", ({ total }) => duration(total.p50)],
  ["95 %", ({ total }) => duration(total.p95)],
  ["wasted", ({ wastedWork }) => percent(wastedWork)],
  ["upstream", ({ upstreamPerCall }) => number(upstreamPerCall)],
  ["queue", ({ averageFill }) => percent(averageFill)],
  ["open", ({ openFraction }) => percent(openFraction)],
  ["fair", ({ fairness }) => number(fairness)]
]

const jobColumns: ReadonlyArray<Column> = [
  ["jobs/min", ({ jobs }) => number(jobs?.perMinute ?? 0)],
  ["of jobs", ({ jobs }) => percent(jobs === null || jobs.created === 0 ? 1 : jobs.completed / jobs.created)],
  ["job 95 %", ({ jobs }) => duration(jobs?.time.p95 ?? null)]
]

const verdict: Column = ["verdict", (figures) => figures.verdict]

/** Compares the runs, a line each. */
const summary = (all: ReadonlyArray<Figures>): ReadonlyArray<string> => {
  const shown = [...columns, ...(all.some(({ jobs }) => jobs !== null) ? jobColumns : []), verdict]
  return table([shown.map(([title]) => title), ...all.map((figures) => shown.map(([, cell]) => cell(figures)))])
}

/** Tells how the times of one run are spread. */
const times = ({ firstToken, jobs, latency, total, wait }: Figures): ReadonlyArray<string> =>
  table([
    ["", "50 %", "90 %", "95 %", "99 %", "longest", "mean"],
    ...Object.entries({ wait, "first token": firstToken, latency, answer: total, ...(jobs && { job: jobs.time }) }).map(
      ([name, { max, mean, p50, p90, p95, p99 }]) => [name, ...[p50, p90, p95, p99, max, mean].map(duration)]
    )
  ])

const reasons = ({ refused }: Figures): string =>
  Object.entries(refused)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(", ")

const note = (figures: Figures): ReadonlyArray<string> => {
  const why = reasons(figures)
  const { failed, timedOut, unfinished } = figures
  const ends = Object.entries({ failed, "timed out": timedOut, unfinished }).filter(([, count]) => count > 0)
  return [
    `${figures.preset} at ${figures.load}: ${figures.advice ?? "nothing to change."}`,
    ...(why === "" ? [] : [`  refused: ${why}`]),
    ...(ends.length === 0 ? [] : [`  ${ends.map(([end, count]) => `${end} ${count}`).join(", ")}`])
  ]
}

const recommendations = (all: ReadonlyArray<Figures>): ReadonlyArray<string> =>
  all
    .filter(({ recommended }) => recommended)
    .map(({ load, preset, reason }) => `Recommended at ${load}: LLM_PRESET=${preset}, because ${reason}`)

/** Tells the outcomes in a table, what the gate would advise, and which preset suits each load. */
export const lines = (all: ReadonlyArray<Figures>): ReadonlyArray<string> => {
  const [first] = all
  const advised = recommendations(all)
  return [
    ...summary(all),
    "",
    ...(all.length === 1 && first !== undefined ? [...times(first), ""] : []),
    ...all.flatMap(note),
    "",
    ...(advised.length === 0 ? [] : [...advised, ""]),
    "The table counts to its end each call that came after the warm-up; advice is what the gate says of the last hour when the",
    "last call comes. Model and load are headgate's own simulation: measure your own."
  ]
}
