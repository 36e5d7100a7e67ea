import { Ask } from "../domain/Ask.ts"
import { InvalidOptions } from "../domain/InvalidOptions.ts"
import { Checker, type Names, shown } from "../domain/Range.ts"
import { type Entrance, PromiseCall } from "./PromiseCall.ts"


/** What a program may say of a call; every field has a default. */
export interface CallOptions {
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
  /** Milliseconds from now by which the call must have ended, from 0, or `Infinity`; the gate's default. */
  readonly deadlineMs?: number | undefined
  /** Ends the call when it aborts; none. */
  readonly signal?: AbortSignal | undefined
}

/** Passes promises through a gate. */

/** Passes promises through a gate. */
export class PromiseGate {
  readonly #entrance: Entrance
  readonly specimen: object

  constructor(entrance: Entrance) {
    this.#entrance = entrance
    this.specimen = new PromiseCall(entrance, Ask.make(), () => {}, undefined, () => {}, () => {})
  }

  /** Begins the work when the gate lets it, again if that may help; a caller that leaves is answered at once. */
  run<A>(work: (signal: AbortSignal) => PromiseLike<A> | A, options: CallOptions | undefined): Promise<A> {
    return new Promise((resolve, reject) => {
      const signal = options?.signal
      if (signal !== undefined && !(signal instanceof AbortSignal)) {
        return reject(new InvalidOptions({ problems: [badSignal(signal)] }))
      }
      if (signal !== undefined && signal.aborted) return reject(signal.reason)
      const ask = options === undefined ? Ask.make() : askOf(options)
      new PromiseCall(this.#entrance, ask, work, signal, resolve, reject).come()
    })
  }
}

const names: Names<CallOptions> = {
  caller: true,
  purpose: true,
  priority: true,
  weight: true,
  permits: true,
  tokens: true,
  deadlineMs: true,
  signal: true
}

const askOf = (options: CallOptions): Ask => {
  const checker = new Checker()
  const { caller, deadlineMs, permits, priority, purpose, tokens, weight } = checker.options(options, names)
  // Under the name its user knows.
  if (deadlineMs !== undefined && !(typeof deadlineMs === "number" && deadlineMs >= 0)) {
    checker.problems.push(badDeadline(deadlineMs))
  }
  if (checker.problems.length > 0) throw new InvalidOptions({ problems: checker.problems })
  return Ask.make({ caller, deadline: deadlineMs, permits, priority, purpose, tokens, weight })
}

const badSignal = (value: unknown) => ({
  name: "signal",
  value: shown(value),
  allowed: "an AbortSignal",
  example: "AbortSignal.timeout(5000)"
})

const badDeadline = (value: unknown) => ({
  name: "deadlineMs",
  value: shown(value),
  allowed: "milliseconds from 0, or Infinity",
  example: "30000"
})
