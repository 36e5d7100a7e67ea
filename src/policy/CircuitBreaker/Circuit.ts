import { Duration } from "effect"
import { clockResolution } from "../../engine/Time.ts"
import type { Verdict } from "../../Failure.ts"
import { CircuitOpen } from "../../Rejection.ts"
import type { CircuitCause, CircuitState } from "../../stats/Event.ts"
import { Outcomes, type Progress, type Threshold, type Thresholds } from "./Outcomes.ts"

type State =
  | { readonly _tag: "closed"; readonly outcomes: Outcomes }
  | { readonly _tag: "open"; readonly until: number }
  /** `probes` holds when each probe counts as failed, by its ticket: `Infinity` until it starts. */
  | { readonly _tag: "half-open"; readonly probes: Map<number, number>; succeeded: number; failed: number }

export interface Settings extends Thresholds {
  /** How long the circuit stays open, in milliseconds. */
  readonly openDuration: Threshold
  /** The bound up to which the open time doubles each time the circuit opens again; `undefined` if it does not grow. */
  readonly maxOpenDuration: number | undefined
  /** The share of the open time by which it varies. */
  readonly jitter: number
  /** Probes of a half-open circuit, and the successes among them that close it; `undefined` for all of them. */
  readonly probes: number
  readonly probeSuccesses: number | undefined
  /** How long a started probe may take before it counts as failed, in milliseconds. */
  readonly probeTimeout: number
}

/**
 * The state machine of a circuit breaker (Nygard, "Release It!"). It reads time and sets no timer that could be lost.
 *
 * An admitted attempt has a ticket, and tickets fence late results: while the circuit is closed all have that of the
 * present generation, and each probe has one of its own.
 */
export class Circuit {
  readonly settings: Settings
  readonly #probeSuccesses: number
  readonly #random: () => number
  readonly #onChange: (at: number) => void
  #state: State
  #generation = 0
  #tickets = 0
  #isolations = 0
  /** Failures that counted when the circuit last opened. */
  #failures = 0
  /** Why the circuit last opened. */
  #cause: CircuitCause = "failures"
  /** The moment until which the model asks to be left alone. */
  #notBefore = -Infinity
  /** Openings since the circuit was last closed for as long as it had been open, and how long that was. */
  #openings = 0
  #lastOpenTime = 0
  #closedAt = -Infinity

  constructor(settings: Settings, now: number, random: () => number, onChange: (at: number) => void) {
    this.settings = settings
    this.#probeSuccesses = Math.min(settings.probeSuccesses ?? settings.probes, settings.probes)
    this.#state = { _tag: "closed", outcomes: new Outcomes(settings, now) }
    this.#random = random
    this.#onChange = onChange
  }

  get failures(): number {
    return this.#state._tag === "closed" ? this.#state.outcomes.failures : this.#failures
  }

  /** Why the circuit is open; `undefined` if it is not. */
  cause(now: number): CircuitCause | undefined {
    if (this.state(now) !== "open") return undefined
    return this.#isolations > 0 ? "isolated" : this.#cause
  }

  state(now: number): CircuitState {
    if (this.#state._tag !== "closed") this.#settle(now)
    return this.#isolations > 0 ? "open" : this.#state._tag
  }

  /** Milliseconds until a probe is admitted; `undefined` if the circuit is not open, or is isolated. */
  openFor(now: number): number | undefined {
    this.#settle(now)
    return this.#state._tag === "open" && this.#isolations === 0 ? this.#state.until - now : undefined
  }

  /** The refusal of an attempt that is not admitted. */
  refusal(now: number): CircuitOpen {
    const wait = this.openFor(now)
    const cause = this.cause(now)
    return new CircuitOpen({
      retryAfter: wait === undefined ? undefined : Duration.millis(wait),
      ...((cause === "slow calls" || cause === "isolated") && { cause })
    })
  }

  /** Whether an attempt would be admitted. */
  admits(now: number): boolean {
    if (this.#isolations > 0) return false
    if (this.#state._tag === "closed") return true
    this.#settle(now)
    if (this.#state._tag !== "half-open") return false
    const { failed, probes, succeeded } = this.#state
    return probes.size + succeeded + failed < this.settings.probes
  }

  /** Admits an attempt, as a probe if the circuit is half-open; returns its ticket. */
  admit(now: number): number | undefined {
    if (!this.admits(now)) return undefined
    if (this.#state._tag !== "half-open") return this.#generation
    this.#state.probes.set(++this.#tickets, Infinity)
    return this.#tickets
  }

  /** Notes that an admitted attempt starts, or starts once more; returns false if its ticket is no longer valid. */
  start(ticket: number, now: number, isRepeated = false): boolean {
    if (this.#isolations > 0) return false
    if (this.#state._tag === "closed") {
      if (ticket !== this.#generation) return false
      if (!isRepeated) this.#state.outcomes.start()
      return true
    }
    this.#settle(now)
    if (this.#state._tag !== "half-open" || !this.#state.probes.has(ticket)) return false
    // The time of a probe counts from its start: the wait for a permit says nothing about the model.
    this.#state.probes.set(ticket, now + this.settings.probeTimeout)
    return true
  }

  /** Notes that an attempt which runs has become slow: a probe that does has failed. */
  slow(ticket: number, now: number): void {
    this.#settle(now)
    const state = this.#state
    if (state._tag === "half-open" && state.probes.delete(ticket)) this.#probeFailed(state, now)
    else if (state._tag === "closed" && ticket === this.#generation) {
      state.outcomes.slow()
      this.#check(now)
    }
  }

  /**
   * Counts the end of an admitted attempt. Only a success closes the circuit; a probe without a verdict frees its slot.
   * A failure may ask to be left alone for so many milliseconds.
   */
  record(verdict: Verdict, ticket: number, now: number, progress: Progress, retryAfter = 0): void {
    // The path of nearly every call: a success, and no failures to forget.
    if (verdict !== "failure" && this.#isQuiet) return
    // The time of a probe may be over.
    this.#settle(now)
    const state = this.#state
    if (state._tag === "closed" ? ticket !== this.#generation : state._tag === "open" || !state.probes.delete(ticket)) {
      return
    }
    if (verdict === "failure") this.#notBefore = Math.max(this.#notBefore, now + retryAfter)
    if (state._tag === "closed") this.#count(state.outcomes, verdict, progress, now)
    else if (state._tag === "half-open" && verdict === "failure") this.#probeFailed(state, now)
    else if (state._tag === "half-open" && verdict === "success") {
      if (++state.succeeded >= this.#probeSuccesses) this.close(now)
    }
  }

  /** Keeps the circuit open, whatever its state is, until it is released as often as it was isolated. */
  isolate(now: number): void {
    if (++this.#isolations === 1) this.#onChange(now)
  }

  release(now: number): void {
    if (--this.#isolations === 0) this.#onChange(now)
  }

  /** Closes the circuit, with nothing remembered of what went before. */
  close(now: number): void {
    if (this.#state._tag !== "closed") this.#closedAt = now
    this.#notBefore = -Infinity
    this.#generation = ++this.#tickets
    this.#become({ _tag: "closed", outcomes: new Outcomes(this.settings, now) }, now)
  }

  /** Opens the circuit if a threshold that has changed is reached; the state and what is remembered stay. */
  onThreshold(now: number): void {
    this.#settle(now)
    this.#check(now)
  }

  get #isQuiet(): boolean {
    return this.#state._tag === "closed" && !this.#state.outcomes.hasRates && this.#state.outcomes.failures === 0
  }

  #count(outcomes: Outcomes, verdict: Verdict, progress: Progress, now: number): void {
    const before = this.failures
    outcomes.end(verdict, progress, now)
    // A success may bring the attempts to their minimum, and is no reason to open.
    const isOpened = verdict === "failure" && this.#check(now)
    // A circuit that never opens tells nothing.
    const mayOpen = outcomes.hasRates || this.settings.maxFailures.current < Infinity
    if (!isOpened && this.failures !== before && mayOpen) this.#onChange(now)
  }

  /** Opens a closed circuit if a threshold is reached; returns whether it did. */
  #check(now: number): boolean {
    if (this.#state._tag !== "closed") return false
    const cause = this.#state.outcomes.reached(now)
    if (cause === undefined) return false
    this.#failures = this.failures
    this.#cause = cause
    this.#open(now)
    return true
  }

  #probeFailed(state: Extract<State, { readonly _tag: "half-open" }>, now: number): void {
    // Once too few probes are left, the circuit need not wait for them.
    if (++state.failed <= this.settings.probes - this.#probeSuccesses) return
    this.#cause = "probe"
    this.#open(now)
  }

  #open(now: number): void {
    const { jitter, maxOpenDuration } = this.settings
    const openDuration = this.settings.openDuration.current
    if (this.#state._tag === "closed" && now - this.#closedAt >= this.#lastOpenTime) this.#openings = 0
    const most = maxOpenDuration === undefined ? Infinity : Math.max(openDuration, maxOpenDuration)
    const grown = maxOpenDuration === undefined ? openDuration : Math.min(openDuration * 2 ** this.#openings, most)
    this.#lastOpenTime = Math.min(grown * (1 + jitter * (2 * this.#draw(jitter) - 1)), most)
    this.#openings++
    this.#become({ _tag: "open", until: Math.max(now + this.#lastOpenTime, this.#notBefore) }, now)
  }

  #draw(jitter: number): number {
    return jitter === 0 ? 0.5 : this.#random()
  }

  /** Makes the changes that are due by time. */
  #settle(now: number): void {
    for (let state = this.#state; ; state = this.#state) {
      if (state._tag === "half-open") {
        const due = overdue(state.probes, now + clockResolution)
        if (due === undefined) return
        this.#probeFailed(state, due)
        if (this.#state === state) continue
      } else if (state._tag === "open" && now >= state.until - clockResolution) {
        this.#become({ _tag: "half-open", probes: new Map(), succeeded: 0, failed: 0 }, state.until)
      } else return
    }
  }

  #become(state: State, now: number): void {
    this.#state = state
    this.#onChange(now)
  }
}

/** Takes out the probe whose time was over first; returns when that was. */
const overdue = (probes: Map<number, number>, now: number): number | undefined => {
  let first: number | undefined
  for (const [ticket, due] of probes) if (due <= now && due < (probes.get(first ?? -1) ?? Infinity)) first = ticket
  if (first === undefined) return undefined
  const due = probes.get(first)
  probes.delete(first)
  return due
}
