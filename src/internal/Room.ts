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
  /** When it came to the door, and whether it had to wait for that. */
  doorAt: number
  queued: boolean
  gone: boolean
  enter: ((effect: Effect.Effect<void, Rejection>) => void) | undefined
}

/** The state of a waiting room: who waits, who is at the door, and how fast the door moves. */
export class Room {
  /** From one start to the next while calls wait: the pace of whatever lies beneath. */
  readonly pace = new Estimate()
  /** From start to end. */
  readonly service = new Estimate()
  readonly #arrivals = new Fifo<Visitor>()
  readonly #levels: Levels<Visitor>
  /** Each caller's virtual time, up to which it has been served in its share. */
  readonly #finish = new Map<string, number>()
  #tooMany = 64
  #virtual = 0
  #order = 0
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
    const visitor = this.#visitor(ask, now)
    this.#finish.set(ask.caller, visitor.tag + 1 / ask.weight)
    ;(visitor as { place: Link<Visitor> }).place = this.#arrivals.add(visitor)
    if (this.head === undefined) {
      this.#toDoor(visitor, now)
    } else {
      visitor.queued = true
      this.#levels.age(now)
      this.#levels.add(visitor, ask.priority, now)
    }
    return visitor
  }

  /** Takes the visitor out, wherever it is; returns the one whose turn it is now, if that has changed. */
  leave(visitor: Visitor, now: number): Visitor | undefined {
    visitor.gone = true
    this.#arrivals.remove(visitor.place!)
    if (this.head === visitor) {
      this.#levels.age(now)
      this.#toDoor(this.#levels.shift(), now)
      return this.head
    }
    this.#levels.remove(visitor)
    const { caller, weight } = visitor.ask
    if (this.#finish.get(caller) === visitor.tag + 1 / weight) this.#finish.set(caller, visitor.tag)
    return undefined
  }

  /** How many would go before a call that arrived now, the one at the door included. */
  ahead(ask: Ask, now: number): number {
    return this.head === undefined ? 0 : 1 + this.#levels.ahead(this.#visitor(ask, now))
  }

  /** Learns from a visitor that starts how fast the door moves. */
  learnPace({ doorAt, queued }: Visitor, now: number): void {
    // One that found the room empty tells nothing of the pace under load, unless it had to wait longer than that.
    if (queued || now - doorAt > this.pace.mean) this.pace.add(now - doorAt)
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
      tag: Math.max(this.#virtual, this.#finish.get(ask.caller) ?? 0),
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

  #toDoor(visitor: Visitor | undefined, now: number): void {
    this.head = visitor
    if (visitor === undefined) {
      this.#virtual = 0
      if (this.#finish.size > 0) this.#finish.clear()
      return
    }
    visitor.doorAt = now
    this.#virtual = Math.max(this.#virtual, visitor.tag)
    if (this.#finish.size >= this.#tooMany) this.#forget()
  }

  /** Drops the callers that have neither credit nor debt; not again before there are twice as many as stayed. */
  #forget(): void {
    for (const [caller, finish] of this.#finish) if (finish <= this.#virtual) this.#finish.delete(caller)
    this.#tooMany = Math.max(64, 2 * this.#finish.size)
  }
}
