import type { History } from "./HistorySchema.ts"

/** What has added up from the start to a moment; levels add up over milliseconds. */
export interface Totals {
  readonly queueSize: number
  readonly fill: number
  readonly activeRequests: number
  readonly open: number
  readonly halfOpen: number
  readonly arrivals: number
  readonly starts: number
  readonly succeeded: number
  readonly failed: number
  readonly rejected: number
  readonly cancelled: number
  readonly timedOut: number
  readonly tokens: number
}

/** The moment between two intervals, with the percentiles of the one before it. */
export interface Sample extends Totals {
  readonly at: number
  /** In milliseconds since 1970. */
  readonly time: number
  readonly latencyP50: number | null
  readonly latencyP95: number | null
}

export type Point = { readonly [Name in keyof History]: History[Name][number] }

const second = 1_000

// To a thousandth, so that a point is short.
const rounded = (value: number): number => Math.round(value * 1_000) / 1_000

/** What happened from one edge to the next. */
export const between = (before: Sample, edge: Sample): Point => {
  const length = edge.at - before.at
  const mean = (name: keyof Totals) => rounded((edge[name] - before[name]) / length)
  const perSecond = (name: keyof Totals) => rounded(((edge[name] - before[name]) * second) / length)
  return {
    time: edge.time,
    queueSize: mean("queueSize"),
    fill: mean("fill"),
    activeRequests: mean("activeRequests"),
    arrivals: perSecond("arrivals"),
    starts: perSecond("starts"),
    succeeded: perSecond("succeeded"),
    failed: perSecond("failed"),
    rejected: perSecond("rejected"),
    cancelled: perSecond("cancelled"),
    timedOut: perSecond("timedOut"),
    tokens: perSecond("tokens"),
    latencyP50: edge.latencyP50 === null ? null : rounded(edge.latencyP50),
    latencyP95: edge.latencyP95 === null ? null : rounded(edge.latencyP95),
    circuit: edge.open > before.open ? "open" : edge.halfOpen > before.halfOpen ? "half-open" : "closed"
  }
}
