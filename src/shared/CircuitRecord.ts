import type { Admission, CircuitEvent, CircuitRules, CircuitView } from "./Port.ts"

interface Probe {
  readonly lease: number
  /** When it counts as failed; `Infinity` until it starts. */
  readonly due: number
}

type Ended = Extract<CircuitEvent, { readonly _tag: "end" }>

/** The state of a circuit that replicas share: see the script of the Redis store, which it mirrors. */
export class CircuitRecord {
  #state: Admission["state"] = "closed"
  #version: number
  #generation: number
  #tickets: number
  #failures = 0
  #until = 0
  #openings = 0
  #lastOpenTime = 0
  #closedAt = -Infinity
  #notBefore = -Infinity
  #succeeded = 0
  #failed = 0
  readonly #probes = new Map<number, Probe>()

  constructor(now: number) {
    const first = Math.floor(now * 8)
    this.#generation = first
    this.#tickets = first
    this.#version = first
  }

  /** Makes the changes that are due by time, and then what follows from the event. */
  apply(rules: CircuitRules, event: CircuitEvent, now: number): { admission: Admission; changed: boolean } {
    const before = this.#version
    this.#settle(rules, now)
    const ticket = event._tag === "admit" ? this.#admit(rules, now) : 0
    if (event._tag === "start" && this.#probes.has(event.ticket)) {
      this.#probes.set(event.ticket, { lease: now + rules.lease, due: now + rules.probeTimeout })
    } else if (event._tag === "renew") {
      for (const one of event.tickets) {
        const probe = this.#probes.get(one)
        if (probe !== undefined) this.#probes.set(one, { ...probe, lease: now + rules.lease })
      }
    } else if (event._tag === "end") this.#end(rules, event, now)
    else if (event._tag === "adopt") this.#adopt(event.view, now)
    return { admission: this.#view(rules, ticket, now), changed: this.#version !== before }
  }

  #view({ lease, probes }: CircuitRules, ticket: number, now: number): Admission {
    const ends = Array.from(this.#probes.values(), (probe) => probe.lease - now)
    const untilFree = this.#used >= probes ? Math.min(lease, ...ends) : 0
    return {
      state: this.#state,
      version: this.#version,
      generation: this.#generation,
      failures: this.#failures,
      wait: this.#state === "open" ? this.#until - now : this.#state === "half-open" ? untilFree : 0,
      ticket
    }
  }

  get #used(): number {
    return this.#probes.size + this.#succeeded + this.#failed
  }

  #admit({ lease, probes }: CircuitRules, now: number): number {
    if (this.#state === "closed") return this.#generation
    if (this.#state === "open" || this.#used >= probes) return 0
    this.#probes.set(++this.#tickets, { lease: now + lease, due: Infinity })
    this.#version++
    return this.#tickets
  }

  #end(rules: CircuitRules, { retryAfter, ticket, verdict }: Ended, now: number): void {
    const isProbe = this.#state === "half-open" && this.#probes.delete(ticket)
    const counts = isProbe || (this.#state === "closed" && ticket === this.#generation)
    if (!counts) return
    if (isProbe || verdict === "failure" || (verdict === "success" && this.#failures > 0)) this.#version++
    if (verdict === "failure") this.#notBefore = Math.max(this.#notBefore, now + retryAfter)
    if (isProbe && verdict === "failure") this.#probeFailed(rules, now)
    else if (isProbe && verdict === "success" && ++this.#succeeded >= rules.probeSuccesses) this.#close(now)
    else if (!isProbe && verdict === "failure" && ++this.#failures >= rules.maxFailures) this.#open(rules, now)
    else if (!isProbe && verdict === "success") this.#failures = 0
  }

  #adopt({ failures, state, wait }: CircuitView, now: number): void {
    this.#close(now)
    this.#failures = failures
    if (state === "closed") return
    // A probe that runs belongs to the store that is down.
    this.#state = "open"
    this.#until = now + wait
  }

  #settle(rules: CircuitRules, now: number): void {
    if (this.#state === "open" && now >= this.#until) {
      this.#state = "half-open"
      this.#succeeded = 0
      this.#failed = 0
      this.#version++
    }
    for (const [ticket, { due, lease }] of this.#probes) {
      if (this.#state !== "half-open") break
      if (lease > now && due > now) continue
      this.#probes.delete(ticket)
      this.#version++
      if (lease > now) this.#probeFailed(rules, now)
    }
  }

  #probeFailed(rules: CircuitRules, now: number): void {
    if (++this.#failed > rules.probes - rules.probeSuccesses) this.#open(rules, now)
  }

  #open({ maxOpenDuration, openDuration }: CircuitRules, now: number): void {
    if (this.#state === "closed" && now - this.#closedAt >= this.#lastOpenTime) this.#openings = 0
    const grown = Math.min(openDuration * 2 ** this.#openings, Math.max(openDuration, maxOpenDuration))
    this.#lastOpenTime = maxOpenDuration > 0 ? grown : openDuration
    this.#openings++
    this.#state = "open"
    this.#until = Math.max(now + this.#lastOpenTime, this.#notBefore)
    this.#probes.clear()
    this.#version++
  }

  #close(now: number): void {
    this.#probes.clear()
    this.#state = "closed"
    this.#failures = 0
    this.#notBefore = -Infinity
    this.#closedAt = now
    this.#generation = ++this.#tickets
    this.#version++
  }
}
