import type { Range } from "../config/Field.ts"
import { leaves } from "../config/Options.ts"
import * as Table from "../config/Table.ts"
import {
  type Evidence,
  failsUnderLoad,
  isAdaptive,
  meanHoldTime,
  overflowRate,
  slowdown,
  threshold,
  type Throughput,
  throughputs,
  tokensPerCall
} from "./Evidence.ts"
import type { Change, Remedy } from "./Finding.ts"

/** The ranges of headgate's own variables. */
const ranges: ReadonlyMap<string | undefined, Range | undefined> = new Map(
  leaves(Table.settings).map(({ facts }) => [facts.env, facts.range])
)

// Of a section's own variable no range is known.
const anyNumber: Range = { kind: "number", minimum: 0, maximum: Infinity, infinite: false, off: undefined }

/** Limits should serve this much more than the demand, so that the queue stays short. */
export const headroom = 1.25

/** Rounds a setting to two digits, which are enough for people. */
const rounded = (value: number, whole: boolean, up: boolean): number => {
  const unit = 10 ** (Math.floor(Math.log10(Math.max(value, 1e-6))) - 1)
  const step = whole ? Math.max(1, unit) : unit
  const steps = up ? Math.ceil(value / step - 1e-9) : Math.floor(value / step + 1e-9)
  return Number((steps * step).toPrecision(12))
}

/** A change within the variable's range; empty if the value would stay as it is. */
export const change = (
  variable: string,
  from: number | null | undefined,
  wanted: number,
  why: string
): ReadonlyArray<Change> => {
  const { kind, maximum, minimum } = ranges.get(variable) ?? anyNumber
  const known = from !== null && from !== undefined && Number.isFinite(from) ? from : null
  const up = known !== null && wanted > known
  const to = Math.min(maximum, Math.max(minimum, rounded(wanted, kind !== "number", up)))
  return to === known || !Number.isFinite(to) ? [] : [{ variable, from: known, to, why }]
}

/** A remedy; empty if it changes nothing. */
export const remedy = (when: string, ...changes: ReadonlyArray<ReadonlyArray<Change>>): ReadonlyArray<Remedy> =>
  changes.some((each) => each.length > 0) ? [{ when, change: changes.flat() }] : []

const lessLoad = "a model that serves fewer calls at once serves each of them faster and fails less"

/** Reduces the load on a model to a share, where its failures follow the load. */
export const relieve = (evidence: Evidence, share: number): ReadonlyArray<Remedy> =>
  failsUnderLoad(evidence) ? reduceLoad(evidence, share) : []

/**
 * Reduces the load on the model to a share: fewer calls at once, or fewer starts by the rate limit if there is only one at a
 * time.
 */
export const reduceLoad = (evidence: Evidence, share: number): ReadonlyArray<Remedy> => {
  // A limit that follows the model has reduced the load already.
  if (isAdaptive(evidence)) return []
  const { recent, snapshot } = evidence
  const { maxConcurrent } = snapshot.queue
  const { perSecond } = snapshot.rate
  const permits = maxConcurrent ?? Math.max(1, recent.peak)
  const less =
    permits > 1
      ? change("LLM_MAX_CONCURRENT_REQUESTS", maxConcurrent, Math.max(1, Math.floor(permits * share)), lessLoad)
      : change("LLM_REQUESTS_PER_SECOND", perSecond, (perSecond ?? NaN) * share, lessLoad)
  return remedy("If the model fails or slows down under load.", less)
}

/** Retries failures that pass by themselves; empty if calls are retried already. */
export const moreRetries = (maxRetries: number | undefined): ReadonlyArray<Change> =>
  maxRetries === undefined || maxRetries >= 2
    ? []
    : change("LLM_MAX_RETRIES", maxRetries, 2, "most failures of a model are transient, and a retry hides them")

/** Calls per second that callers want to make: arrivals, and those that the queue holds back. */
const demand = ({ recent, snapshot }: Evidence): number => recent.arrivalsPerSecond * (1 + snapshot.queue.averageFill)

const perSecond = (value: number): string => `${Number(value.toPrecision(3))} per second`

const limitNames = { rate: "the rate limit", permits: "the concurrency limit", tokens: "the token limit" }

const raiseLimit = (evidence: Evidence, { limit, perSecond: allowed }: Throughput): ReadonlyArray<Change> => {
  const wanted = demand(evidence) * headroom
  const arriving = perSecond(evidence.recent.arrivalsPerSecond)
  const why = `calls arrive at ${arriving}, and ${limitNames[limit]} lets them start at ${perSecond(allowed)}`
  const { snapshot, settings } = evidence
  if (limit === "rate") return change("LLM_REQUESTS_PER_SECOND", snapshot.rate.perSecond, wanted, why)
  if (limit === "tokens") {
    return change("LLM_TOKENS_PER_MINUTE", settings.tokensPerMinute, wanted * 60 * tokensPerCall(evidence), why)
  }
  if (isAdaptive(evidence)) return []
  const permits = Math.ceil((wanted * meanHoldTime(evidence)) / 1000)
  return change("LLM_MAX_CONCURRENT_REQUESTS", snapshot.queue.maxConcurrent, permits, why)
}

const longerQueue = (evidence: Evidence): ReadonlyArray<Change> => {
  const { averageFill, maxSize } = evidence.snapshot.queue
  if (maxSize === null) return []
  // More places do not help calls that cannot start in time.
  const factor = Math.max(overflowRate(evidence) >= threshold.refusals ? 2 : 1, averageFill / (0.75 * threshold.queue))
  return change("LLM_MAX_QUEUE_SIZE", maxSize, Math.max(1, maxSize) * factor, "the queue is too short for the bursts")
}

/**
 * Lets the limits follow the model, where the fixed ones of a preset hold calls up although the model has room: it answers
 * as fast as before, and its calls succeed.
 */
const followModel = (evidence: Evidence, { limit, perSecond: allowed }: Throughput): ReadonlyArray<Remedy> => {
  const { settings, targets } = evidence
  const { preset } = settings
  const struggles = targets.some(
    ({ met, name }) => !met && (name === "success" || name === "timeouts" || name === "circuit")
  )
  if (preset === undefined || preset === "adaptive" || limit === "tokens" || struggles) return []
  const why =
    `calls arrive at ${perSecond(evidence.recent.arrivalsPerSecond)}, ${limitNames[limit]} lets them start at ` +
    `${perSecond(allowed)}, and the model is as fast as before. LLM_MAX_CONCURRENT_REQUESTS and LLM_REQUESTS_PER_SECOND ` +
    "win over the preset: unset them"
  const change = { variable: "LLM_PRESET", from: preset, to: "adaptive", why }
  return [{ when: "If the limits should follow what the model can do, with nothing to set.", change: [change] }]
}

/** Brings demand and limits together: raises the limits that are too low, or reduces the demand. */
export const matchDemand = (evidence: Evidence): ReadonlyArray<Remedy> => {
  const wanted = demand(evidence) * headroom
  const tooLow = throughputs(evidence).filter(({ perSecond }) => perSecond < wanted)
  const [lowest] = tooLow
  if (lowest === undefined) {
    return remedy("The limits are high enough on average: calls come in bursts.", longerQueue(evidence))
  }
  const less = (evidence.advisors ?? []).map(({ reduceDemand }) => reduceDemand?.(lowest.perSecond / wanted) ?? [])
  const fewer = remedy("If the model has no spare capacity.", ...less)
  // A model that slows down already would slow down further with more calls at once.
  if (slowdown(evidence) >= threshold.latency) return fewer
  const more = tooLow.map((limit) => raiseLimit(evidence, limit))
  const when = "If the model has spare capacity: check that its response times do not rise."
  return [...remedy(when, ...more), ...followModel(evidence, lowest), ...fewer]
}
