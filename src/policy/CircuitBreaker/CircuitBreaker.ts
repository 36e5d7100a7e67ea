import { Cause, Duration, Effect, Exit } from "effect"
import { type Call, type End, Stage } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { decode, type OptionsOf, type Values } from "../../config/Options.ts"
import * as Table from "../../config/Table.ts"
import * as Dynamic from "../../engine/Dynamic.ts"
import { Fifo, type Linked } from "../../engine/Fifo.ts"
import { clockResolution, now } from "../../engine/Time.ts"
import * as Failure from "../../Failure.ts"
import * as FailureKind from "../../FailureKind.ts"
import { Gate } from "../../Gate.ts"
import { CircuitOpen } from "../../Rejection.ts"
import { Stats } from "../../Stats.ts"
import { Circuit } from "./Circuit.ts"

const fields = {
  /**
   * Consecutive failed attempts that open the circuit, a whole number from 1 to 1000000, or `Infinity` for never; follows
   * a `SubscriptionRef`.
   */
  maxFailures: Dynamic.field(Table.circuitBreaker.maxFailures),
  /** How long the circuit stays open before a probe, 1 ms to a day; follows a `SubscriptionRef`. */
  openDuration: Dynamic.field(Table.circuitBreaker.timeout),
  /** How long a probe may take before it counts as failed, 1 ms to a day, or `Infinity`. Default: 60 s. */
  probeTimeout: Field.duration({ infinite: true, default: 60_000 }),
  /**
   * How long an attempt must have run to count as failed when its call's deadline ends it, 1 ms to a day. Default: 10
   * s.
   */
  slowCallDuration: Field.duration({ infinite: true, default: 10_000 }),
  /** Judges an ended attempt that its caller did not interrupt. Default: `Failure.classify`. */
  classify: Field.func<(end: Exit.Exit<unknown, unknown>) => Failure.Verdict>({ default: Failure.classify })
}

export interface Options extends OptionsOf<typeof fields> {}

/**
 * Stops calling a model that keeps failing, and lets one call at a time probe it when the open time is over.
 *
 * While the circuit is open, calls fail with `CircuitOpen` on arrival; calls that wait beneath fail in the tick in
 * which it opens. Only a probe that succeeds closes it. The breaker judges started attempts by what the policies
 * beneath make of their end: an attempt ended by its timeout is a failure; a refusal, a 429 or another 4xx, a
 * programming error and a caller's interruption give no verdict. Attempts admitted before the circuit last changed its
 * state change nothing.
 *
 * @example
 * const gate = CircuitBreaker.layer({ maxFailures: 1, openDuration: "30 seconds" }).pipe(Layer.provide(Gate.layerNoop))
 * const call = Gate.pass({}, askBrokenModel).pipe(
 *   Effect.catchReason("Rejection", "CircuitOpen", ({ code }) => Effect.succeed(code)),
 *   Effect.catch(({ message }) => Effect.succeed(message))
 * )
 *
 * const two = Effect.all([call, call])
 *
 * await Effect.runPromise(Effect.provide(two, gate)) // => ["The model answered 503", "circuit_open"]
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* (beneath) {
      const settings = yield* decode(fields, options)
      const clock = yield* now
      const { record, watch } = yield* Stats.recorder
      const breaker = new Breaker(settings, record)
      watch(() => ({
        maxFailures: settings.maxFailures.current,
        circuitRetryAfterMs: breaker.circuit.openFor(clock())
      }))
      yield* settings.maxFailures.follow()
      yield* settings.openDuration.follow()
      return {
        policy: (call: Call) => new GuardedAttempt(call, breaker),
        probes: (at) => breaker.circuit.state(at) === "half-open",
        refusal: (options, at) => (breaker.circuit.admits(at) ? beneath.refusal?.(options, at) : breaker.refusal(at))
      }
    })
  )

/** A circuit, and the admitted calls that have not started. */
class Breaker {
  readonly circuit: Circuit
  readonly waiting = new Fifo<GuardedAttempt>()
  readonly #settings: Values<typeof fields>
  readonly #record: Stats["Service"]["record"]

  constructor(settings: Values<typeof fields>, record: Stats["Service"]["record"]) {
    const { maxFailures, openDuration, probeTimeout } = settings
    const current = {
      probeTimeout,
      get maxFailures() {
        return maxFailures.current
      },
      get openDuration() {
        return openDuration.current
      }
    }
    this.circuit = new Circuit(current, (at) => this.#onChange(at))
    this.#settings = settings
    this.#record = record
  }

  refusal(at: number): CircuitOpen {
    const wait = this.circuit.openFor(at)
    return new CircuitOpen({ retryAfter: wait === undefined ? undefined : Duration.millis(wait) })
  }

  /** Judges an attempt that has ended, and reports its failure. */
  verdict(end: End, deadlineAt: number, startedAt: number, at: number): Failure.Verdict {
    const { classify, slowCallDuration } = this.#settings
    if (Exit.isSuccess(end)) return classify(end)
    const interrupted = Cause.hasInterruptsOnly(end.cause)
    // A caller that leaves says nothing about the model; a deadline does, if the model had long enough.
    const slow = at >= deadlineAt - clockResolution && at - startedAt >= slowCallDuration
    if (interrupted && !slow) return "ignored"
    const verdict = interrupted ? "failure" : classify(end)
    const kind = verdict === "success" ? undefined : FailureKind.of(end)
    if (kind !== undefined) this.#record({ _tag: "AttemptFailed", kind })
    return verdict
  }

  #onChange(at: number): void {
    const { circuit } = this
    const state = circuit.state(at)
    const openFor = circuit.openFor(at)
    this.#record({ _tag: "Circuit", state, failures: circuit.failures, at, ...(openFor !== undefined && { openFor }) })
    if (state === "open") for (const attempt of this.waiting) attempt.call.cut(attempt, this.refusal(at))
  }
}

/** An attempt on its way through the circuit: admitted, waiting beneath, started, ended. */
class GuardedAttempt extends Stage implements Linked<GuardedAttempt> {
  readonly call: Call
  readonly #breaker: Breaker
  previous: GuardedAttempt | undefined = undefined
  next: GuardedAttempt | undefined = undefined
  #generation = 0
  #startedAt = NaN

  constructor(call: Call, breaker: Breaker) {
    super()
    this.call = call
    this.#breaker = breaker
  }

  override enter(at: number) {
    const { circuit, waiting } = this.#breaker
    if (!circuit.admit(at)) return this.#breaker.refusal(at)
    this.#generation = circuit.generation
    waiting.add(this)
    return undefined
  }

  override start(at: number) {
    const { circuit, waiting } = this.#breaker
    waiting.remove(this)
    if (!circuit.start(this.#generation, at)) return this.#breaker.refusal(at)
    this.#startedAt = at
    return undefined
  }

  override leave(end: End, at: number) {
    const { circuit, waiting } = this.#breaker
    const startedAt = this.#startedAt
    waiting.remove(this)
    let verdict: Failure.Verdict = "ignored"
    try {
      if (!Number.isNaN(startedAt)) verdict = this.#breaker.verdict(end, this.call.deadlineAt, startedAt, at)
    } finally {
      // A `classify` that throws must not keep the slot of a probe.
      circuit.record(verdict, this.#generation, at)
    }
    return undefined
  }
}
