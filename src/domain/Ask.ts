import { Duration } from "effect"
import { InvalidOptions } from "./InvalidOptions.ts"
import { Checker, type Range } from "./Range.ts"

/** What a caller may say of a call; every field has a default. */
export interface Options {
  /** Who calls, for fairness and per-caller figures; `"anonymous"`. */
  readonly caller?: string | undefined
  /** A short label for calls of a kind (plan, act, ...); none. */
  readonly purpose?: string | undefined
  /** A whole number, lower goes first, 0 is the most urgent; 1. */
  readonly priority?: number | undefined
  /** The caller's share among callers, above 0; 1. */
  readonly weight?: number | undefined
  /** Slots of the concurrency limit that the call takes, a whole number from 1; 1. */
  readonly permits?: number | undefined
  /** Estimated tokens, prompt and completion together, from 0; 0. */
  readonly tokens?: number | undefined
  /** By when the call must have ended, counted from its arrival; none, so that the stack's default holds. */
  readonly deadline?: Duration.Input | undefined
}

const whole: Range = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER, whole: true, infinite: false, example: "1" }
const weights: Range = { minimum: 1e-6, maximum: 1e6, whole: false, infinite: false, example: "1" }
const deadlines: Range = {
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  whole: false,
  infinite: true,
  example: "30000"
}

/** What the gate knows of a call. Policies see this, never the prompt. */
export class Ask {
  readonly caller: string
  readonly purpose: string | undefined
  readonly priority: number
  readonly weight: number
  readonly permits: number
  readonly tokens: number
  /** Milliseconds from arrival, `Infinity` for no deadline, `undefined` if the caller named none. */
  readonly deadline: number | undefined
  /** The moment on the gate's clock by which the call must have ended, in milliseconds; `Infinity` until a Deadline sets it. */
  readonly until: number

  private constructor(fields: Fields) {
    this.caller = fields.caller
    this.purpose = fields.purpose
    this.priority = fields.priority
    this.weight = fields.weight
    this.permits = fields.permits
    this.tokens = fields.tokens
    this.deadline = fields.deadline
    this.until = fields.until
  }

  /** Makes an ask, and throws `InvalidOptions` for a value outside its range. */
  static make(options?: Options): Ask {
    if (options === undefined) return anonymous
    const checker = new Checker()
    const fields: Fields = {
      caller: options.caller ?? "anonymous",
      purpose: options.purpose,
      priority: options.priority === undefined ? 1 : checker.number("priority", options.priority, whole),
      weight: options.weight === undefined ? 1 : checker.number("weight", options.weight, weights),
      permits: options.permits === undefined ? 1 : checker.number("permits", options.permits, { ...whole, minimum: 1 }),
      tokens: options.tokens === undefined ? 0 : checker.number("tokens", options.tokens, { ...whole, whole: false }),
      deadline: options.deadline === undefined ? undefined : checker.duration("deadline", options.deadline, deadlines),
      until: Infinity
    }
    if (checker.problems.length > 0) throw new InvalidOptions({ problems: checker.problems })
    return new Ask(fields)
  }

  /** The same ask, to be over by a moment of the gate's clock. */
  endingBy(until: number): Ask {
    const { caller, deadline, permits, priority, purpose, tokens, weight } = this
    return new Ask({ caller, deadline, permits, priority, purpose, tokens, weight, until })
  }
}

type Fields = Omit<Ask, "endingBy">

const anonymous = Ask.make({})
