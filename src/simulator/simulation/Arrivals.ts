import { drawLength } from "../model/Reply.ts"
import type { Load } from "./Load.ts"

/** A call to make. */
export interface Arrival {
  /** Milliseconds from the start. */
  readonly at: number
  readonly caller: string
  readonly purpose: string | undefined
  readonly model: string | undefined
  readonly promptTokens: number
  readonly completionTokens: number
  /** What its caller expects the reply to have. */
  readonly expectedTokens: number
  /** Milliseconds; `undefined` for that of the gate. */
  readonly deadline: number | undefined
}

/** How replies are drawn. */
export interface Replies {
  readonly replyTokens: { readonly chat: number; readonly plan: number; readonly reflect: number }
  readonly spread: number
}

type Draw = () => number

/** What arrivals are drawn from: their moments apart from the rest, so that another load has calls of the same kind. */
export interface Draws {
  readonly when: Draw
  readonly what: Draw
  /** Milliseconds after which none arrives. */
  readonly end: number
}

const minute = 60_000

/** A random time with a mean. */
export const exponential = (mean: number, random: Draw): number => -mean * Math.log(1 - random())

/** Draws whole tokens, one at least. */
export const tokens = (mean: number, spread: number, random: Draw): number =>
  Math.max(1, Math.round(drawLength(mean, spread, random)))

function* moments(perMinute: number, random: Draw, from: number, to: number): Generator<number> {
  if (perMinute === 0) return
  for (let at = from; (at += exponential(minute / perMinute, random)) < to;) yield at
}

function* burstyMoments(load: Extract<Load, { kind: "bursty" }>, random: Draw, end: number): Generator<number> {
  for (let at = 0, isBurst = false; at < end; isBurst = !isBurst) {
    const until = Math.min(end, at + exponential(isBurst ? load.burst : load.quiet, random))
    yield* moments(isBurst ? load.burstPerMinute : load.perMinute, random, at, until)
    at = until
  }
}

function* drawnCalls(
  load: Extract<Load, { kind: "poisson" | "bursty" }>,
  replies: Replies,
  { end, what, when }: Draws
) {
  const { callers, deadline, greedyShare, promptSpread, promptTokens } = load
  const times = load.kind === "poisson" ? moments(load.perMinute, when, 0, end) : burstyMoments(load, when, end)
  for (const at of times) {
    const isGreedy = what() < greedyShare
    yield {
      at,
      caller: isGreedy ? "greedy" : `caller-${1 + Math.floor(what() * callers)}`,
      purpose: undefined,
      model: undefined,
      promptTokens: tokens(promptTokens, promptSpread, what),
      completionTokens: tokens(replies.replyTokens.chat, replies.spread, what),
      expectedTokens: replies.replyTokens.chat,
      deadline
    } satisfies Arrival
  }
}

function* tracedCalls({ calls, speed }: Extract<Load, { kind: "trace" }>, end: number): Generator<Arrival> {
  const expectedTokens = calls.reduce((sum, { completionTokens }) => sum + completionTokens, 0) / (calls.length || 1)
  for (const { at, caller = "anonymous", completionTokens, deadlineMs, model, promptTokens } of calls) {
    if (at / speed >= end) return
    yield {
      at: at / speed,
      caller,
      purpose: undefined,
      model,
      promptTokens,
      completionTokens: Math.max(1, completionTokens),
      expectedTokens,
      deadline: deadlineMs
    }
  }
}

/** The calls of a load that do not depend on how earlier ones went, in the order of arrival. */
export const calls = (load: Exclude<Load, { kind: "agents" }>, replies: Replies, draws: Draws): Iterable<Arrival> =>
  load.kind === "trace" ? tracedCalls(load, draws.end) : drawnCalls(load, replies, draws)

/** A job to do: its calls without their moments. */
export interface Job {
  readonly createdAt: number
  readonly calls: ReadonlyArray<Omit<Arrival, "at" | "caller">>
}

/** The jobs of a load, in the order of their creation. */
export function* jobs(
  load: Extract<Load, { kind: "agents" }>,
  { replyTokens, spread }: Replies,
  { end, what, when }: Draws
): Generator<Job> {
  const { callsPerJob, deadline, jobsPerMinute, promptSpread, promptTokens } = load
  const call = (purpose: "plan" | "act" | "reflect") => {
    const expectedTokens = replyTokens[purpose === "act" ? "chat" : purpose]
    const completionTokens = tokens(expectedTokens, spread, what)
    const prompt = tokens(promptTokens, promptSpread, what)
    return { purpose, model: undefined, promptTokens: prompt, completionTokens, expectedTokens, deadline }
  }
  for (const createdAt of moments(jobsPerMinute, when, 0, end)) {
    // Evenly spread around the mean, so that jobs differ.
    const count = Math.max(1, Math.round(callsPerJob * (0.5 + what())))
    const acts = Array.from({ length: Math.max(0, count - 2) }, () => call("act"))
    yield { createdAt, calls: [call("plan"), ...acts, ...(count > 1 ? [call("reflect")] : [])] }
  }
}
