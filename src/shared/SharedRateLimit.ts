import { Duration, Effect } from "effect"
import { type Call, type End, type ResolvedOptions, Stage, waitingFor, waits } from "../Call.ts"
import * as Field from "../config/Field.ts"
import { decode, type OptionsOf, type Values } from "../config/Options.ts"
import * as Table from "../config/Table.ts"
import * as Dynamic from "../engine/Dynamic.ts"
import { Fifo, type Linked } from "../engine/Fifo.ts"
import { change, post } from "../engine/Line.ts"
import { clockResolution } from "../engine/Time.ts"
import { Timer, TimerQueue } from "../engine/TimerQueue.ts"
import * as Failure from "../Failure.ts"
import { Gate } from "../Gate.ts"
import { type NeverAdmissible, RateLimited, startsTooLate } from "../Rejection.ts"
import * as RetryAfter from "../RetryAfter.ts"
import { Stats } from "../Stats.ts"
import { type Limits, named } from "./Differences.ts"
import { type Client, type Link, storeDown } from "./Link.ts"
import type { Message, Reservation, Slot as Taken } from "./Port.ts"
import { RateBuckets, type Slot, waitsForOf } from "./RateBuckets.ts"
import { SharedStore } from "./SharedStore.ts"
import { type StartBooking, startBookings } from "./StartBooking.ts"

const fields = {
  /** Calls of all replicas that start per second, 0.001 to 100000, or `Infinity`; follows a `SubscriptionRef`. */
  perSecond: Dynamic.field(Table.limits.requestsPerSecond),
  /** Calls that may start at once after a quiet time, from 1. Default: 1. */
  burst: Table.stack.burst,
  /**
   * Tokens (`CallOptions.tokens`) of all replicas reserved per minute, from 1; a whole minute's may be taken at once;
   * follows a `SubscriptionRef`. Default: `Infinity`.
   */
  tokensPerMinute: Dynamic.optional(Table.limits.tokensPerMinute),
  /** Longest wait for the units, 1 ms to a day; 0 refuses instead of waiting. Default: `Infinity`. */
  maxWait: Field.duration({ minimum: 0, infinite: true, default: Infinity }),
  /** For how long nothing starts on any replica after a failure; an hour at most. Default: the `retryAfter` of a 429. */
  cooldown: Field.func<(error: unknown, options: ResolvedOptions) => Duration.Duration | undefined>({
    default: (error) => Failure.cooldownOf(error)
  }),
  /** Tells limits of one store apart. Default: `default`. */
  name: Field.label("name", { default: "default" })
}

export interface Options extends OptionsOf<typeof fields> {}

type Settings = Values<typeof fields>

/**
 * Delays calls so that all replicas together start at most `burst + perSecond * t` in any stretch of time `t`.
 *
 * The store books a moment for the next call of each replica, so replicas take turns, and nobody asks twice. A call that
 * leaves hands its moment on to the next. With an allowance of the store, which holds unless tokens are limited,
 * `allowance * (replicas + 1)` calls more may start in a stretch of time.
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* () {
      const settings = yield* decode(fields, options)
      const link = yield* SharedStore
      const timers = yield* TimerQueue.make
      const queue = new SharedRateQueue(settings, timers, link)
      yield* Dynamic.follow(settings, () => queue.onRate())
      link.join(queue)
      yield* Effect.addFinalizer(() => Effect.sync(() => link.leave(queue)))
      yield* Stats.watch(() => ({ perSecond: settings.perSecond.current }))
      const policy = waitingFor("rate", (call) => new PacedCall(call, queue))
      startBookings.set(policy, queue)
      return {
        policy,
        cooldownUntil: () => queue.cooldownUntil,
        refusal: (options) => queue.refusal(queue.buckets.unitsOf(options)),
        readyAt: (_options, at) => queue.readyAt(at)
      }
    })
  )

/** Milliseconds ahead for which moments are booked, beside that of the first in line. */
const lookahead = 10
/** A moment that its call has left is put back, unless another call comes within so many milliseconds. */
const orphanTime = 20

/** Lets calls wait in line until the moments that the store has booked for them. */
class SharedRateQueue implements Client, StartBooking {
  readonly settings: Settings
  readonly buckets: RateBuckets
  readonly #timers: TimerQueue
  readonly #link: Link
  readonly #line = new Fifo<PacedCall>()
  /** Moments of calls that have left. */
  #orphans: Array<Slot> = []
  /** Requests under way for calls that have left. */
  readonly #orphaned = new Set<Reservation>()
  /** Starts taken in advance. */
  #inHand = 0
  #isFetching = false
  #booked = 0
  /** The start that is booked with a permit, while that is under way. */
  #starting: Reservation | undefined
  readonly #timer = new Timer(() => change(() => this.#look()))
  readonly #orphanTimer = new Timer(() => this.#dropOrphans())
  cooldownUntil = -Infinity
  #isLooking = false
  #lookAgain = false

  constructor(settings: Settings, timers: TimerQueue, link: Link) {
    this.settings = settings
    this.buckets = new RateBuckets(settings, link)
    this.#timers = timers
    this.#link = link
  }

  get limits(): Limits {
    const { burst, name, perSecond, tokensPerMinute } = this.settings
    return named(name, {
      "starts per second": perSecond.current,
      "burst of starts": burst,
      "tokens per minute": tokensPerMinute.current
    })
  }

  /** When a call that came now could start, as far as the replica knows. */
  readyAt(at: number): number {
    return Math.max(at, this.cooldownUntil, this.#line.first?.slot?.dueAt ?? at)
  }

  refusal(units: ReadonlyArray<number>): NeverAdmissible | RateLimited | undefined {
    return this.buckets.refusal(units) ?? (this.#link.refuses ? storeDown : undefined)
  }

  /** Takes a start in hand, or waits; returns whether it was taken. */
  take(call: PacedCall, at: number): boolean {
    if (this.#line.size === 0 && this.#inHand > 0 && this.cooldownUntil <= at) {
      this.#inHand--
      this.buckets.charge(call.units, at)
      this.#fetch()
      return true
    }
    this.#line.add(call)
    this.#look()
    return false
  }

  startOf(options: ResolvedOptions): Reservation | undefined {
    const units = this.buckets.unitsOf(options)
    const mustAsk = this.#line.size === 0 && this.#inHand === 0 && this.#orphans.length === 0
    if (!mustAsk || this.cooldownUntil > this.#timers.now() || this.refusal(units) !== undefined) return undefined
    this.#starting = this.buckets.reservation(units)
    return this.#starting
  }

  onStart(request: Reservation, taken: Taken | undefined): void {
    if (request !== this.#starting) return
    this.#starting = undefined
    if (taken !== undefined && taken.receipts.length > 0) {
      this.#handOn(this.#slotOf(request, taken))
      if (taken.delay === 0) this.#fetch()
    }
    this.#look()
  }

  /** A call leaves the line, or has not started at the moment it was given. */
  giveUp(call: PacedCall): void {
    this.#line.remove(call)
    const { asking, slot } = call
    call.slot = undefined
    if (asking !== undefined) this.#orphaned.add(asking)
    if (slot !== undefined) this.#handOn(slot)
    this.#look()
  }

  coolDown(millis: number): void {
    this.#link.ask((port) => port.coolDown(this.settings.name, millis))
    this.#onCooldown(millis)
  }

  onMessage(message: Message): void {
    if (message._tag === "cooldown" && message.name === this.settings.name) this.#onCooldown(message.millis)
  }

  /** What has been booked is not good at another rate. */
  onRate(): void {
    this.#forget()
    this.#look()
  }

  /** What the shared store has booked holds when it fails; it does not know what was booked meanwhile. */
  onSwitch(): void {
    const { isUp, refuses, settings } = this.#link
    if (isUp || settings.whenDown !== "local") this.#forget()
    else {
      this.#dropRequests()
      const settlement = this.buckets.settlement(this.#timers.now())
      if (settlement !== undefined) this.#link.ask((port) => port.reserve(settlement))
    }
    if (refuses) for (const stage of this.#line) stage.call.cut(stage, storeDown)
    this.#look()
  }

  onBeat(): void {}

  #forget(): void {
    this.#dropRequests()
    this.#orphans = []
    this.#inHand = 0
    for (const call of this.#line) call.slot = undefined
  }

  #dropRequests(): void {
    this.#isFetching = false
    this.#starting = undefined
    this.#orphaned.clear()
    for (const call of this.#line) call.asking = undefined
  }

  #onCooldown(millis: number): void {
    this.cooldownUntil = Math.max(this.cooldownUntil, this.#timers.now() + millis)
    // Moments that were booked before would bunch up at the end.
    this.#forget()
    this.#look()
  }

  /** Books moments for the first in line, and lets the calls go on whose moment has come. */
  #look(): void {
    this.#lookAgain = true
    if (this.#isLooking) return
    this.#isLooking = true
    while (this.#lookAgain) {
      this.#lookAgain = false
      this.#advance()
    }
    this.#isLooking = false
  }

  #advance(): void {
    this.#timers.cancel(this.#timer)
    this.#book()
    for (let first = this.#line.first; first !== undefined; first = this.#line.first) {
      const now = this.#timers.now()
      if (first.slot === undefined) return
      const wait = Math.max(first.slot.dueAt, this.cooldownUntil) - now
      if (wait > clockResolution) return this.#timers.set(this.#timer, now, wait)
      this.#line.remove(first)
      first.call.proceed(first)
      this.#book()
    }
  }

  #book(): void {
    const most = 1 + Math.min(64, Math.floor((this.buckets.perSecond * lookahead) / 1000))
    let booked = 0
    for (const call of this.#line) {
      // Ahead only what can go on to another: a moment behind one that is given back would stay where it is.
      if (booked++ >= most || !this.buckets.areAlike(this.#line.first!.units, call.units)) return
      if (call.slot !== undefined || call.asking !== undefined) continue
      const orphan = this.#orphans.findIndex(({ request }) => this.buckets.areAlike(request.units, call.units))
      if (orphan >= 0) this.#give(call, this.#orphans.splice(orphan, 1)[0]!)
      else {
        // It must not wait for what is left over, or will be.
        if (this.#isLeaving(call.units)) return
        this.#dropOrphans()
        this.#ask(call)
      }
    }
  }

  /** Whether a moment is being booked that the call might have to wait behind, for one that has left or may have. */
  #isLeaving(units: ReadonlyArray<number>): boolean {
    const isOther = this.#starting !== undefined && !this.buckets.areAlike(this.#starting.units, units)
    return isOther || this.#orphaned.size > 0
  }

  #slotOf(request: Reservation, taken: Taken): Slot {
    const dueAt = this.#timers.now() + taken.delay
    this.buckets.charge(request.units, dueAt)
    return { order: ++this.#booked, dueAt, request, taken }
  }

  #ask(call: PacedCall): void {
    const request = this.buckets.reservation(call.units)
    call.asking = request
    this.#link.ask(
      (port) => port.reserve(request),
      (taken) => this.#onBooked(call, request, taken)
    )
  }

  #onBooked(call: PacedCall, request: Reservation, taken: Taken): void {
    // The cooldown has begun, or another rate holds.
    if (call.asking !== request) return
    call.asking = undefined
    this.#orphaned.delete(request)
    if (taken.receipts.length === 0) {
      const retryAfter = Duration.millis(taken.delay - request.maxWait)
      call.call.cut(call, new RateLimited({ retryAfter, waitsFor: waitsForOf(taken) }))
    } else {
      const slot = this.#slotOf(request, taken)
      if (call.hasLeft) this.#handOn(slot)
      else this.#give(call, slot)
      if (taken.delay === 0) this.#fetch()
    }
    this.#look()
  }

  /** Gives a call its moment, or ends it if it must have ended before. */
  #give(call: PacedCall, slot: Slot): void {
    call.slot = slot
    const waitsFor = waitsForOf(slot.taken)
    call.waitsFor = waitsFor
    const late = slot.dueAt - call.call.deadlineAt
    if (late >= clockResolution) call.call.cut(call, startsTooLate(late, waitsFor))
  }

  /** Hands the moment of a call that has left on to those behind it; the last that is left over waits for a new call. */
  #handOn(freed: Slot): void {
    let slot = freed
    for (const call of this.#line) {
      // What must be booked before those behind it takes none of their moments.
      if (!this.buckets.areAlike(slot.request.units, call.units)) break
      if (call.slot === undefined && call.asking === undefined) {
        call.slot = slot
        return
      }
      if (call.slot === undefined || call.slot.dueAt <= slot.dueAt) continue
      const later = call.slot
      call.slot = slot
      slot = later
    }
    this.#orphans.push(slot)
    // Calls that go on now make their steps first: one of them may come for the moment.
    if (this.#orphanTimer.lane === undefined) post({ step: () => post({ step: () => this.#watchOrphans() }) })
  }

  #watchOrphans(): void {
    if (this.#orphans.length === 0 || this.#orphanTimer.lane !== undefined) return
    this.#timers.set(this.#orphanTimer, this.#timers.now(), orphanTime)
  }

  #dropOrphans(): void {
    // The last that was booked comes first: the store takes back what nobody was booked after.
    for (const { request, taken } of this.#orphans.toSorted((a, b) => b.order - a.order))
      this.#link.ask((port) => port.putBack(request, taken))
    this.#orphans = []
  }

  /** Takes starts in advance, if they are due now. */
  #fetch(): void {
    const { allowance } = this.#link.settings
    const missing = allowance - this.#inHand
    if (this.#isFetching || this.buckets.limitsTokens || missing < allowance / 2 || missing < 1) return
    this.#isFetching = true
    const request = this.buckets.advance(missing, allowance)
    this.#link.ask(
      (port) => port.reserve(request),
      ({ receipts }) => {
        this.#isFetching = false
        if (receipts.length > 0) this.#inHand += missing
      }
    )
  }
}

/** A call that waits for the moment that is booked for it. */
class PacedCall extends Stage implements Linked<PacedCall> {
  readonly call: Call
  readonly #queue: SharedRateQueue
  override waitsFor = "rate"
  previous: PacedCall | undefined = undefined
  next: PacedCall | undefined = undefined
  units: ReadonlyArray<number> = []
  slot: Slot | undefined = undefined
  /** The request that is under way; another one's answer is of no use. */
  asking: Reservation | undefined = undefined
  hasLeft = false
  /** Attempts that had begun when this one came. */
  #before = 0

  constructor(call: Call, queue: SharedRateQueue) {
    super()
    this.call = call
    this.#queue = queue
  }

  override enter(at: number) {
    this.#before = this.call.attempts
    this.units = this.#queue.buckets.unitsOf(this.call.options)
    return this.#queue.refusal(this.units) ?? (this.#queue.take(this, at) ? undefined : waits)
  }

  override leave(end: End) {
    const queue = this.#queue
    this.hasLeft = true
    if (this.call.attempts === this.#before) return queue.giveUp(this)
    const { cooldown } = queue.settings
    const millis = RetryAfter.millisAskedBy(end, (error) => cooldown(error, this.call.options))
    if (millis > 0) queue.coolDown(millis)
  }
}
