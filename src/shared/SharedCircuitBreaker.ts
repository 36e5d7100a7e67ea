import { Duration, Effect } from "effect"
import { type Call, type End, Stage, waits, withSpecimen } from "../Call.ts"
import * as Field from "../config/Field.ts"
import { decode, type OptionsOf, type Values } from "../config/Options.ts"
import * as Table from "../config/Table.ts"
import * as Dynamic from "../engine/Dynamic.ts"
import { Fifo, type Linked } from "../engine/Fifo.ts"
import { clockResolution, now, type Now } from "../engine/Time.ts"
import type * as Failure from "../Failure.ts"
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
  ...Verdict.fields,
  /** Tells circuits of one store apart. Default: `default`. */
  name: Field.label("name", { default: "default" })
}

export interface Options extends OptionsOf<typeof fields> {}

interface Rules extends Values<typeof fields> {
  readonly record: Stats["Service"]["record"]
}

/**
 * Stops all replicas from calling a model that keeps failing, and lets a few calls of all replicas together probe it.
 *
 * Each replica has a view of the one circuit, which the store keeps current: while it is closed, a call asks nothing.
 * Failures are reported when they happen, and a success that ends a row of them.
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* () {
      const settings = yield* decode(fields, options)
      const link = yield* SharedStore
      const clock = yield* now
      const { record, watch } = yield* Stats.recorder
      const breaker = new SharedBreaker({ ...settings, record }, link, clock)
      yield* Dynamic.follow(settings)
      link.join(breaker)
      yield* Effect.addFinalizer(() => Effect.sync(() => link.leave(breaker)))
      yield* breaker.load
      watch(() => ({ maxFailures: settings.maxFailures.current, circuitRetryAfterMs: breaker.openFor(clock()) }))
      return {
        policy: withSpecimen((call) => new GuardedAttempt(call, breaker)),
        probes: () => !breaker.isClosed,
        refusal: (_options, at) => (breaker.isRefused(at) ? breaker.refusal(at) : undefined)
      }
    })
  )

const unknown: CircuitView = { state: "closed", version: -Infinity, generation: NaN, failures: 0, wait: 0 }

/** A replica's view of the circuit. */
class SharedBreaker implements Client {
  readonly rules: Rules
  readonly #link: Link
  readonly #now: Now
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

  constructor(rules: Rules, link: Link, clock: Now) {
    this.rules = rules
    this.#link = link
    this.#now = clock
  }

  get limits(): Limits {
    const { maxFailures, name, openDuration } = this.rules
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
    if (this.rules.maxFailures.current === Infinity && !isProbe) return
    this.#reports++
    this.#send({ _tag: "end", ticket, verdict, retryAfter }, () => this.#reports--)
  }

  onMessage(message: Message): void {
    if (message._tag === "circuit" && message.name === this.rules.name) this.#see(message.view)
  }

  /** Reads the state of the circuit for the first time. */
  get load(): Effect.Effect<void> {
    const view = this.#link.query((port) => port.circuit(this.#circuitRules, { _tag: "read" }))
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
      (port) => port.circuit(this.#circuitRules, event),
      (admission) => {
        this.#see(admission)
        answer(admission)
      }
    )
  }

  get #circuitRules(): CircuitRules {
    const { maxFailures, maxOpenDuration = 0, name, openDuration, probes, probeSuccesses = probes } = this.rules
    return {
      name,
      maxFailures: maxFailures.current,
      openDuration: openDuration.current,
      maxOpenDuration,
      probes,
      probeSuccesses: Math.min(probeSuccesses, probes),
      probeTimeout: this.rules.probeTimeout,
      lease: this.#link.lease
    }
  }

  #see(view: CircuitView): void {
    const before = this.#view
    if (view.version < before.version && !this.#isSwitched) return
    const at = this.#now()
    this.#view = view
    this.#isSwitched = false
    // Another store has another generation, and so has one that forgot everything: what has not started is not late.
    if (view.state === "closed" && view.generation !== before.generation)
      for (const attempt of this.waiting) attempt.reissue(view.generation)
    this.#probeAt = at + view.wait
    if (view.state === before.state && view.failures === before.failures) return
    const { failures, state, wait } = view
    const opening = state === "open" ? ({ cause: "failures", openFor: wait } as const) : undefined
    this.rules.record({ _tag: "Circuit", state, failures, at, ...opening })
    if (state === "open") for (const attempt of this.waiting) attempt.call.cut(attempt, this.refusal(at))
  }
}

/** An attempt on its way through the circuit: admitted, waiting beneath, started, ended. */
class GuardedAttempt extends Stage implements Linked<GuardedAttempt>, Verdict.Judged {
  readonly call: Call
  readonly #breaker: SharedBreaker
  previous: GuardedAttempt | undefined = undefined
  next: GuardedAttempt | undefined = undefined
  #ticket: number | undefined = undefined
  startedAt = NaN
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

  /** Takes the ticket of a closed circuit, unless it is a probe. */
  reissue(ticket: number): void {
    if (!this.#breaker.probes.has(this.#ticket!)) this.#ticket = ticket
  }

  override start(at: number) {
    const breaker = this.#breaker
    const ticket = this.#ticket!
    breaker.waiting.remove(this)
    const isValid = breaker.probes.has(ticket) || (breaker.isClosed && ticket === breaker.generation)
    if (!isValid) return breaker.refusal(at)
    this.startedAt = at
    breaker.started(ticket)
    return undefined
  }

  override leave(end: End, at: number) {
    const breaker = this.#breaker
    this.#hasLeft = true
    breaker.waiting.remove(this)
    if (this.#ticket !== undefined) Verdict.judge(breaker.rules, this, end, at)
  }

  onVerdict(verdict: Failure.Verdict, retryAfter: number): void {
    this.#breaker.ended(this.#ticket!, verdict, retryAfter)
  }
}
