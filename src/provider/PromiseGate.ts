import { type CallOptions, ResolvedOptions } from "../Call.ts"
import { InvalidOptions } from "../config/InvalidOptions.ts"
import { Checker, type Names, shown } from "../config/Range.ts"
import { PromiseCall, type PromiseGateway, type PromiseWork } from "../engine/PromiseCall.ts"

/** Options of a call by a program without Effect; each has a default. */
export interface RunOptions extends Omit<CallOptions, "deadline"> {
  /**
   * Milliseconds that the call may take in all, waiting and retries included, from 0, or `Infinity`. Default: the
   * deadline of the gate.
   */
  readonly deadlineMs?: number | undefined
  /** Ends the call when the signal aborts. Default: none. */
  readonly signal?: AbortSignal | undefined
}

/** Passes promises through a gate. */
export class PromiseGate {
  readonly #gateway: PromiseGateway
  /** Keeps the shape of a call alive; see `Chain.specimens`. */
  readonly specimen: object

  constructor(gateway: PromiseGateway) {
    this.#gateway = gateway
    const nothing = () => {}
    this.specimen = new PromiseCall(gateway, ResolvedOptions.of({}), nothing, undefined, nothing, nothing)
  }

  /**
   * Runs the work when the gate admits it, and repeats it after a failure that may pass; a caller that aborts is
   * answered at once.
   */
  run<A>(work: PromiseWork<A>, options: RunOptions | undefined): Promise<A> {
    return new Promise((resolve, reject) => {
      const signal = options?.signal
      const resolved = options === undefined ? ResolvedOptions.of(options) : resolvedOf(options)
      if (signal !== undefined && signal.aborted) return reject(signal.reason)
      new PromiseCall(this.#gateway, resolved, work, signal, resolve, reject).run()
    })
  }
}

const names: Names<RunOptions> = {
  caller: true,
  purpose: true,
  priority: true,
  weight: true,
  permits: true,
  tokens: true,
  deadlineMs: true,
  signal: true
}

const resolvedOf = (options: RunOptions): ResolvedOptions => {
  const checker = new Checker()
  const { deadlineMs, signal, ...given } = checker.options(options, names)
  // Checked here, so that problems have the names of these options.
  if (deadlineMs !== undefined && !(typeof deadlineMs === "number" && deadlineMs >= 0)) {
    checker.problems.push(badDeadline(deadlineMs))
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) checker.problems.push(badSignal(signal))
  if (checker.problems.length > 0) throw new InvalidOptions({ problems: checker.problems })
  return ResolvedOptions.of({ ...given, deadline: deadlineMs })
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
