import { leaves } from "../config/Options.ts"
import * as Table from "../config/Table.ts"
import { type Evidence, refused, slowdown } from "../stats/Recent.ts"
import type { Change, Remedy, Variable } from "./Finding.ts"
import { held, type Pace, paces, tokensPerCall } from "./Pace.ts"
import { headroom, threshold } from "./Threshold.ts"

/** The ranges of the variables. */
const ranges = new Map(leaves(Table.settings).map(({ facts }) => [facts.text?.variable, facts.range]))

/** Two digits are enough of a number that people set. */
const rounded = (value: number, whole: boolean, up: boolean): number => {
  const unit = 10 ** (Math.floor(Math.log10(Math.max(value, 1e-6))) - 1)
  const step = whole ? Math.max(1, unit) : unit
  const steps = up ? Math.ceil(value / step - 1e-9) : Math.floor(value / step + 1e-9)
  return Number((steps * step).toPrecision(12))
}

/** A change, as far as the variable's range allows; none if that leaves the value where it is. */
export const change = (
  variable: Variable,
  from: number | null | undefined,
  wanted: number,
  why: string
): ReadonlyArray<Change> => {
  const { kind, maximum, minimum } = ranges.get(variable)!
  const known = from !== null && from !== undefined && Number.isFinite(from) ? from : null
  const up = known !== null && wanted > known
  const to = Math.min(maximum, Math.max(minimum, rounded(wanted, kind !== "number", up)))
  return to === known || !Number.isFinite(to) ? [] : [{ variable, from: known, to, why }]
}

/** A remedy, unless there is nothing it can change. */
export const remedy = (when: string, ...changes: ReadonlyArray<ReadonlyArray<Change>>): ReadonlyArray<Remedy> =>
  changes.some((each) => each.length > 0) ? [{ when, change: changes.flat() }] : []

const perSecond = (value: number): string => `${Number(value.toPrecision(3))} a second`

/** Fewer calls at once, or fewer starts where there is one at a time already. */
export const gentler = ({ recent, snapshot: { queue, rate } }: Evidence, share: number): ReadonlyArray<Change> => {
  const permits = queue.maxConcurrent ?? Math.max(1, recent.peak)
  return permits > 1
    ? change("LLM_MAX_CONCURRENT_REQUESTS", queue.maxConcurrent, Math.max(1, Math.floor(permits * share)), easier)
    : change("LLM_REQUESTS_PER_SECOND", rate.perSecond, (rate.perSecond ?? recent.startsPerSecond) * share, easier)
}

const easier = "a model that serves fewer calls at once serves each of them faster, and fails less"

/** Calls a second that callers want: those that come, and those that would if the queue did not hold them up. */
const demand = ({ recent, snapshot }: Evidence): number => recent.arrivalsPerSecond * (1 + snapshot.queue.averageFill)

const wider = (evidence: Evidence, { limit, perSecond: pace }: Pace): ReadonlyArray<Change> => {
  const wanted = demand(evidence) * headroom
  const why = `${limit} let ${perSecond(pace)} start, and ${perSecond(evidence.recent.arrivalsPerSecond)} arrive`
  const { snapshot, settings } = evidence
  if (limit === "rate") return change("LLM_REQUESTS_PER_SECOND", snapshot.rate.perSecond, wanted, why)
  if (limit === "tokens") {
    return change("LLM_TOKENS_PER_MINUTE", settings.tokensPerMinute, wanted * 60 * tokensPerCall(evidence), why)
  }
  const permits = Math.ceil((wanted * held(evidence)) / 1000)
  return change("LLM_MAX_CONCURRENT_REQUESTS", snapshot.queue.maxConcurrent, permits, why)
}

const fewerJobs = ({ recent, settings, snapshot }: Evidence, share: number): ReadonlyArray<Change> => {
  if (snapshot.jobs.created === 0 || share >= 1) return []
  const from = settings.jobsPerMinute ?? null
  const why = "jobs ask for more calls than the limits let start"
  return change("JOBS_PER_MIN", from, (from ?? recent.jobsPerMinute) * share, why)
}

/** A queue that holds what comes in a burst. */
const longerQueue = (evidence: Evidence): ReadonlyArray<Change> => {
  const { averageFill, maxSize } = evidence.snapshot.queue
  if (maxSize === null) return []
  const factor = Math.max(refused(evidence) >= threshold.refusals ? 2 : 1, averageFill / (0.75 * threshold.queue))
  return change("LLM_MAX_QUEUE_SIZE", maxSize, Math.max(1, maxSize) * factor, "the queue is short for the bursts")
}

/** What brings demand and the pace of the limits together again. */
export const relief = (evidence: Evidence): ReadonlyArray<Remedy> => {
  const wanted = demand(evidence) * headroom
  const tight = paces(evidence).filter((pace) => pace.perSecond < wanted)
  const [slowest] = tight
  if (slowest === undefined) {
    return remedy("The limits keep up on average: calls come in bursts.", longerQueue(evidence))
  }
  const fewer = remedy("If the model has no room.", fewerJobs(evidence, slowest.perSecond / wanted))
  // More at once would slow a model down further that slows down already.
  if (slowdown(evidence) >= threshold.latency) return fewer
  const more = tight.map((pace) => wider(evidence, pace))
  return [...remedy("If the model has room: check that its response times stay as they are.", ...more), ...fewer]
}

/** More agents, for jobs that wait for none of the limits. */
export const moreAgents = ({ settings }: Evidence, completion: number): ReadonlyArray<Remedy> => {
  const from = settings.populationSize ?? null
  if (from === null) return []
  const factor = headroom / Math.max(completion, 0.1)
  const why = "jobs wait for an agent, not for the gate"
  return remedy("If no limit holds calls up.", change("POPULATION_SIZE", from, Math.max(1, from) * factor, why))
}
