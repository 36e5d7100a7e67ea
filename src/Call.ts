import type { Duration, Effect, Exit } from "effect"
import * as Field from "./config/Field.ts"
import { InvalidOptions, type Problem } from "./config/InvalidOptions.ts"
import { type For, inspector, reader, readers, type Values } from "./config/Options.ts"
import type { TokenUsage } from "./TokenUsage.ts"
import type { StreamProgress } from "./StreamProgress.ts"
import type { Reason, Rejection } from "./Rejection.ts"

/** Options of a call; each has a default. */
export interface CallOptions {
  /**
   * Who calls, for fairness and per-caller statistics, 1 to 64 characters: `"acme/ada"` is an agent of the tenant `"acme"`.
   * Default: `"anonymous"`.
   */
  readonly caller?: string | undefined
  /** A short label for calls of a kind (plan, act, ...), 1 to 64 characters. Default: none. */
  readonly purpose?: string | undefined
  /** How urgent the call is: a whole number from 0, lower goes first. Default: 1. */
  readonly priority?: number | undefined
  /** The caller's share among callers, above 0. Default: 1. */
  readonly weight?: number | undefined
  /** Permits of the concurrency limit that the call takes, a whole number from 1. Default: 1. */
  readonly permits?: number | undefined
  /** Estimated tokens, prompt and completion together, from 0. Default: 0. */
  readonly tokens?: number | undefined
  /** Most completion tokens that the call allows (`max_tokens`), from 0; 0 if that is not known. Default: 0. */
  readonly maxTokens?: number | undefined
  /** The model that the call asks for, 1 to 64 characters. Default: none. */
  readonly model?: string | undefined
  /** How long the call may take in all, from its arrival. Default: that of the gate. */
  readonly deadline?: Duration.Input | undefined
}

const most = Number.MAX_SAFE_INTEGER

/** The fields of the options that an effect and a promise share. */
export const fields = {
  caller: Field.label("name", { default: "anonymous" }),
  purpose: Field.optional(Field.label("label")),
  priority: Field.integer(0, most, { default: 1 }),
  weight: Field.number(1e-6, 1e6, { default: 1 }),
  permits: Field.integer(1, most, { default: 1 }),
  tokens: Field.number(0, most, { default: 0, example: "1000" }),
  maxTokens: Field.number(0, most, { default: 0, example: "512" }),
  model: Field.optional(Field.label("label"))
} satisfies For<Omit<CallOptions, "deadline">>

const deadline = Field.optional(Field.duration({ minimum: 0, maximum: most, infinite: true }))

const inspect = inspector({ ...fields, deadline } satisfies For<CallOptions>)

// One by one, for it happens on each call with options: a third faster than a decoder of all.
const read = readers(fields)
const readDeadline = reader(deadline)

/**
 * Holds the call that a gate hands on to the gate beneath, so that the two are one call; copies of the options keep it.
 */
export const outer: unique symbol = Symbol("headgate/outer")

/** The model that a call asks, and the endpoint it is asked at. */
export interface Target {
  readonly endpoint: string
  readonly model: string
}

/** Holds what a call asks, where the gate's own adapters know it: limits that an endpoint sets hold for one model. */
export const target: unique symbol = Symbol("headgate/target")

/** Options of a call that tell policies which model of which endpoint it asks. */
export const aimedAt = (options: CallOptions, asked: Target): CallOptions =>
  ({ ...options, model: Field.parseLabel(asked.model), [target]: asked }) as CallOptions

/** The model that a call asks, at the only endpoint if none is named; `undefined` if the call names no model. */
export const targetOf = ({ model, [target]: asked }: ResolvedOptions): Target | undefined =>
  asked ?? (model === undefined ? undefined : { endpoint: "", model })

/** A call's options with every default filled in: what policies see. They never see the prompt. */
export class ResolvedOptions {
  readonly caller: string
  readonly purpose: string | undefined
  readonly priority: number
  readonly weight: number
  readonly permits: number
  readonly tokens: number
  readonly maxTokens: number
  readonly model: string | undefined
  /** Milliseconds from arrival; `Infinity` for no deadline, `undefined` for that of the gate. */
  readonly deadline: number | undefined
  readonly [outer]: Call | undefined
  readonly [target]: Target | undefined

  private constructor(
    values: Values<typeof fields>,
    deadline: number | undefined,
    parent: Call | undefined,
    asked: Target | undefined
  ) {
    this.caller = values.caller
    this.purpose = values.purpose
    this.priority = values.priority
    this.weight = values.weight
    this.permits = values.permits
    this.tokens = values.tokens
    this.maxTokens = values.maxTokens
    this.model = values.model
    this.deadline = deadline
    this[outer] = parent
    this[target] = asked
  }

  /** Fills in the defaults; throws `InvalidOptions`, which names every wrong or unknown option. */
  static of(options: CallOptions | undefined): ResolvedOptions {
    if (options instanceof ResolvedOptions) return options
    if (options === undefined) return usual
    const problems: Array<Problem> = []
    inspect(options, problems)
    const given = options ?? {}
    return ResolvedOptions.decode(given, readDeadline(given.deadline, problems, "deadline"), problems)
  }

  /** Decodes the options that an effect and a promise share; throws `InvalidOptions` with all problems. */
  static decode(given: CallOptions, deadline: number | undefined, problems: Array<Problem>): ResolvedOptions {
    const values = {
      caller: read.caller(given.caller, problems, "caller"),
      purpose: read.purpose(given.purpose, problems, "purpose"),
      priority: read.priority(given.priority, problems, "priority"),
      weight: read.weight(given.weight, problems, "weight"),
      permits: read.permits(given.permits, problems, "permits"),
      tokens: read.tokens(given.tokens, problems, "tokens"),
      maxTokens: read.maxTokens(given.maxTokens, problems, "maxTokens"),
      model: read.model(given.model, problems, "model")
    }
    if (problems.length > 0) throw new InvalidOptions({ problems })
    const { [outer]: parent, [target]: asked } = given as Partial<ResolvedOptions>
    return new ResolvedOptions(values, deadline, parent, asked)
  }

  /** The options of a call that is handed on to the gate beneath. */
  static within(call: Call): ResolvedOptions {
    return new ResolvedOptions(call.options, call.options.deadline, call, call.options[target])
  }
}

const usual = ResolvedOptions.of({})

/** Passes a call through a gate: runs it now or later, or refuses it. */
export type Pass = <A, E, R>(options: CallOptions, call: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Rejection, R>

/**
 * Returned by a hook that keeps the call, until `call.proceed()` or `call.cut()`.
 *
 * @example
 * class Delayed extends Stage {
 *   readonly call: Call
 *
 *   constructor(call: Call) {
 *     super()
 *     this.call = call
 *   }
 *
 *   override enter(): typeof waits {
 *     queueMicrotask(() => this.call.proceed())
 *     return waits
 *   }
 * }
 *
 * const gate = Gate.policy(() => Effect.succeed((call: Call) => new Delayed(call))).pipe(Layer.provide(Gate.layerNoop))
 *
 * await Effect.runPromise(Effect.provide(Gate.pass({}, askModel), gate)) // => "an answer"
 */
export const waits: unique symbol = Symbol("headgate/waits")

/** The endpoint and model that a policy chose for an attempt. */
export interface Route extends Target {
  /** What the program has given for the endpoint. */
  readonly value: unknown
}

/** Bounds how often calls are tried again, so that a model that fails does not get several times the load. */
export interface Budget {
  /** Takes one attempt; returns whether there was one. */
  readonly spend: (at: number) => boolean
}

/** How an attempt, or a call, ended. */
export type End = Exit.Exit<unknown, unknown>

/** Makes a stage for each call that comes to the policy. Making one must change nothing. */
export interface Policy {
  (call: Call): Stage
  /** What calls wait for at this policy, for figures: one word. Default: `"policy"`. */
  readonly waitsFor?: string
  /** Whether a stage may be made before the first call, because that runs no code of the program. Default: `false`. */
  readonly hasSpecimen?: boolean
}

/** Lets a stage of headgate's own policy be made before the first call. */
export const withSpecimen = (policy: Policy): Policy => Object.assign(policy, { hasSpecimen: true })

/** Names what calls wait for at a policy of headgate. */
export const waitingFor = (waitsFor: string, policy: Policy): Policy =>
  Object.assign(policy, { waitsFor, hasSpecimen: policy.hasSpecimen ?? true })

/** Policies, and what lies beneath them. */
export interface Policies {
  /** The outermost first. */
  readonly policies: ReadonlyArray<Policy>
  /** The wrapper beneath the last of them, if there is one. */
  readonly floor: Pass | undefined
}

/**
 * A call's stage at one policy: what the policy has taken for the call, and its four hooks.
 *
 * Hooks are synchronous and must not run code of the program. What a stage takes, it gives back in `stop` or `leave`:
 * each stage that was entered is left exactly once. `start` and `stop` come in pairs, several if a policy beneath
 * repeats the call.
 *
 * @example
 * class Members extends Stage {
 *   readonly call: Call
 *
 *   constructor(call: Call) {
 *     super()
 *     this.call = call
 *   }
 *
 *   override enter() {
 *     return this.call.options.caller === "anonymous" ? new ShuttingDown({ retryAfter: undefined }) : undefined
 *   }
 * }
 *
 * const gate = Gate.policy(() => Effect.succeed((call: Call) => new Members(call))).pipe(Layer.provide(Gate.layerNoop))
 *
 * await Effect.runPromise(Effect.provide(Gate.pass({ caller: "ada" }, askModel), gate)) // => "an answer"
 */
// No fields here: a constructor that all policies share would slow each of them down (docs/decisions.md).
export abstract class Stage {
  /** What this call waits for here, if the policy waits for several things. Default: that of the policy. */
  declare readonly waitsFor?: string

  /**
   * The call comes: let it on (`undefined`), keep it (`waits`), or refuse it with a reason. After a refusal nothing may
   * be held.
   */
  enter(_at: number): Reason | typeof waits | void {}

  /** An attempt begins, the innermost policy first: take note, or refuse it at the last moment. */
  start(_at: number): Reason | void {}

  /** The work of an attempt has really ended, perhaps long after its call: once for each `start`. */
  stop(_at: number): void {}

  /**
   * The call goes back out, however it ended: pass the end on (`undefined`), replace it, or keep the call (`waits`).
   */
  leave(_end: End, _at: number): End | typeof waits | void {}
}

/** The stage of each call that a policy does nothing with. */
export const passing: Stage = new (class Passing extends Stage {})()

/** Milliseconds by what a call waited for (`Policy.waitsFor`). */
export type Waited = Readonly<Record<string, number>>

/** A call on its way down the policies and back, as a policy sees it. Times are milliseconds of the gate's clock. */
export interface Call {
  readonly options: ResolvedOptions
  /** The moment by which the call must have ended, or `Infinity`. A policy may only bring it forward. */
  deadlineAt: number
  /** Whether a policy further out repeats the call if it fails: then no other does. */
  retried: boolean
  /** What attempts beyond the first are taken from; `undefined` if no policy further out bounds them. */
  budget: Budget | undefined
  /** Where the attempt goes; `undefined` if no policy has chosen. */
  readonly route: Route | undefined
  /** Attempts that have started. */
  readonly attempts: number
  /** How the call ended; `undefined` until then. */
  readonly end: End | undefined
  /** How far a streamed answer has come; `undefined` if it is not streamed. */
  readonly progress: StreamProgress | undefined
  /** The tokens that the last attempt took, if the code that reads the answer knows them; policies ask the end else. */
  usage: TokenUsage | undefined
  /** Milliseconds that the call has waited, by what for (`Policy.waitsFor`); `undefined` if it has not. */
  readonly waited: Waited | undefined
  /** The time of this step. */
  now(): number
  /** Lets a waiting call go on; does nothing if it does not wait, or waits at another stage than the one named. */
  proceed(stage?: Stage): void
  /** Lets the call go through other policies than those beneath the stage, once it goes on. */
  goThrough(policies: Policies, route: Route, stage: Stage): void
  /**
   * Ends whatever the call does beneath the stage, with a refusal.
   *
   * The stages beneath see an interruption; this one and those around it see the refusal. Of several cuts the outermost
   * counts.
   */
  cut(stage: Stage, reason: Reason): void
}
