import type { Effect } from "effect"
import type { Ask } from "../domain/Ask.ts"
import type { Rejection } from "../domain/Rejection.ts"
import { Estimate } from "./Estimate.ts"
import { Fifo, type Link } from "./Fifo.ts"
import { Levels, type Placed } from "./Levels.ts"

/** A call in the room. */
export interface Visitor extends Placed {
  readonly ask: Ask
  readonly arrivedAt: number
  readonly place: Link<Visitor> | undefined
  /** When its turn at the door began, and whether it had to wait for that. */
  doorAt: number
  queued: boolean
  gone: boolean
  enter: ((effect: Effect.Effect<void, Rejection>) => void) | undefined
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
export class Room {
  /** From one start to the next while calls wait: the pace of whatever lies beneath. */
  readonly pace = new Estimate()
  /** From start to end. */
  readonly service = new Estimate()
  /** The longest that one who gave up has stood at the door since the last start: a turn lasts no less at present. */
  standstill = 0
  readonly #arrivals = new Fifo<Visitor>()
  readonly #levels: Levels<Visitor>
  readonly #shares = new Map<string, Share>()
  #tooMany = 64
  #virtual = 0
  /** The weights of all calls that wait. */
  #weight = 0
  #order = 0
  #lastStart = -Infinity
  #unbooked: Visitor | undefined
  head: Visitor | undefined

  constructor(step: number) {
    this.#levels = new Levels(step)
  }

  /** Calls that have arrived and not started, the one at the door included. */
  get waiting(): number {
    return this.#arrivals.size
  }

  get oldest(): Visitor | undefined {
    return this.#arrivals.first
  }

  arrive(ask: Ask, now: number): Visitor {
    // Whoever is alone in the room needs no share of it: nearly every call of a gate that is not busy.
    if (this.#unbooked !== undefined) this.#book(this.#unbooked)
    const visitor = this.#visitor(ask, now)
    ;(visitor as { place: Link<Visitor> }).place = this.#arrivals.add(visitor)
    if (this.head === undefined) {
      this.head = visitor
      this.#unbooked = visitor
    } else {
      this.#book(visitor)
      visitor.queued = true
      this.#levels.age(now)
      this.#levels.add(visitor, ask.priority, now)
    }
    return visitor
  }

  /** Lets a visitor out that starts, and learns from it how fast the door moves; returns the one whose turn it is now. */
  start(visitor: Visitor, now: number): Visitor | undefined {
    this.#learnPace(visitor, now)
    this.standstill = 0
    return this.#leave(visitor, now, now)
  }

  /** Lets a visitor out that has not started, wherever it is; returns the one whose turn it is now, if that has changed. */
  giveUp(visitor: Visitor, now: number): Visitor | undefined {
    if (this.head === visitor) this.standstill = Math.max(this.standstill, now - visitor.doorAt)
    // The turn goes on: what the next one teaches is the whole of it.
    return this.#leave(visitor, now, visitor.doorAt)
  }

  #leave(visitor: Visitor, now: number, turnAt: number): Visitor | undefined {
    visitor.gone = true
    this.#arrivals.remove(visitor.place!)
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
    return 1 + this.#levels.ahead(this.#visitor(ask, now))
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

  #visitor(ask: Ask, now: number): Visitor {
    return {
      ask,
      arrivedAt: now,
      tag: Math.max(this.#virtual, this.#shares.get(ask.caller)?.finish ?? 0),
      order: this.#order++,
      level: ask.priority,
      since: now,
      doorAt: now,
      queued: false,
      gone: false,
      place: undefined,
      link: undefined,
      enter: undefined
    }
  }

  #toDoor(visitor: Visitor | undefined, turnAt: number): void {
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
