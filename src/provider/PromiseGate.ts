import { Formatter } from "effect"
import { type CallOptions, fields, ResolvedOptions } from "../Call.ts"
import * as Field from "../config/Field.ts"
import { InvalidOptions, type Problem } from "../config/InvalidOptions.ts"
import { type For, inspector, reader } from "../config/Options.ts"
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
      if (typeof work !== "function") {
        const value = Formatter.format(work)
        throw new InvalidOptions({ problems: [{ name: "work", value, allowed: "a function that returns the answer" }] })
      }
      const resolved = options === undefined ? ResolvedOptions.of(options) : resolvedOf(options)
      const signal = options?.signal
      if (signal?.aborted === true) return reject(signal.reason)
      new PromiseCall(this.#gateway, resolved, work, signal, resolve, reject).run()
    })
  }
}

const isMillis = (value: unknown): value is number => typeof value === "number" && value >= 0

const isSignal = (value: unknown): value is AbortSignal => value instanceof AbortSignal

const deadline = Field.optional(Field.value(isMillis, "milliseconds from 0, or Infinity", { example: "30000" }))
const signal = Field.optional(Field.value(isSignal, "an AbortSignal", { example: "AbortSignal.timeout(5000)" }))

const inspect = inspector({ ...fields, deadlineMs: deadline, signal } satisfies For<RunOptions>)
const readDeadline = reader(deadline)
const readSignal = reader(signal)

const resolvedOf = (options: RunOptions): ResolvedOptions => {
  const problems: Array<Problem> = []
  inspect(options, problems)
  readSignal(options?.signal, problems, "signal")
  return ResolvedOptions.decode(options ?? {}, readDeadline(options?.deadlineMs, problems, "deadlineMs"), problems)
}
