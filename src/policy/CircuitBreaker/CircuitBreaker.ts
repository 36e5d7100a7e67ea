import { Cause, Duration, Effect, Exit, Random } from "effect"
import { type Call, type End, type ResolvedOptions, Stage } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { decode, type OptionsOf, type Values } from "../../config/Options.ts"
import * as Table from "../../config/Table.ts"
import * as Dynamic from "../../engine/Dynamic.ts"
import { Fifo, type Linked } from "../../engine/Fifo.ts"
import * as Keyed from "../../engine/Keyed.ts"
import { now } from "../../engine/Time.ts"
import { type Lane, type Timed, Timer, TimerQueue } from "../../engine/TimerQueue.ts"
import * as Failure from "../../Failure.ts"
import * as FailureKind from "../../FailureKind.ts"
import { Gate } from "../../Gate.ts"
import { CircuitOpen } from "../../Rejection.ts"
import type { Event } from "../../stats/Event.ts"
import { Stats } from "../../Stats.ts"
import * as Verdict from "../../Verdict.ts"
import { Circuit, type Settings } from "./Circuit.ts"
import { Control } from "./Control.ts"

export { Control } from "./Control.ts"

const rate = Field.number(1e-6, 1, { infinite: true, default: Infinity, example: "0.5" })

const fields = {
  /**
   * Failed attempts that open the circuit, a whole number from 1 to 1000000, or `Infinity` for never; follows a
   * `SubscriptionRef`, as `openDuration`, `failureRate`, `slowCallRate` and `minimumCalls` do.
   */
  maxFailures: Dynamic.field(Table.circuitBreaker.maxFailures),
  /** How long the circuit stays open before a probe, 1 ms to a day. */
  openDuration: Dynamic.field(Table.circuitBreaker.timeout),
  /** The time within which `maxFailures` are counted, 1 ms to a day; `Infinity` counts them in a row. Default: `Infinity`. */
  within: Field.duration({ infinite: true, default: Infinity }),
  /** Share of failures among the attempts that ended in the `window`, above 0 to 1, or `Infinity`. Default: `Infinity`. */
  failureRate: Dynamic.optional(rate),
  /** Share of slow ones among the attempts in the `window`, those that run included, above 0 to 1, or `Infinity`. Default: `Infinity`. */
  slowCallRate: Dynamic.optional(rate),
  /** Attempts in the `window` before a rate opens the circuit, a whole number from 1 to 1000000. Default: 10. */
  minimumCalls: Dynamic.optional(Field.integer(1, 1_000_000, { default: 10 })),
  /** The time over which rates are taken, 1 ms to a day. Default: 60 s. */
  window: Field.duration({ default: 60_000 }),
  /**
   * How long an attempt must have run, to the first chunk if it streams, to count as slow, and to count as failed when
   * its call's deadline ends it; 1 ms to a day, or `Infinity`. Default: 10 s.
   */
  slowCallDuration: Field.duration({ infinite: true, default: 10_000 }),
  /** Bound up to which the open time doubles each time the circuit opens again, 1 ms to a day. Default: it does not grow. */
  maxOpenDuration: Field.optional(Field.duration()),
  /** Share of the open time by which it varies at random, 0 to 1. Default: 0. */
  jitter: Field.number(0, 1, { default: 0 }),
  /** How long a failure asks callers to wait; the circuit stays open at least as long, an hour at most. Default: `Failure.retryAfterOf`. */
  retryAfter: Field.func<(error: unknown) => Duration.Duration | undefined>({ default: Failure.retryAfterOf }),
  /** Attempts that probe the model when the open time is over, a whole number from 1 to 1000. Default: 1. */
  probes: Field.integer(1, 1000, { default: 1 }),
  /** Successful probes that close the circuit, a whole number from 1 to `probes`. Default: all of them. */
  probeSuccesses: Field.optional(Field.integer(1, 1000)),
  /** How long a probe may take before it counts as failed, 1 ms to a day, or `Infinity`. Default: 60 s. */
  probeTimeout: Field.duration({ infinite: true, default: 60_000 }),
  /** Judges an ended attempt that its caller did not interrupt. Default: `Failure.classify`. */
  classify: Field.func<(end: Exit.Exit<unknown, unknown>) => Failure.Verdict>({ default: Failure.classify }),
  /** Isolates and closes the circuit by hand. Default: none. */
  control: Field.optional(
    Field.value((value): value is Control => value instanceof Control, "a CircuitBreaker.Control")
  ),
  ...Keyed.fields
}

export interface Options extends OptionsOf<typeof fields> {}

/**
 * Stops calling a model that keeps failing, and lets a few calls probe it when the open time is over.
 *
 * The circuit opens after `maxFailures` failures in a row or `within` some time, at a share of failures
 * (`failureRate`), or of slow attempts (`slowCallRate`). While it is open, calls fail with `CircuitOpen` on arrival;
 * calls that wait beneath fail in the tick in which it opens. Only probes that succeed close it. The breaker judges
 * started attempts by what the policies beneath make of their end: an attempt ended by its timeout is a failure; a
 * refusal, a 429 or another 4xx, a programming error and a caller's interruption give no verdict. Attempts admitted
 * before the circuit last changed its state change nothing.
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
      const rules = yield* decode(fields, options)
      const clock = yield* now
      const { control } = rules
      const random = yield* Random.Random
      const { record, watch } = yield* Stats.recorder
      const timers = yield* TimerQueue.make
      const breakers = yield* Keyed.make(rules, (key) => {
        const note: Record = (event) =>
          record(event._tag === "Circuit" && key !== undefined ? { ...event, key } : event)
        const breaker = new Breaker(rules, clock(), () => random.nextDoubleUnsafe(), note, timers)
        control?.join(breaker.circuit, clock())
        return breaker
      })
      for (const name of followed) {
        yield* rules[name].follow((value) => breakers.each(({ circuit }) => circuit.change({ [name]: value }, clock())))
      }
      if (control !== undefined) yield* control.attach((act) => breakers.each(({ circuit }) => act(circuit, clock())))
      const policy = breakers.policy((call, key) => new GuardedAttempt(call, breakers, key))
      // The circuit of one key is not that of the gate.
      if (breakers.isKeyed) return policy
      const breaker = breakers.of("")
      const { circuit } = breaker
      watch(() => ({ maxFailures: rules.maxFailures.current, circuitRetryAfterMs: circuit.openFor(clock()) }))
      return {
        policy,
        probes: (at: number) => circuit.state(at) === "half-open",
        refusal: (options: ResolvedOptions, at: number) =>
          circuit.admits(at) ? beneath.refusal?.(options, at) : breaker.refusal(at)
      }
    })
  )

const followed = ["maxFailures", "openDuration", "failureRate", "slowCallRate", "minimumCalls"] as const

type Rules = Values<typeof fields>
type Record = (event: Extract<Event, { readonly _tag: "Circuit" | "AttemptFailed" }>) => void

const settingsOf = (rules: Rules): Settings => {
  const { failureRate, jitter, maxFailures, maxOpenDuration, minimumCalls, openDuration, slowCallRate } = rules
  const { probes, probeSuccesses = probes, probeTimeout, window, within } = rules
  return {
    maxFailures: maxFailures.current,
    within,
    failureRate: failureRate.current,
    slowCallRate: slowCallRate.current,
    minimumCalls: minimumCalls.current,
    window,
    hasRates: [failureRate, slowCallRate].some(({ changes, current }) => changes || current < Infinity),
    openDuration: openDuration.current,
    maxOpenDuration,
    jitter,
    probes,
    probeSuccesses: Math.min(probeSuccesses, probes),
    probeTimeout
  }
}

/** A circuit, and the admitted calls that have not started. */
class Breaker implements Keyed.State {
  readonly circuit: Circuit
  readonly waiting = new Fifo<GuardedAttempt>()
  readonly timers: TimerQueue
  readonly rules: Rules
  /** The time after which a running attempt is slow; `Infinity` if slow calls are not counted. */
  readonly slowAfter: number
  /** Attempts that were admitted and have not ended. */
  attempts = 0
  readonly #record: Record

  constructor(rules: Rules, at: number, random: () => number, record: Record, timers: TimerQueue) {
    this.circuit = new Circuit(settingsOf(rules), at, random, (at) => this.#onChange(at))
    this.rules = rules
    this.timers = timers
    const { slowCallDuration, slowCallRate } = rules
    this.slowAfter = slowCallRate.changes || slowCallRate.current < Infinity ? slowCallDuration : Infinity
    this.#record = record
  }

  isIdle(at: number): boolean {
    return this.attempts === 0 && this.circuit.state(at) !== "open"
  }

  refusal(at: number): CircuitOpen {
    const wait = this.circuit.openFor(at)
    const retryAfter = wait === undefined ? undefined : Duration.millis(wait)
    const cause = this.circuit.cause(at)
    return cause === "slow calls" || cause === "isolated"
      ? new CircuitOpen({ retryAfter, cause })
      : new CircuitOpen({ retryAfter })
  }

  /** Judges an attempt that has ended, and reports its failure. */
  verdict(end: End, deadlineAt: number, startedAt: number, at: number): Failure.Verdict {
    const verdict = Verdict.of(this.rules, end, deadlineAt, startedAt, at)
    const hasLeft = verdict === "ignored" && Exit.isFailure(end) && Cause.hasInterruptsOnly(end.cause)
    const kind = Exit.isSuccess(end) || verdict === "success" || hasLeft ? undefined : FailureKind.of(end)
    if (kind !== undefined) this.#record({ _tag: "AttemptFailed", kind })
    return verdict
  }

  /** Milliseconds for which a failure asks callers to wait. */
  retryAfter(end: End): number {
    return Verdict.retryAfter(this.rules, end)
  }

  #onChange(at: number): void {
    const { circuit } = this
    const [state, cause, openFor] = [circuit.state(at), circuit.cause(at), circuit.openFor(at)]
    this.#record({
      _tag: "Circuit",
      state,
      failures: circuit.failures,
      at,
      ...(cause !== undefined && { cause }),
      ...(openFor !== undefined && { openFor })
    })
    if (state === "open") for (const attempt of this.waiting) attempt.call.cut(attempt, this.refusal(at))
  }
}

/** An attempt on its way through the circuit: admitted, waiting beneath, started, ended. */
class GuardedAttempt extends Stage implements Linked<GuardedAttempt> {
  readonly call: Call
  readonly #breakers: Keyed.States<Breaker>
  readonly #key: string
  #breaker: Breaker | undefined = undefined
  previous: GuardedAttempt | undefined = undefined
  next: GuardedAttempt | undefined = undefined
  #ticket = 0
  #startedAt = NaN
  #slowness: Slowness | undefined = undefined
  /** Fires when a probe has taken too long. */
  #lapse: Timer | undefined = undefined

  constructor(call: Call, breakers: Keyed.States<Breaker>, key: string) {
    super()
    this.call = call
    this.#breakers = breakers
    this.#key = key
  }

  override enter(at: number) {
    const breaker = this.#breakers.of(this.#key)
    const ticket = breaker.circuit.admit(at)
    if (ticket === undefined) return breaker.refusal(at)
    this.#breaker = breaker
    this.#ticket = ticket
    breaker.attempts++
    breaker.waiting.add(this)
    return undefined
  }

  override start(at: number) {
    const { circuit, rules, slowAfter, timers, waiting } = this.#breaker!
    waiting.remove(this)
    // A Retry beneath makes several attempts in one stage, which count as one.
    if (!circuit.start(this.#ticket, at, !Number.isNaN(this.#startedAt))) return this.#breaker!.refusal(at)
    this.#startedAt = at
    if (rules.probes > 1) this.#watchProbe(at)
    if (slowAfter === Infinity || this.#slowness !== undefined) return undefined
    this.#slowness = new Slowness(this, timers)
    timers.set(this.#slowness, at, slowAfter)
    return undefined
  }

  /** Looks at the circuit when the time of this probe is over: others may wait beneath, and are refused if it opens. */
  #watchProbe(at: number): void {
    const { circuit, rules, timers } = this.#breaker!
    if (rules.probeTimeout === Infinity || circuit.state(at) !== "half-open") return
    this.#lapse ??= new Timer((at) => void circuit.state(at))
    timers.cancel(this.#lapse)
    timers.set(this.#lapse, at, rules.probeTimeout)
  }

  /** The attempt has run for `slowCallDuration`; returns whether it is slow. */
  onSlow(at: number): boolean {
    if (this.call.progress?.firstChunk === true) return false
    this.#breaker!.circuit.slow(this.#ticket, at)
    return true
  }

  override leave(end: End, at: number) {
    const breaker = this.#breaker!
    const { circuit, waiting } = breaker
    const startedAt = this.#startedAt
    const hasStarted = !Number.isNaN(startedAt)
    breaker.attempts--
    waiting.remove(this)
    if (this.#lapse !== undefined) breaker.timers.cancel(this.#lapse)
    const isSlow = this.#slowness?.end() === true
    let verdict: Failure.Verdict = "ignored"
    let retryAfter = 0
    try {
      if (hasStarted) verdict = breaker.verdict(end, this.call.deadlineAt, startedAt, at)
      if (verdict === "failure") retryAfter = breaker.retryAfter(end)
    } finally {
      // A function of the options that throws must not keep the slot of a probe.
      circuit.record(verdict, this.#ticket, at, isSlow ? "slow" : hasStarted ? "running" : "waiting", retryAfter)
    }
    return undefined
  }
}

/** Tells an attempt that it has become slow. */
class Slowness implements Timed {
  at = NaN
  lane: Lane | undefined = undefined
  previous: Timed | undefined = undefined
  next: Timed | undefined = undefined
  readonly #attempt: GuardedAttempt
  readonly #timers: TimerQueue
  #isSlow = false

  constructor(attempt: GuardedAttempt, timers: TimerQueue) {
    this.#attempt = attempt
    this.#timers = timers
  }

  fire(at: number): void {
    this.#isSlow = this.#attempt.onSlow(at)
  }

  /** The attempt has ended; returns whether it was slow. */
  end(): boolean {
    this.#timers.cancel(this)
    return this.#isSlow
  }
}
