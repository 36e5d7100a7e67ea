import { type Duration, Effect } from "effect"
import type { InvalidOptions } from "../../config/InvalidOptions.ts"
import * as Range from "../../config/Range.ts"
import * as Incident from "./Incident.ts"
import type { Kind } from "./Text.ts"

/** How the simulated model behaves; every option has a default. */
export interface Options {
  /** Replies generated at the same time, a whole number from 1 to 100000, or `Infinity`; 8. */
  readonly slots?: number | undefined
  /** Requests that may wait for a slot, a whole number from 0 to 1000000, or `Infinity`; 16. Others get a 429. */
  readonly queue?: number | undefined
  /** Tokens a second of a reply that runs alone, from 0.001 to 1000000; 100. */
  readonly tokensPerSecond?: number | undefined
  /** What each further running reply adds to everyone's time per token, as a share of the time alone, from 0 to 1000; 0.2, or 0 with `fixedLatency`. */
  readonly slowdown?: number | undefined
  /** Time to the first token of an empty prompt, when alone, from 0; 200 ms. */
  readonly firstToken?: Duration.Input | undefined
  /** What each prompt token adds to the time to the first token, when alone, from 0; 0.2 ms. */
  readonly perPromptToken?: Duration.Input | undefined
  /** Mean tokens of a reply by kind of request, from 1 to 100000; chat 120, plan 110, reflect 80. */
  readonly replyTokens?: { readonly [K in Kind]?: number | undefined } | undefined
  /** How widely lengths scatter around the mean (log-normal), from 0 to 2; 0.5. A reply has at most ten times the mean. */
  readonly spread?: number | undefined
  /** The time of each reply whatever its length, tokens coming evenly over it, from 0; none. */
  readonly fixedLatency?: Duration.Input | undefined
  /** Share of results that are wrong although the task was understood, from 0 to 1; 0.02. */
  readonly slipRate?: number | undefined
  /** Share of requests that fail with a 500 in place of their first token, from 0 to 1; 0. */
  readonly errorRate?: number | undefined
  /** Share of streams that break off after their first token, from 0 to 1; 0. */
  readonly breakRate?: number | undefined
  /** Share of requests that take a slot and never answer, from 0 to 1; 0. */
  readonly hangRate?: number | undefined
  /** Outages, hangs and slow-downs by the clock; none. */
  readonly incidents?: ReadonlyArray<Incident.Incident> | undefined
  /** What replies and faults are drawn from: the same seed and requests give the same run; 1. */
  readonly seed?: number | string | undefined
}

/** The options as checked; times are milliseconds. */
export interface Settings {
  readonly slots: number
  readonly queue: number
  readonly tokensPerSecond: number
  readonly slowdown: number
  readonly firstToken: number
  readonly perPromptToken: number
  readonly replyTokens: { readonly [K in Kind]: number }
  readonly spread: number
  readonly fixedLatency: number | undefined
  readonly slipRate: number
  readonly errorRate: number
  readonly breakRate: number
  readonly hangRate: number
  readonly incidents: ReadonlyArray<Incident.Span>
  readonly seed: number | string
}

const positive: Range.Range = { minimum: 0.001, maximum: 1e6, whole: false, infinite: false, example: "100" }
const factor: Range.Range = { minimum: 0, maximum: 1000, whole: false, infinite: false, example: "0.2" }
const lengths: Range.Range = { minimum: 1, maximum: 100_000, whole: false, infinite: false, example: "120" }
const spreads: Range.Range = { minimum: 0, maximum: 2, whole: false, infinite: false, example: "0.5" }

/** Checks options and fills in the defaults. */
export const check = (options: Options): Effect.Effect<Settings, InvalidOptions> =>
  Effect.suspend(() => {
    const checker = new Range.Checker()
    const { fixedLatency, replyTokens = {} } = options
    const settings: Settings = {
      slots: checker.number("slots", options.slots ?? 8, Range.permits),
      queue: checker.number("queue", options.queue ?? 16, Range.capacity),
      tokensPerSecond: checker.number("tokensPerSecond", options.tokensPerSecond ?? 100, positive),
      slowdown: checker.number("slowdown", options.slowdown ?? (fixedLatency === undefined ? 0.2 : 0), factor),
      firstToken: checker.duration("firstToken", options.firstToken ?? 200, Range.nonNegative),
      perPromptToken: checker.duration("perPromptToken", options.perPromptToken ?? 0.2, Range.nonNegative),
      replyTokens: {
        chat: checker.number("replyTokens.chat", replyTokens.chat ?? 120, lengths),
        plan: checker.number("replyTokens.plan", replyTokens.plan ?? 110, lengths),
        reflect: checker.number("replyTokens.reflect", replyTokens.reflect ?? 80, lengths)
      },
      spread: checker.number("spread", options.spread ?? 0.5, spreads),
      fixedLatency:
        fixedLatency === undefined ? undefined : checker.duration("fixedLatency", fixedLatency, Range.nonNegative),
      slipRate: checker.number("slipRate", options.slipRate ?? 0.02, Range.share),
      errorRate: checker.number("errorRate", options.errorRate ?? 0, Range.share),
      breakRate: checker.number("breakRate", options.breakRate ?? 0, Range.share),
      hangRate: checker.number("hangRate", options.hangRate ?? 0, Range.share),
      incidents: (options.incidents ?? []).map((one, i) => Incident.check(checker, `incidents[${i}]`, one)),
      seed: options.seed ?? 1
    }
    return Effect.as(checker.done, settings)
  })
