import { Effect } from "effect"
import { waitingFor } from "../Call.ts"
import * as Field from "../config/Field.ts"
import { decode, type OptionsOf, type Values } from "../config/Options.ts"
import * as Table from "../config/Table.ts"
import { Claim, type Permits } from "../engine/Claim.ts"
import * as Dynamic from "../engine/Dynamic.ts"
import { Fifo } from "../engine/Fifo.ts"
import { change } from "../engine/Line.ts"
import { Gate } from "../Gate.ts"
import { NeverAdmissible, type RateLimited } from "../Rejection.ts"
import { Stats } from "../Stats.ts"
import { type Limits, named } from "./Differences.ts"
import { type Client, type Link, storeDown } from "./Link.ts"
import type { Grant, Holding, Message, Reservation } from "./Port.ts"
import { SharedStore } from "./SharedStore.ts"
import { type StartBooking, startBookings } from "./StartBooking.ts"

const fields = {
  /** Permits of calls that run at once on all replicas, a whole number from 1 to 100000; follows a `SubscriptionRef`. */
  permits: Dynamic.field(Table.limits.maxConcurrentRequests),
  /** Tells limits of one store apart. Default: `default`. */
  name: Field.label("name", { default: "default" })
}

export interface Options extends OptionsOf<typeof fields> {}

/**
 * Bounds how many calls run at once on all replicas together.
 *
 * The calls of a replica wait in the order they came. A free permit goes to the replica that has waited longest, one
 * call at a time, so a greedy replica does not starve the others. While none
 * waits, a replica keeps its allowance of the store in hand. Permits are leases: those of a replica that is not
 * heard of come back in time.
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* (beneath) {
      const settings = yield* decode(fields, options)
      const link = yield* SharedStore
      const { permits } = settings
      const below = beneath.chain?.policies[0]
      const semaphore = new SharedSemaphore(settings, link, below && startBookings.get(below))
      yield* Dynamic.follow(settings, () => semaphore.onResize())
      link.join(semaphore)
      yield* Effect.addFinalizer(() => semaphore.close)
      yield* Stats.watch(() => ({ maxConcurrent: permits.current }))
      return {
        policy: waitingFor("permit", (call) => new Claim(call, semaphore)),
        permits: () => permits.current,
        refusal: (options) => semaphore.refusal(options),
        readyAt: (_options, at) => (semaphore.hasRoom ? at : Infinity)
      }
    })
  )

/** The most waiting calls that one request to the store asks permits for. */
const mostWants = 16
/** The most requests that are under way at once: what comes meanwhile goes into the next. */
const mostRequests = 2

/** The permits that a replica holds, and its calls that wait for more. */
class SharedSemaphore implements Client, Permits {
  readonly #settings: Values<typeof fields>
  readonly #link: Link
  readonly #starts: StartBooking | undefined
  readonly #waiting = new Fifo<Claim>()
  /** Permits granted and given back since the replica started. */
  #granted = 0
  #released = 0
  /** Permits of calls that run here. */
  #used = 0
  /** Other replicas that wait, and permits that no replica holds, as far as the replica knows. */
  #others = 0
  #unheld = Infinity
  /** What the replica may hold while the store is down and counts for it what it held. */
  #leased = Infinity
  /** Requests under way. */
  #asking = 0
  #askAgain = false
  #asksSoon = false
  #isBooking = false
  #isClosed = false
  /** Calls in line that the store knows of. */
  #told = 0

  constructor(settings: Values<typeof fields>, link: Link, starts: StartBooking | undefined) {
    this.#settings = settings
    this.#link = link
    this.#starts = starts
  }

  get limits(): Limits {
    const { name, permits } = this.#settings
    return named(name, { permits: permits.current })
  }

  /** Whether permits may be had at once, as far as the replica knows. */
  get hasRoom(): boolean {
    return this.#waiting.size === 0 && this.#used < this.#limit
  }

  /** Gives back all that no call holds, then leaves. */
  get close(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#link.leave(this)
      this.#isClosed = true
      const holding = { ...this.#holding(0), wants: [], extra: 0 }
      return this.#link.last((port) =>
        Effect.flatMap(port.permits(holding), ({ granted }) =>
          // What was granted on the way goes back too.
          port.permits({ ...holding, granted, released: granted - this.#used })
        )
      )
    })
  }

  refusal({ permits: asked }: { readonly permits: number }): NeverAdmissible | RateLimited | undefined {
    const capacity = this.#settings.permits.current
    if (asked > capacity) return new NeverAdmissible({ limit: "permits", asked, capacity })
    return this.#link.refuses ? storeDown : undefined
  }

  take(claim: Claim): boolean {
    const isFree = this.#waiting.size === 0 && this.#free >= claim.permits
    if (isFree) this.#used += claim.permits
    else {
      this.#waiting.add(claim)
      this.#ask()
    }
    return isFree
  }

  release(claim: Claim): void {
    if (!this.#waiting.remove(claim)) {
      this.#used -= claim.permits
      // Others that wait have their turn first.
      if (this.#others > 0) this.#released += claim.permits
    }
    this.#handOut()
    if (this.#waiting.size > 0 || this.#others > 0) this.#ask()
    else if (this.#spare > 0 && !this.#isPlenty) this.#askSoon()
  }

  onResize(): void {
    for (const claim of this.#waiting) {
      const refusal = this.refusal(claim)
      if (refusal !== undefined) claim.call.cut(claim, refusal)
    }
    this.#ask()
  }

  onMessage(message: Message): void {
    if (!("name" in message) || message.name !== this.#settings.name) return
    if (message._tag === "wanted") {
      this.#others = Math.max(1, this.#others)
      if (this.#spare > 0) this.#ask()
    } else if (message._tag === "permits") this.#onGranted(message.granted)
  }

  onSwitch(): void {
    this.#asking = 0
    this.#isBooking = false
    this.#others = 0
    this.#leased = this.#granted - this.#released + Math.max(0, this.#unheld) / this.#link.replicas
    if (this.#link.refuses) for (const claim of this.#waiting) claim.call.cut(claim, storeDown)
    this.#ask()
  }

  onBeat(): void {
    this.#ask()
  }

  get #limit(): number {
    const { current } = this.#settings.permits
    const { isLeased, settings } = this.#link
    const share = this.#link.share(current)
    const most = isLeased && settings.whenDown === "local" ? Math.min(share, this.#leased) : share
    // A replica without any permit would serve nobody; for a moment it waits for those that hold them all.
    return Math.max(most < share && this.#link.isHiccup ? 0 : 1, Math.floor(most))
  }

  /** Permits granted and in no use. */
  get #free(): number {
    return this.#granted - this.#released - this.#used
  }

  /**
   * Permits that the replica may keep in hand. All replicas together keep at most half of the limit: if they kept more,
   * they would call them back from each other all the time.
   */
  get #kept(): number {
    if (this.#others > 0) return 0
    const { replicas, settings } = this.#link
    const { current } = this.#settings.permits
    return Math.min(settings.allowance, replicas > 1 ? Math.floor(current / (2 * replicas)) : current)
  }

  /** Permits in hand that are more than the replica may keep. */
  get #spare(): number {
    return this.#free - this.#kept
  }

  /** Whether there are permits enough for the other replicas, so that a spare one may go back with the next request. */
  get #isPlenty(): boolean {
    return this.#others === 0 && this.#unheld >= this.#limit / 2
  }

  /** Tells the store what is held and wanted. */
  #ask(): void {
    this.#askAgain = true
    // The replica's own store answers at once.
    while (this.#askAgain && this.#asking < mostRequests) {
      this.#askAgain = false
      this.#asking++
      const holding = this.#holding(this.#kept)
      this.#told = holding.wants.length
      const first = this.#told > 0 && !this.#isBooking ? this.#waiting.first : undefined
      const start = first && this.#starts?.startOf(first.call.options)
      if (start !== undefined) this.#isBooking = true
      this.#link.ask(
        (port) => port.permits(holding, start),
        (grant) => this.#onAnswer(grant, start)
      )
    }
  }

  /** Gives back what is still spare a tick later: the caller whose call has ended may come again at once. */
  #askSoon(): void {
    if (this.#asksSoon) return
    this.#asksSoon = true
    this.#link.defer(() => {
      this.#asksSoon = false
      if (!this.#isClosed) change(() => this.#spare > 0 && this.#ask())
    })
  }

  #onAnswer({ free, granted, others, start: taken }: Grant, start: Reservation | undefined): void {
    this.#asking--
    this.#others = others
    if (this.#link.isUp) this.#unheld = free
    if (start !== undefined) {
      this.#isBooking = false
      this.#starts?.onStart(start, taken)
    }
    this.#onGranted(granted)
    if (this.#askAgain) this.#ask()
  }

  #onGranted(granted: number): void {
    this.#granted = Math.max(this.#granted, granted)
    this.#handOut()
    const isUntold = this.#waiting.size > 0 && this.#told === 0
    // What was granted may be wanted no more.
    if (isUntold || this.#spare > 0) this.#ask()
  }

  /** What is held now: calls may hold more than was granted, if the store was lost or had been left. */
  #holding(keep: number): Holding {
    const { name } = this.#settings
    if (this.#free < 0) this.#granted -= this.#free
    const wants = this.#wants()
    // The first in line needs more than is free, so that goes back: it is granted whole.
    const spare = this.#free - (wants.length > 0 ? 0 : keep)
    if (spare > 0) this.#released += spare
    return {
      name,
      limit: Math.min(this.#limit, 1e9),
      granted: this.#granted,
      released: this.#released,
      wants,
      extra: Math.max(0, keep - this.#free),
      lease: this.#link.lease
    }
  }

  #wants(): ReadonlyArray<number> {
    const wants: Array<number> = []
    let room = Math.max(1, Math.floor(this.#link.most(this.#settings.permits.current))) - this.#used
    for (const { permits } of this.#waiting) {
      room -= permits
      if (room < 0) break
      wants.push(permits)
      if (wants.length === mostWants) break
    }
    return wants
  }

  #handOut(): void {
    for (let first = this.#waiting.first; first !== undefined; first = this.#waiting.first) {
      if (this.#free < first.permits) return
      this.#waiting.remove(first)
      this.#used += first.permits
      this.#told = Math.max(0, this.#told - 1)
      first.call.proceed(first)
    }
  }
}
