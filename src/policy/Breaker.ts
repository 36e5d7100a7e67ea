import { Cause, Duration, Effect, Exit } from "effect"
import * as Failure from "../domain/Failure.ts"
import * as FailureKind from "../domain/FailureKind.ts"
import * as Range from "../domain/Range.ts"
import { CircuitOpen } from "../domain/Rejection.ts"
import { Circuit } from "../internal/Circuit.ts"
import { grain, now, type Now } from "../internal/Time.ts"
import { Stats } from "../Stats.ts"
import { type Call, type End, Stay } from "../engine/Call.ts"
import { Gate } from "../Gate.ts"

export interface Options {
  /** Failed attempts in a row that open the circuit, a whole number from 1 to 1000000, or `Infinity` for never. */
  readonly maxFailures: number
  /** How long the circuit stays open before a probe, 1 ms to a day. */
  readonly timeout: Duration.Input
  /** How long a probe may take before it counts as failed, 1 ms to a day; 60 s. */
  readonly probeTimeout?: Duration.Input | undefined
  /** How long an attempt must have run to count as failed when its call's deadline cuts it, 1 ms to a day; 10 s. */
  readonly slowAfter?: Duration.Input | undefined
  /** Judges an ended attempt; `Failure.classify` by default. Interruption by the caller never comes here. */
  readonly classify?: ((exit: Exit.Exit<unknown, unknown>) => Failure.Verdict) | undefined
}

const names: Range.Names<Options> = {
  maxFailures: true,
  timeout: true,
  probeTimeout: true,
  slowAfter: true,
  classify: true
}

/** Stops calling a model that keeps failing, and lets one call at a time try again when the open time is over. */
export const layer = (options: Options) =>
  Gate.stays(
    Effect.fnUntraced(function* () {
      const checker = new Range.Checker()
      const given = checker.options(options, names)
      const maxFailures = checker.number("maxFailures", given.maxFailures, Range.failures)
      const openFor = checker.duration("timeout", given.timeout, Range.finiteMillis)
      const probeTimeout = checker.duration("probeTimeout", given.probeTimeout, Range.millis, 60_000)
      const slowAfter = checker.duration("slowAfter", given.slowAfter, Range.millis, 10_000)
      const classify = checker.function("classify", given.classify, Failure.classify)
      yield* checker.done
      const stats = yield* Stats.recorder
      if (maxFailures === Infinity) {
        stats.watch(() => ({ maxFailures }))
        return (call: Call) => new Told(call, classify, stats.record)
      }
      const breaker = new Guard({ maxFailures, openFor, probeTimeout }, slowAfter, classify, yield* now, stats.record)
      stats.watch(() => ({ maxFailures, circuitRetryAfterMs: breaker.retryAfter() }))
      return (call: Call) => new Attempt(call, breaker)
    })
  )

type Record = Stats["Service"]["record"]
type Classify = (exit: End) => Failure.Verdict

const tell = (record: Record, exit: End) => {
  const kind = FailureKind.of(exit)
  if (kind !== undefined) record({ _tag: "AttemptFailed", kind })
}

const isInterrupted = (exit: End) => Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)

/** Of a circuit that never opens: an attempt whose failure is told. */
class Told extends Stay {
  readonly call: Call
  readonly #classify: Classify
  readonly #record: Record

  constructor(call: Call, classify: Classify, record: Record) {
    super()
    this.call = call
    this.#classify = classify
    this.#record = record
  }

  override leave(exit: End) {
    if (Exit.isFailure(exit) && !isInterrupted(exit) && this.#classify(exit) !== "success") tell(this.#record, exit)
    return undefined
  }
}

/** A circuit, and the calls it has admitted that have not started. */
class Guard {
  readonly circuit: Circuit
  readonly waiting = new Set<Attempt>()
  readonly clock: Now
  readonly #slowAfter: number
  readonly #classify: Classify
  readonly #record: Record

  constructor(settings: ConstructorParameters<typeof Circuit>[0], slowAfter: number, classify: Classify, clock: Now, record: Record) {
    this.clock = clock
    this.#slowAfter = slowAfter
    this.#classify = classify
    this.#record = record
    this.circuit = new Circuit(settings, (at) => this.#changed(at))
  }

  retryAfter(at = this.clock()): number | undefined {
    return this.circuit.state(at) === "open" ? this.circuit.openFor(at) : undefined
  }

  refusal(at: number): CircuitOpen {
    const wait = this.retryAfter(at)
    return new CircuitOpen({ retryAfter: wait === undefined ? undefined : Duration.millis(wait) })
  }

  /** What an ended attempt says of the model, if anything. */
  judge(exit: End, until: number, startedAt: number, at: number): Failure.Verdict | undefined {
    const verdict = this.#verdict(exit, until, startedAt, at)
    if (verdict === "failure" || verdict === "ignored") tell(this.#record, exit)
    return verdict
  }

  #verdict(exit: End, until: number, startedAt: number, at: number): Failure.Verdict | undefined {
    if (!isInterrupted(exit)) return this.#classify(exit)
    // A caller that leaves says nothing of the model; one whose time ran out does, if the model had long enough.
    return at >= until - grain && at - startedAt >= this.#slowAfter ? "failure" : undefined
  }

  #changed(at: number): void {
    const { circuit } = this
    const state = circuit.state(at)
    const openFor = this.retryAfter(at)
    this.#record({ _tag: "Circuit", state, failures: circuit.failures, at, ...(openFor !== undefined && { openFor }) })
    if (state === "open") for (const attempt of this.waiting) attempt.call.cut(attempt, this.refusal(at))
  }
}

/** An attempt on its way through the circuit: admitted, waiting beneath, started, ended. */
class Attempt extends Stay {
  readonly call: Call
  readonly #guard: Guard
  #generation = 0
  #startedAt = NaN

  constructor(call: Call, guard: Guard) {
    super()
    this.call = call
    this.#guard = guard
  }

  override enter(at: number) {
    const { circuit, clock, waiting } = this.#guard
    if (!circuit.admit(clock)) return this.#guard.refusal(at)
    this.#generation = circuit.generation
    waiting.add(this)
    return undefined
  }

  override start(at: number) {
    const { circuit, clock, waiting } = this.#guard
    waiting.delete(this)
    if (!circuit.start(this.#generation, clock)) return this.#guard.refusal(at)
    this.#startedAt = at
    return undefined
  }

  override leave(exit: End, at: number) {
    const { circuit, clock, waiting } = this.#guard
    const startedAt = this.#startedAt
    const started = !Number.isNaN(startedAt)
    if (!started) waiting.delete(this)
    const verdict = started ? this.#guard.judge(exit, this.call.until, startedAt, at) : undefined
    if (verdict === undefined) circuit.forgo(this.#generation, clock)
    else circuit.record(verdict, this.#generation, clock)
    return undefined
  }
}
