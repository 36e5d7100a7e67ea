import { clockResolution } from "../../engine/Time.ts"
import type { Verdict } from "../../Failure.ts"
import type { CircuitState } from "../../stats/Event.ts"

type State =
  | { readonly _tag: "closed"; readonly failures: number }
  | { readonly _tag: "open"; readonly until: number }
  /** `probing` while a probe has the slot; at `due` it counts as failed. */
  | { readonly _tag: "half-open"; readonly probing: boolean; readonly due: number }

export interface Settings {
  /** Consecutive failures that open the circuit. */
  readonly maxFailures: number
  /** How long it stays open, in milliseconds. */
  readonly openDuration: number
  /** How long a started probe may take before it counts as failed, in milliseconds. */
  readonly probeTimeout: number
}

/**
 * The state machine of a circuit breaker (Nygard, "Release It!"). It reads time and sets no timer that could be lost.
 */
export class Circuit {
  readonly #settings: Settings
  readonly #onChange: (at: number) => void
  #state: State = { _tag: "closed", failures: 0 }
  #generation = 0

  constructor(settings: Settings, onChange: (at: number) => void) {
    this.#settings = settings
    this.#onChange = onChange
  }

  /** Counts changes of the state: attempts admitted under an earlier one must not change anything. */
  get generation(): number {
    return this.#generation
  }

  get failures(): number {
    return this.#state._tag === "closed" ? this.#state.failures : this.#settings.maxFailures
  }

  state(now: number): CircuitState {
    this.#settle(now)
    return this.#state._tag
  }

  /** Milliseconds until a probe is admitted; `undefined` if the circuit is closed or the probe is due. */
  openFor(now: number): number | undefined {
    this.#settle(now)
    return this.#state._tag === "open" ? this.#state.until - now : undefined
  }

  /** Whether a call would be admitted. */
  admits(now: number): boolean {
    if (this.#state._tag === "closed") return true
    this.#settle(now)
    return this.#state._tag === "half-open" && !this.#state.probing
  }

  /** Admits a call, as the probe if the circuit is half-open; returns whether it did. */
  admit(now: number): boolean {
    if (this.#state._tag === "closed") return true
    this.#settle(now)
    if (this.#state._tag !== "half-open" || this.#state.probing) return false
    this.#become({ _tag: "half-open", probing: true, due: Infinity }, now)
    return true
  }

  /** Notes that an admitted call starts; returns false if the state has changed since it was admitted. */
  start(generation: number, now: number): boolean {
    if (this.#state._tag === "closed") return generation === this.#generation
    this.#settle(now)
    if (generation !== this.#generation) return false
    // The time of a probe counts from its start: the wait for a permit says nothing about the model.
    if (this.#state._tag === "half-open") this.#state = { ...this.#state, due: now + this.#settings.probeTimeout }
    return true
  }

  /**
   * Counts the end of an admitted call. Only a success closes the circuit; a probe without a verdict frees its slot.
   */
  record(verdict: Verdict, generation: number, now: number): void {
    // The path of nearly every call: a success, and no failures to forget.
    if (verdict !== "failure" && this.#state._tag === "closed" && this.#state.failures === 0) return
    // The time of a probe may be over.
    this.#settle(now)
    if (generation !== this.#generation) return
    if (verdict === "failure") this.#fail(now)
    else if (this.#state._tag === "closed") {
      if (verdict === "success") this.#count(0, now)
    } else if (verdict === "success") this.#become({ _tag: "closed", failures: 0 }, now)
    else this.#become({ _tag: "half-open", probing: false, due: Infinity }, now)
  }

  #fail(now: number): void {
    const failures = this.failures + 1
    if (this.#state._tag === "closed" && failures < this.#settings.maxFailures) this.#count(failures, now)
    else this.#become({ _tag: "open", until: now + this.#settings.openDuration }, now)
  }

  /** Makes the changes that are due by time. */
  #settle(now: number): void {
    if (this.#state._tag === "half-open" && now >= this.#state.due) {
      this.#become({ _tag: "open", until: this.#state.due + this.#settings.openDuration }, this.#state.due)
    }
    if (this.#state._tag === "open" && now >= this.#state.until - clockResolution) {
      this.#become({ _tag: "half-open", probing: false, due: Infinity }, this.#state.until)
    }
  }

  #count(failures: number, now: number): void {
    // A circuit that never opens counts nothing.
    if (failures === this.failures || this.#settings.maxFailures === Infinity) return
    this.#state = { _tag: "closed", failures }
    this.#onChange(now)
  }

  #become(state: State, now: number): void {
    this.#state = state
    this.#generation++
    this.#onChange(now)
  }
}
