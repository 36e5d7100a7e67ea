import { Effect } from "effect"
import type { Rejection } from "../domain/Rejection.ts"
import { later } from "./Later.ts"

/** A call's claim on permits: asked for, perhaps held, given back once. */
export class Claim {
  readonly permits: number
  held = false
  #answer: Effect.Effect<void, Rejection> | undefined
  #resume: ((answer: Effect.Effect<void, Rejection>) => void) | undefined

  constructor(permits: number) {
    this.permits = permits
  }

  /** Waits until the claim is met or refused. */
  get answered(): Effect.Effect<void, Rejection> {
    return Effect.callback((resume) => {
      if (this.#answer === undefined) this.#resume = resume
      else resume(this.#answer)
    })
  }

  answer(answer: Effect.Effect<void, Rejection>): void {
    this.#answer = answer
    const resume = this.#resume
    if (resume !== undefined) later(() => resume(answer))
  }
}

/**
 * Counted permits, handed out strictly in the order of asking.
 *
 * Effect's `Semaphore` lets a narrow claim overtake a wide one, looks at every waiting claim on each release, and leaves a
 * claim that became too wide waiting for ever; here the first claim waits for its permits and the others behind it.
 */
export class Permits {
  readonly #line = new Set<Claim>()
  #total: number
  #taken = 0

  constructor(total: number) {
    this.#total = total
  }

  get total(): number {
    return this.#total
  }

  /** Takes the permits if they are free and nobody waits for them; the claim must be released. */
  tryTake(claim: Claim): boolean {
    if (this.#line.size > 0 || this.#taken + claim.permits > this.#total) return false
    this.#hold(claim)
    return true
  }

  /** Waits for the permits; the claim must be released whatever becomes of the wait. */
  take(claim: Claim): Effect.Effect<void, Rejection> {
    if (this.tryTake(claim)) return Effect.void
    this.#line.add(claim)
    return claim.answered
  }

  /** Gives back what the claim holds, or takes it out of the line. */
  release(claim: Claim): void {
    if (claim.held) {
      claim.held = false
      this.#taken -= claim.permits
    } else {
      this.#line.delete(claim)
    }
    this.#hand()
  }

  /** Changes the number of permits: what is held stays so, and a claim in line that can never be met now is refused. */
  resize(total: number, refusal: (claim: Claim) => Effect.Effect<never, Rejection>): void {
    this.#total = total
    for (const claim of this.#line) {
      if (claim.permits <= total) continue
      this.#line.delete(claim)
      claim.answer(refusal(claim))
    }
    this.#hand()
  }

  #hold(claim: Claim): void {
    claim.held = true
    this.#taken += claim.permits
  }

  #hand(): void {
    for (const claim of this.#line) {
      if (this.#taken + claim.permits > this.#total) return
      this.#line.delete(claim)
      this.#hold(claim)
      claim.answer(Effect.void)
    }
  }
}
