import { Duration } from "effect"
import { InvalidOptions } from "./InvalidOptions.ts"
import * as Label from "./Label.ts"
import { Checker, type Names, type Range, shown } from "./Range.ts"

/** What a caller may say of a call; every field has a default. */
export interface Options {
  /** Who calls, for fairness and per-caller figures, in 1 to 64 characters; `"anonymous"`. */
  readonly caller?: string | undefined
  /** A label of 1 to 64 characters for calls of a kind (plan, act, ...); none. */
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

const names: Names<Options> = {
  caller: true,
  purpose: true,
  priority: true,
  weight: true,
  permits: true,
  tokens: true,
  deadline: true
}

const whole: Range = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER, whole: true, infinite: false, example: "1" }
const some: Range = { ...whole, minimum: 1 }
const amount: Range = { ...whole, whole: false }
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
    const given = checker.options(options, names)
    const fields: Fields = {
      caller: given.caller === undefined ? "anonymous" : labelOf(checker, "caller", given.caller, "name"),
      purpose: given.purpose === undefined ? undefined : labelOf(checker, "purpose", given.purpose, "label"),
      priority: checker.number("priority", given.priority, whole, 1),
      weight: checker.number("weight", given.weight, weights, 1),
      permits: checker.number("permits", given.permits, some, 1),
      tokens: checker.number("tokens", given.tokens, amount, 0),
      deadline: given.deadline === undefined ? undefined : checker.duration("deadline", given.deadline, deadlines),
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

/** Labels over HTTP and in the library are the same. */
const labelOf = (checker: Checker, name: string, text: string, kind: string): string => {
  const label = Label.parse(text)
  if (label === undefined) {
    const allowed = `a ${kind} of ${Label.allowed}`
    checker.problems.push({ name, value: shown(text), allowed, example: '"ada"' })
  }
  return label ?? text
}

type Fields = Omit<Ask, "endingBy">

const anonymous = Ask.make({})
