import type { Ask } from "../domain/Ask.ts"
import { Estimate } from "./Estimate.ts"
import { Fifo, type Link } from "./Fifo.ts"
import { Levels, type Placed } from "./Levels.ts"

/** A call in the room. */
export interface Visitor extends Placed {
  readonly ask: Ask
  arrivedAt: number
  tag: number
  order: number
  place: Link<Visitor> | undefined
  /** When its turn at the door began, and whether it had to wait for that. */
  doorAt: number
  queued: boolean
  gone: boolean
}

/** A caller's part of the service, in virtual time. */
interface Share {
  waiting: number
  /** How far it has been served. */
  served: number
  /** How far it will have been served after its calls that wait. */
  finish: number
}

/** The state of a waiting room: who waits, who is at the door, and how fast the door moves. */
export class Room<V extends Visitor> {
  /** From one start to the next while calls wait: the pace of whatever lies beneath. */
  readonly pace = new Estimate()
  /** From start to end. */
  readonly service = new Estimate()
  /** The longest that one who gave up has stood at the door since the last start: a turn lasts no less at present. */
  standstill = 0
  readonly #arrivals = new Fifo<V>()
  readonly #levels: Levels<V>
  readonly #shares = new Map<string, Share>()
  #tooMany = 64
  #virtual = 0
  /** The weights of all calls that wait. */
  #weight = 0
  #order = 0
  #lastStart = -Infinity
  #unbooked: V | undefined
  head: V | undefined

  constructor(step: number) {
    this.#levels = new Levels(step)
  }

  /** Calls that have arrived and not started, the one at the door included. */
  get waiting(): number {
    return this.#arrivals.size
  }

  /** Who waits, the oldest first. */
  get everybody(): Iterable<V> {
    return this.#arrivals
  }

  get oldest(): V | undefined {
    return this.#arrivals.first
  }

  arrive(visitor: V, now: number): void {
    // Whoever is alone in the room needs no share of it: nearly every call of a gate that is not busy.
    if (this.#unbooked !== undefined) this.#book(this.#unbooked)
    const { ask } = visitor
    visitor.arrivedAt = now
    visitor.tag = this.#tag(ask)
    visitor.order = this.#order++
    visitor.level = ask.priority
    visitor.since = now
    visitor.doorAt = now
    visitor.place = this.#arrivals.add(visitor)
    if (this.head === undefined) {
      this.head = visitor
      this.#unbooked = visitor
    } else {
      this.#book(visitor)
      visitor.queued = true
      this.#levels.age(now)
      this.#levels.add(visitor, ask.priority, now)
    }
  }

  /** Lets a visitor out that starts, and learns from it how fast the door moves; returns the one whose turn it is now. */
  start(visitor: V, now: number): V | undefined {
    this.#learnPace(visitor, now)
    this.standstill = 0
    return this.#leave(visitor, now, now)
  }

  /** Lets a visitor out that has not started, wherever it is; returns the one whose turn it is now, if that has changed. */
  giveUp(visitor: V, now: number): V | undefined {
    if (this.head === visitor) this.standstill = Math.max(this.standstill, now - visitor.doorAt)
    // The turn goes on: what the next one teaches is the whole of it.
    return this.#leave(visitor, now, visitor.doorAt)
  }

  #leave(visitor: V, now: number, turnAt: number): V | undefined {
    visitor.gone = true
    this.#arrivals.remove(visitor.place as Link<V>)
    if (this.#unbooked === visitor) {
      this.#unbooked = undefined
      this.head = undefined
      return undefined
    }
    this.#settle(visitor, this.head === visitor)
    if (this.head === visitor) {
      this.#levels.age(now)
      this.#toDoor(this.#levels.shift(), turnAt)
      return this.head
    }
    this.#levels.remove(visitor)
    return undefined
  }

  /** How many would go before a call that arrived now, the one at the door included. */
  ahead(ask: Ask, now: number): number {
    if (this.head === undefined) return 0
    this.#levels.age(now)
    return 1 + this.#levels.ahead({ tag: this.#tag(ask), order: this.#order, level: ask.priority, since: now, link: undefined })
  }

  #learnPace({ doorAt, queued }: Visitor, now: number): void {
    const dwell = now - doorAt
    const turn = now - this.#lastStart
    this.#lastStart = now
    // One that found the room empty tells nothing of the pace under load, unless it had to wait longer than that, or for
    // most of the time since the last start: an estimate that got too high lets few others wait, and must recover.
    if (queued || dwell > this.pace.mean) this.pace.add(dwell)
    else if (turn < this.pace.mean && 2 * dwell > turn) this.pace.add(turn)
  }

  /** Learns from a call that ended how long calls take. */
  learnService(took: number, whole: boolean): void {
    // One that was cut short would have taken at least as long.
    if (whole || took > this.service.mean) this.service.add(took)
  }

  #tag(ask: Ask): number {
    return Math.max(this.#virtual, this.#shares.get(ask.caller)?.finish ?? 0)
  }

  #toDoor(visitor: V | undefined, turnAt: number): void {
    this.head = visitor
    if (visitor === undefined) {
      this.#virtual = 0
      this.#weight = 0
      this.#shares.clear()
      return
    }
    visitor.doorAt = turnAt
    this.#virtual = Math.max(this.#virtual, visitor.tag)
    if (this.#shares.size >= this.#tooMany) this.#forget()
  }

  #book({ ask, tag }: Visitor): void {
    this.#unbooked = undefined
    this.#weight += ask.weight
    const finish = tag + 1 / ask.weight
    const share = this.#shares.get(ask.caller)
    if (share === undefined) {
      this.#shares.set(ask.caller, { waiting: 1, served: 0, finish })
    } else {
      share.waiting++
      share.finish = finish
    }
  }

  #settle({ ask, tag }: Visitor, served: boolean): void {
    const share = this.#shares.get(ask.caller)!
    const finish = tag + 1 / ask.weight
    share.waiting--
    if (served) {
      share.served = finish
      // Time must go on by itself, or callers that are ever new would all come before anybody's second call.
      this.#virtual += 1 / Math.max(this.#weight, ask.weight)
    } else if (share.finish === finish) {
      share.finish = tag
    }
    if (share.waiting === 0) share.finish = share.served
    this.#weight -= ask.weight
  }

  /** Drops the callers that have neither credit nor debt; not again before there are twice as many as stayed. */
  #forget(): void {
    for (const [caller, { finish, waiting }] of this.#shares)
      if (waiting === 0 && finish <= this.#virtual) this.#shares.delete(caller)
    this.#tooMany = Math.max(64, 2 * this.#shares.size)
  }
}
