import { type Duration, Effect } from "effect"
import * as Field from "../../config/Field.ts"
import type { InvalidOptions } from "../../config/InvalidOptions.ts"
import { decode, type For, group, list, type Values } from "../../config/Options.ts"
import * as Incident from "./Incident.ts"
import type { Kind } from "./Text.ts"

/** How the simulated model behaves; every option has a default. */
export interface Options {
  /** Replies generated at the same time, a whole number from 1 to 100000, or `Infinity`. Default: 8. */
  readonly slots?: number | undefined
  /** Requests that may wait for a slot, a whole number from 0 to 1000000, or `Infinity`. Others get a 429. Default: 16. */
  readonly queue?: number | undefined
  /** Tokens a second of a reply that runs alone, from 0.001 to 1000000. Default: 100. */
  readonly tokensPerSecond?: number | undefined
  /** What each further running reply adds to everyone's time per token, as a share of the time alone, from 0 to 1000. Default: 0.2, or 0 with `fixedLatency`. */
  readonly slowdown?: number | undefined
  /** Time to the first token of an empty prompt, when alone, from 0. Default: 200 ms. */
  readonly firstToken?: Duration.Input | undefined
  /** What each prompt token adds to the time to the first token, when alone, from 0. Default: 0.2 ms. */
  readonly perPromptToken?: Duration.Input | undefined
  /** Mean tokens of a reply by kind of request, from 1 to 100000. Default: chat 120, plan 110, reflect 80. */
  readonly replyTokens?: { readonly [K in Kind]?: number | undefined } | undefined
  /** How widely lengths scatter around the mean (log-normal), from 0 to 2. A reply has at most ten times the mean. Default: 0.5. */
  readonly spread?: number | undefined
  /** The time of each reply whatever its length, tokens coming evenly over it, from 0. Default: none. */
  readonly fixedLatency?: Duration.Input | undefined
  /** Share of results that are wrong although the task was understood, from 0 to 1. Default: 0.02. */
  readonly slipRate?: number | undefined
  /** Share of requests that fail with a 500 in place of their first token, from 0 to 1. Default: 0. */
  readonly errorRate?: number | undefined
  /** Share of streams that break off after their first token, from 0 to 1. Default: 0. */
  readonly breakRate?: number | undefined
  /** Share of requests that take a slot and never answer, from 0 to 1. Default: 0. */
  readonly hangRate?: number | undefined
  /** Outages, hangs and slow-downs by the clock. Default: none. */
  readonly incidents?: ReadonlyArray<Incident.Incident> | undefined
  /** What replies and faults are drawn from: the same seed and requests give the same run. A whole number from 0, or a text. Default: 1. */
  readonly seed?: number | string | undefined
}

const share = (usual: number) => Field.number(0, 1, { default: usual })
const time = { minimum: 0, maximum: 1e12 }
const tokens = (usual: number) => Field.number(1, 100_000, { default: usual })

/** The fields of the options. */
export const fields = {
  slots: Field.integer(1, 100_000, { infinite: true, default: 8 }),
  queue: Field.integer(0, 1_000_000, { infinite: true, default: 16 }),
  tokensPerSecond: Field.number(0.001, 1e6, { default: 100 }),
  slowdown: Field.optional(Field.number(0, 1000, { example: "0.2" })),
  firstToken: Field.duration({ ...time, default: 200 }),
  perPromptToken: Field.duration({ ...time, default: 0.2 }),
  replyTokens: group({ chat: tokens(120), plan: tokens(110), reflect: tokens(80) } satisfies Record<Kind, unknown>),
  spread: Field.number(0, 2, { default: 0.5 }),
  fixedLatency: Field.optional(Field.duration({ ...time, example: "1000" })),
  slipRate: share(0.02),
  errorRate: share(0),
  breakRate: share(0),
  hangRate: share(0),
  incidents: list(Incident.field, { default: [] }),
  seed: Field.seed
} satisfies For<Options>

/** The options as decoded; times are milliseconds. */
export interface Settings extends Omit<Values<typeof fields>, "slowdown"> {
  readonly slowdown: number
}

/** Completes decoded options. */
export const settingsOf = (values: Values<typeof fields>): Settings => {
  const { slowdown = values.fixedLatency === undefined ? 0.2 : 0 } = values
  return { ...values, slowdown }
}

/** Decodes options and fills in the defaults. */
export const check = (options: Options): Effect.Effect<Settings, InvalidOptions> =>
  Effect.map(decode(fields, options), settingsOf)
