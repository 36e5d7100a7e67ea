import { duration, number, percent, table } from "../Format.ts"
import type { Figures } from "./Figures.ts"

const titles = [
  "preset",
  "load",
  "calls",
  "started",
  "succeeded",
  "refused",
  "wait",
  "95 %",
  "latency",
  "95 %",
  "queue",
  "opened",
  "verdict"
]

const sum = (counts: Figures["refused"]) => Object.values(counts).reduce((sum, count) => sum + count, 0)

const row = (figures: Figures): ReadonlyArray<string> => {
  const { averageFill, calls, callsPerMinute, latency, openings, preset, refused, started, succeeded, verdict, wait } =
    figures
  return [
    preset,
    `${number(callsPerMinute)}/min`,
    String(calls),
    String(started),
    String(succeeded),
    String(sum(refused)),
    duration(wait.mean),
    duration(wait.p95),
    duration(latency.mean),
    duration(latency.p95),
    percent(averageFill),
    String(openings),
    verdict
  ]
}

const reasons = ({ refused }: Figures): string =>
  Object.entries(refused)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(", ")

const note = (figures: Figures): ReadonlyArray<string> => {
  const why = reasons(figures)
  return [
    `${figures.preset} at ${number(figures.callsPerMinute)}/min: ${figures.advice ?? "nothing to change."}`,
    ...(why === "" ? [] : [`  refused: ${why}`])
  ]
}

/** Tells the outcomes in a table, and what the gate would advise. */
export const lines = (all: ReadonlyArray<Figures>): ReadonlyArray<string> => [
  ...table([titles, ...all.map(row)]),
  "",
  ...all.flatMap(note)
]
