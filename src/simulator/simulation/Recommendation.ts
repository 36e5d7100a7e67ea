import type { Percentiles, Result } from "./Result.ts"
import { counted } from "../../config/Plural.ts"

/** A result with a name, such as that of its preset. */
export interface Run {
  readonly name: string
  readonly result: Result
}

/** The best of several runs of one load. */
export interface Recommendation {
  readonly name: string
  /** Why, in one sentence with the figures of the runs. */
  readonly reason: string
}

// Of runs that do about as much, the one that is sooner is better.
const sameGoodput = 0.01
const sameTime = 0.05

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`
const digits = (value: number): string => String(Number(value.toPrecision(3)))

const time = (millis: number): string =>
  millis < 120_000 ? `${digits(millis / 1000)} s` : `${digits(millis / 60_000)} min`

const timesOf = ({ jobs, total }: Result): Percentiles => jobs?.time ?? total

const goodputOf = ({ goodput, jobs }: Result): number => jobs?.perMinute ?? goodput.callsPerSecond

const within = (result: Result): string => {
  const { p95 } = timesOf(result)
  return p95 === null ? "" : `, 95 % of them within ${time(p95)}`
}

const figures = (result: Result): string => {
  const { goodput, jobs, success } = result
  const done =
    jobs === null
      ? `answers ${percent(success)} of the calls in time (${digits(goodput.callsPerSecond)} a second)`
      : `completes ${counted(digits(jobs.perMinute), "job")} a minute (${percent(jobs.created === 0 ? 1 : jobs.completed / jobs.created)} of those created)`
  return `${done}${within(result)}`
}

/** The better of two runs; the first where they are about the same. */
const better = (one: Run, other: Run): Run => {
  const [first, second] = [goodputOf(one.result), goodputOf(other.result)]
  if (Math.abs(first - second) > sameGoodput * Math.max(first, second)) return first > second ? one : other
  const [sooner, later] = [timesOf(one.result).p95 ?? 0, timesOf(other.result).p95 ?? 0]
  return later < sooner * (1 - sameTime) ? other : one
}

const isSame = (one: Run, other: Run): boolean => better(one, other) === one && better(other, one) === other

const names = (runs: ReadonlyArray<Run>): string =>
  runs.map(({ name }, index) => (index === 0 ? name : `${index === runs.length - 1 ? " and" : ","} ${name}`)).join("")

/**
 * Recommends the run that does most in time (jobs of agents, else calls), and of runs that do as much the soonest.
 *
 * Of runs that are about the same in both, the first. `undefined` if nothing was done in time in any.
 *
 * @example
 * const options = { arrivals: { kind: "poisson", perMinute: 120 }, duration: "3 minutes" } as const
 *
 * const runs = Effect.forEach(["heavy", "adaptive"] as const, (preset) =>
 *   Effect.map(Simulation.run({ ...options, settings: { preset } }), (result) => ({ name: preset, result }))
 * )
 *
 * Simulation.recommend(await Effect.runPromise(runs))?.name // => "adaptive"
 */
export const recommend = (runs: ReadonlyArray<Run>): Recommendation | undefined => {
  const [first, ...others] = runs
  const best = first === undefined ? undefined : others.reduce(better, first)
  if (best === undefined || goodputOf(best.result) === 0) return undefined
  const why = `it ${figures(best.result)}`
  const rest = runs.filter((run) => run !== best)
  const equals = rest.filter((run) => isSame(best, run))
  const [second] = rest
  if (second === undefined) return { name: best.name, reason: `${why}.` }
  if (equals.length > 0) {
    return { name: best.name, reason: `${why}; ${names(equals)} ${equals.length === 1 ? "does" : "do"} as well.` }
  }
  const next = rest.reduce(better, second)
  return { name: best.name, reason: `${why}; ${next.name}, the next best, ${figures(next.result)}.` }
}
