import { Effect, Random } from "effect"
import { type Call, type End, Stage } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { decode, type OptionsOf, type Values } from "../../config/Options.ts"
import * as Table from "../../config/Table.ts"
import * as Dynamic from "../../engine/Dynamic.ts"
import { Fifo, type Linked } from "../../engine/Fifo.ts"
import * as Keyed from "../../engine/Keyed.ts"
import { Timed, Timer, TimerQueue } from "../../engine/TimerQueue.ts"
import type * as Failure from "../../Failure.ts"
import { Gate } from "../../Gate.ts"
import type { Limits } from "../../Limits.ts"
import { Stats } from "../../Stats.ts"
import * as Verdict from "../../Verdict.ts"
import { Circuit } from "./Circuit.ts"
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
  /** Share of the open time by which it varies at random, 0 to 1. Default: 0. */
  jitter: Field.number(0, 1, { default: 0 }),
  /** Isolates and closes the circuit by hand. Default: none. */
  control: Field.optional(
    Field.value((value): value is Control => value instanceof Control, "a CircuitBreaker.Control")
  ),
  ...Verdict.fields,
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
    Effect.fnUntraced(function* () {
      const settings = yield* decode(fields, options)
      const { control, slowCallDuration, slowCallRate } = settings
      const random = yield* Random.Random
      const { record, watch } = yield* Stats.recorder
      const slowAfter = slowCallRate.binds ? slowCallDuration : Infinity
      const rules: Rules = { ...settings, record, slowAfter, timers: yield* TimerQueue.make }
      const clock = rules.timers.now
      const breakers = yield* Keyed.make(settings, (key) => {
        const breaker = new Breaker(rules, key, clock(), () => random.nextDoubleUnsafe())
        control?.join(breaker.circuit, clock())
        return breaker
      })
      yield* Dynamic.follow(settings, () => breakers.each(({ circuit }) => circuit.onThreshold(clock())))
      if (control !== undefined) yield* control.attach((act) => breakers.each(({ circuit }) => act(circuit, clock())))
      const limitsOf = ({ circuit }: Breaker): Limits => {
        watch(() => ({ maxFailures: rules.maxFailures.current, circuitRetryAfterMs: circuit.openFor(clock()) }))
        return {
          probes: (at) => circuit.state(at) === "half-open",
          refusal: (_options, at) => (circuit.admits(at) ? undefined : circuit.refusal(at))
        }
      }
      return breakers.policy("circuit", (call, breaker) => new GuardedAttempt(call, breaker), limitsOf)
    })
  )

interface Rules extends Values<typeof fields> {
  readonly record: Stats["Service"]["record"]
  readonly timers: TimerQueue
  /** The time after which a running attempt is slow; `Infinity` if slow calls are not counted. */
  readonly slowAfter: number
}

/** A circuit, and the admitted calls that have not started. */
class Breaker implements Keyed.State {
  readonly circuit: Circuit
  readonly waiting = new Fifo<GuardedAttempt>()
  readonly rules: Rules
  /** Attempts that were admitted and have not ended. */
  attempts = 0
  readonly #key: string | undefined

  constructor(rules: Rules, key: string | undefined, at: number, random: () => number) {
    this.circuit = new Circuit(rules, at, random, (at) => this.#onChange(at))
    this.rules = rules
    this.#key = key
  }

  isIdle(at: number): boolean {
    return this.attempts === 0 && this.circuit.state(at) !== "open"
  }

  #onChange(at: number): void {
    const { circuit } = this
    const { failures } = circuit
    const [state, cause, openFor] = [circuit.state(at), circuit.cause(at), circuit.openFor(at)]
    this.rules.record({ _tag: "Circuit", state, failures, cause, openFor, key: this.#key, at })
    if (state === "open") for (const attempt of this.waiting) attempt.call.cut(attempt, circuit.refusal(at))
  }
}

/** An attempt on its way through the circuit: admitted, waiting beneath, started, ended. */
class GuardedAttempt extends Stage implements Linked<GuardedAttempt>, Verdict.Judged {
  readonly call: Call
  readonly #breaker: Breaker
  previous: GuardedAttempt | undefined = undefined
  next: GuardedAttempt | undefined = undefined
  #ticket = 0
  startedAt = NaN
  #slowness: Slowness | undefined = undefined
  #isSlow = false
  /** Fires when a probe has taken too long. */
  #lapse: Timer | undefined = undefined

  constructor(call: Call, breaker: Breaker) {
    super()
    this.call = call
    this.#breaker = breaker
  }

  override enter(at: number) {
    const breaker = this.#breaker
    const ticket = breaker.circuit.admit(at)
    if (ticket === undefined) return breaker.circuit.refusal(at)
    this.#ticket = ticket
    breaker.attempts++
    breaker.waiting.add(this)
    return undefined
  }

  override start(at: number) {
    const { circuit, rules, waiting } = this.#breaker
    waiting.remove(this)
    // A Retry beneath makes several attempts in one stage, which count as one.
    if (!circuit.start(this.#ticket, at, !Number.isNaN(this.startedAt))) return circuit.refusal(at)
    this.startedAt = at
    if (rules.probes > 1) this.#watchProbe(at)
    if (rules.slowAfter === Infinity || this.#slowness !== undefined) return undefined
    this.#slowness = new Slowness(this)
    rules.timers.set(this.#slowness, at, rules.slowAfter)
    return undefined
  }

  /** Looks at the circuit when the time of this probe is over: others may wait beneath, and are refused if it opens. */
  #watchProbe(at: number): void {
    const { circuit, rules } = this.#breaker
    if (rules.probeTimeout === Infinity || circuit.state(at) !== "half-open") return
    this.#lapse ??= new Timer((at) => void circuit.state(at))
    rules.timers.cancel(this.#lapse)
    rules.timers.set(this.#lapse, at, rules.probeTimeout)
  }

  /** The attempt has run for `slowCallDuration`. */
  onSlow(at: number): void {
    if (this.call.progress?.firstChunk === true) return
    this.#isSlow = true
    this.#breaker.circuit.slow(this.#ticket, at)
  }

  override leave(end: End, at: number) {
    const { rules, waiting } = this.#breaker
    this.#breaker.attempts--
    waiting.remove(this)
    if (this.#lapse !== undefined) rules.timers.cancel(this.#lapse)
    if (this.#slowness !== undefined) rules.timers.cancel(this.#slowness)
    Verdict.judge(rules, this, end, at)
  }

  onVerdict(verdict: Failure.Verdict, retryAfter: number, at: number): void {
    const progress = this.#isSlow ? "slow" : Number.isNaN(this.startedAt) ? "waiting" : "running"
    this.#breaker.circuit.record(verdict, this.#ticket, at, progress, retryAfter)
  }
}

/** Tells an attempt that it has become slow. */
class Slowness extends Timed {
  readonly #attempt: GuardedAttempt

  constructor(attempt: GuardedAttempt) {
    super()
    this.#attempt = attempt
  }

  override fire(at: number): void {
    this.#attempt.onSlow(at)
  }
}
