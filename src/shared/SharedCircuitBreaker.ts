import { Cause, Duration, Effect, Exit } from "effect"
import { type Call, type End, type ResolvedOptions, Stage, waits, withSpecimen } from "../Call.ts"
import * as Field from "../config/Field.ts"
import { decode, type OptionsOf, type Values } from "../config/Options.ts"
import * as Table from "../config/Table.ts"
import * as Dynamic from "../engine/Dynamic.ts"
import { Fifo, type Linked } from "../engine/Fifo.ts"
import { clockResolution, now, type Now } from "../engine/Time.ts"
import * as Failure from "../Failure.ts"
import * as FailureKind from "../FailureKind.ts"
import { Gate } from "../Gate.ts"
import { CircuitOpen } from "../Rejection.ts"
import { Stats } from "../Stats.ts"
import * as Verdict from "../Verdict.ts"
import { type Limits, named } from "./Differences.ts"
import type { Client, Link } from "./Link.ts"
import type { Admission, CircuitEvent, CircuitRules, CircuitView, Message } from "./Port.ts"
import { SharedStore } from "./SharedStore.ts"

const fields = {
  /** Failed attempts in a row, of all replicas, that open the circuit, a whole number from 1 to 1000000, or `Infinity`; follows a `SubscriptionRef`. */
  maxFailures: Dynamic.field(Table.circuitBreaker.maxFailures),
  /** How long the circuit stays open before a probe, 1 ms to a day. */
  openDuration: Dynamic.field(Table.circuitBreaker.timeout),
  /** Bound up to which the open time doubles each time the circuit opens again, 1 ms to a day. Default: it does not grow. */
  maxOpenDuration: Field.optional(Field.duration()),
  /** How long an attempt must have run to count as failed when its call's deadline ends it, 1 ms to a day, or `Infinity`. Default: 10 s. */
  slowCallDuration: Field.duration({ infinite: true, default: 10_000 }),
  /** How long a failure asks callers to wait; the circuit stays open at least as long, an hour at most. Default: `Failure.retryAfterOf`. */
  retryAfter: Field.func<(error: unknown) => Duration.Duration | undefined>({ default: Failure.retryAfterOf }),
  /** Attempts of all replicas that probe the model when the open time is over, a whole number from 1 to 1000. Default: 1. */
  probes: Field.integer(1, 1000, { default: 1 }),
  /** Successful probes that close the circuit, a whole number from 1 to `probes`. Default: all of them. */
  probeSuccesses: Field.optional(Field.integer(1, 1000)),
  /** How long a probe may take before it counts as failed, 1 ms to a day, or `Infinity`. Default: 60 s. */
  probeTimeout: Field.duration({ infinite: true, default: 60_000 }),
  /** Judges an ended attempt that its caller did not interrupt. Default: `Failure.classify`. */
  classify: Field.func<(end: Exit.Exit<unknown, unknown>) => Failure.Verdict>({ default: Failure.classify }),
  /** Tells circuits of one store apart. Default: `default`. */
  name: Field.label("name", { default: "default" })
}

export interface Options extends OptionsOf<typeof fields> {}

type Settings = Values<typeof fields>

/**
 * Stops all replicas from calling a model that keeps failing, and lets a few calls of all replicas together probe it.
 *
 * Each replica has a view of the one circuit, which the store keeps current: while it is closed, a call asks nothing.
 * Failures are reported when they happen, and a success that ends a row of them.
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* (beneath) {
      const settings = yield* decode(fields, options)
      const link = yield* SharedStore
      const clock = yield* now
      const { record, watch } = yield* Stats.recorder
      const breaker = new SharedBreaker(settings, link, clock, record)
      yield* settings.maxFailures.follow()
      yield* settings.openDuration.follow()
      link.join(breaker)
      yield* Effect.addFinalizer(() => Effect.sync(() => link.leave(breaker)))
      yield* breaker.load
      watch(() => ({ maxFailures: settings.maxFailures.current, circuitRetryAfterMs: breaker.openFor(clock()) }))
      return {
        policy: withSpecimen((call) => new GuardedAttempt(call, breaker)),
        probes: () => !breaker.isClosed,
        refusal: (options: ResolvedOptions, at: number) =>
          breaker.isRefused(at) ? breaker.refusal(at) : beneath.refusal?.(options, at)
      }
    })
  )

const unknown: CircuitView = { state: "closed", version: -Infinity, generation: NaN, failures: 0, wait: 0 }

/** A replica's view of the circuit. */
class SharedBreaker implements Client {
  readonly #settings: Settings
  readonly #link: Link
  readonly #now: Now
  readonly #record: Stats["Service"]["record"]
  /** Admitted calls that have not started. */
  readonly waiting = new Fifo<GuardedAttempt>()
  /** Tickets of probes here. */
  readonly probes = new Set<number>()
  #view = unknown
  /** When a probe may be admitted. */
  #probeAt = -Infinity
  /** Reports on their way: a success must be told too. */
  #reports = 0
  /** Whether another store answers since the last view. */
  #isSwitched = false

  constructor(settings: Settings, link: Link, clock: Now, record: Stats["Service"]["record"]) {
    this.#settings = settings
    this.#link = link
    this.#now = clock
    this.#record = record
  }

  get limits(): Limits {
    const { maxFailures, name, openDuration } = this.#settings
    return named(name, {
      "failures that open the circuit": maxFailures.current,
      "open time of the circuit, ms": openDuration.current
    })
  }

  get isClosed(): boolean {
    return this.#view.state === "closed"
  }

  /** Milliseconds until a probe may be admitted; `undefined` if the circuit is not open. */
  openFor(at: number): number | undefined {
    return this.#view.state === "open" && this.#probeAt > at ? this.#probeAt - at : undefined
  }

  get generation(): number {
    return this.#view.generation
  }

  /** Whether a call is refused without the store being asked. */
  isRefused(at: number): boolean {
    return !this.isClosed && this.#probeAt > at + clockResolution
  }

  refusal(at: number): CircuitOpen {
    return new CircuitOpen({ retryAfter: Duration.millis(Math.max(0, this.#probeAt - at)) })
  }

  /** Asks for the slot of a probe. */
  admit(attempt: GuardedAttempt): void {
    this.#send({ _tag: "admit" }, (admission) => attempt.onAdmission(admission))
  }

  started(ticket: number): void {
    if (this.probes.has(ticket)) this.#send({ _tag: "start", ticket })
  }

  ended(ticket: number, verdict: Failure.Verdict, retryAfter: number): void {
    const isProbe = this.probes.delete(ticket)
    const isNews = verdict === "failure" || (verdict === "success" && (this.#view.failures > 0 || this.#reports > 0))
    if (!isProbe && !(isNews && this.isClosed)) return
    if (this.#settings.maxFailures.current === Infinity && !isProbe) return
    this.#reports++
    this.#send({ _tag: "end", ticket, verdict, retryAfter }, () => this.#reports--)
  }

  /** Judges an attempt that has ended, and reports its failure. */
  verdict(end: End, deadlineAt: number, startedAt: number, at: number): Failure.Verdict {
    const verdict = Verdict.of(this.#settings, end, deadlineAt, startedAt, at)
    const hasLeft = verdict === "ignored" && Exit.isFailure(end) && Cause.hasInterruptsOnly(end.cause)
    const kind = Exit.isSuccess(end) || verdict === "success" || hasLeft ? undefined : FailureKind.of(end)
    if (kind !== undefined) this.#record({ _tag: "AttemptFailed", kind })
    return verdict
  }

  /** Milliseconds for which a failure asks callers to wait. */
  retryAfter(end: End): number {
    return Verdict.retryAfter(this.#settings, end)
  }

  onMessage(message: Message): void {
    if (message._tag === "circuit" && message.name === this.#settings.name) this.#see(message.view)
  }

  /** Reads the state of the circuit for the first time. */
  get load(): Effect.Effect<void> {
    const view = this.#link.query((port) => port.circuit(this.#rules, { _tag: "read" }))
    return Effect.map(view, (admission) => this.#see(admission))
  }

  /** Another store has another circuit, with tickets of its own; the replica's own goes on with what was seen last. */
  onSwitch(): void {
    const wait = Math.max(0, this.#probeAt - this.#now())
    this.#reports = 0
    this.probes.clear()
    this.#isSwitched = true
    this.#send(this.#link.isUp ? { _tag: "read" } : { _tag: "adopt", view: { ...this.#view, wait } })
  }

  onBeat(): void {
    this.#send(this.probes.size > 0 ? { _tag: "renew", tickets: [...this.probes] } : { _tag: "read" })
  }

  #send(event: CircuitEvent, answer: (admission: Admission) => void = () => {}): void {
    this.#link.ask(
      (port) => port.circuit(this.#rules, event),
      (admission) => {
        this.#see(admission)
        answer(admission)
      }
    )
  }

  get #rules(): CircuitRules {
    const { maxFailures, maxOpenDuration = 0, name, openDuration, probes, probeSuccesses = probes } = this.#settings
    return {
      name,
      maxFailures: maxFailures.current,
      openDuration: openDuration.current,
      maxOpenDuration,
      probes,
      probeSuccesses: Math.min(probeSuccesses, probes),
      probeTimeout: this.#settings.probeTimeout,
      lease: this.#link.lease
    }
  }

  #see(view: CircuitView): void {
    const before = this.#view
    if (view.version < before.version && !this.#isSwitched) return
    const at = this.#now()
    this.#view = view
    if (this.#isSwitched && view.state === "closed")
      for (const attempt of this.waiting) attempt.reissue(view.generation)
    this.#isSwitched = false
    this.#probeAt = at + view.wait
    if (view.state === before.state && view.failures === before.failures) return
    const { failures, state, wait } = view
    this.#record({
      _tag: "Circuit",
      state,
      failures,
      at,
      ...(state === "open" && { cause: "failures", openFor: wait })
    })
    if (state === "open") for (const attempt of this.waiting) attempt.call.cut(attempt, this.refusal(at))
  }
}

/** An attempt on its way through the circuit: admitted, waiting beneath, started, ended. */
class GuardedAttempt extends Stage implements Linked<GuardedAttempt> {
  readonly call: Call
  readonly #breaker: SharedBreaker
  previous: GuardedAttempt | undefined = undefined
  next: GuardedAttempt | undefined = undefined
  #ticket: number | undefined = undefined
  #startedAt = NaN
  #hasLeft = false

  constructor(call: Call, breaker: SharedBreaker) {
    super()
    this.call = call
    this.#breaker = breaker
  }

  override enter(at: number) {
    const breaker = this.#breaker
    if (breaker.isRefused(at)) return breaker.refusal(at)
    if (!breaker.isClosed) {
      breaker.admit(this)
      return waits
    }
    this.#ticket = breaker.generation
    breaker.waiting.add(this)
    return undefined
  }

  /** The store has admitted the attempt, or has not. */
  onAdmission({ generation, ticket }: Admission): void {
    const breaker = this.#breaker
    if (ticket === 0) return this.call.cut(this, breaker.refusal(this.call.now()))
    if (ticket !== generation) breaker.probes.add(ticket)
    if (this.#hasLeft) return breaker.ended(ticket, "ignored", 0)
    this.#ticket = ticket
    breaker.waiting.add(this)
    this.call.proceed(this)
  }

  /** Another store has admitted the attempt, with a ticket of its own. */
  reissue(ticket: number): void {
    this.#ticket = ticket
  }

  override start(at: number) {
    const breaker = this.#breaker
    const ticket = this.#ticket!
    breaker.waiting.remove(this)
    const isValid = breaker.probes.has(ticket) || (breaker.isClosed && ticket === breaker.generation)
    if (!isValid) return breaker.refusal(at)
    this.#startedAt = at
    breaker.started(ticket)
    return undefined
  }

  override leave(end: End, at: number) {
    const breaker = this.#breaker
    this.#hasLeft = true
    breaker.waiting.remove(this)
    if (this.#ticket === undefined) return undefined
    let verdict: Failure.Verdict = "ignored"
    let retryAfter = 0
    try {
      if (!Number.isNaN(this.#startedAt)) verdict = breaker.verdict(end, this.call.deadlineAt, this.#startedAt, at)
      if (verdict === "failure") retryAfter = breaker.retryAfter(end)
    } finally {
      // A function of the options that throws must not keep the slot of a probe.
      breaker.ended(this.#ticket, verdict, retryAfter)
    }
    return undefined
  }
}
