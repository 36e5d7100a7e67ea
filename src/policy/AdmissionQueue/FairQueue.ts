import type { Call, ResolvedOptions } from "../../Call.ts"
import { Fifo, type Linked } from "../../engine/Fifo.ts"
import { Heap, type Ranked } from "../../engine/Heap.ts"

/** A call in the queue. */
export interface Waiter<A extends Linked<A>> extends Linked<A> {
  readonly call: Pick<Call, "options">
  arrivedAt: number
  order: number
  /** The flow in which it waits; `undefined` for the head, and once it is out. */
  flow: Flow<A> | undefined
  /** The virtual time from which it is served; `NaN` if its caller has not been charged. */
  virtualStart: number
}

/** A caller that has calls in the queue, or has used more than its share. */
interface Caller<A extends Linked<A>> {
  readonly name: string
  /** Its waiting calls, one flow per priority. */
  readonly flows: Array<Flow<A>>
  weight: number
  /** The virtual time from which its next call is served. */
  virtualStart: number
}

/** The waiting calls of one caller and one priority, in order of arrival: the first is always the most urgent. */
class Flow<A extends Linked<A>> extends Fifo<A> implements Ranked {
  readonly caller: Caller<A>
  readonly priority: number
  /** The level of its first call. */
  level = 0
  heapIndex = 0

  constructor(caller: Caller<A>, priority: number) {
    super()
    this.caller = caller
    this.priority = priority
  }
}

export type { Flow }

const goesFirst = <A extends Waiter<A>>(a: Flow<A>, b: Flow<A>): boolean => {
  if (a.level !== b.level) return a.level < b.level
  const [one, other] = [a.caller.virtualStart, b.caller.virtualStart]
  return one === other ? a.first!.order < b.first!.order : one < other
}

/**
 * Orders waiting calls: by level, then fairly between callers, then as they came.
 *
 * A call's level is its priority, less one for each aging step it has waited. Callers share by start-time fair queueing
 * (Goyal, Vin, Cheng, 1996): each call served charges its caller `1 / weight` of virtual time, and the caller charged
 * least goes first. A call is charged when it becomes the head, and refunded if it leaves unserved, so calls that leave
 * cost their caller nothing.
 */
export class FairQueue<A extends Waiter<A>> {
  /** The call that is served next; it has left its flow. */
  head: A | undefined
  readonly #step: number
  readonly #callers = new Map<string, Caller<A>>()
  readonly #flows = new Heap<Flow<A>>(goesFirst)
  #virtualTime = 0
  /** The weights of all callers with waiting calls. */
  #weight = 0
  #waiting = 0
  #order = 0
  /** No flow rises to another level before this moment. */
  #risesAt = Infinity
  #tooManyCallers = 64
  /** Keeps the shapes of callers and flows alive while the queue is empty: see `Chain.specimens`. */
  readonly #specimen = new Flow<A>({ name: "", flows: [], weight: 1, virtualStart: 0 }, 0)

  /** `step` is the time after which a waiting call counts as one level more urgent, in milliseconds. */
  constructor(step: number) {
    this.#step = step
    this.#flows.add(this.#specimen)
    this.#flows.remove(this.#specimen)
  }

  /** Calls in the queue, the head included. */
  get size(): number {
    return this.#waiting + (this.head === undefined ? 0 : 1)
  }

  /** When the call that has been here longest arrived. */
  get oldestArrival(): number | undefined {
    let oldest = this.head?.arrivedAt
    for (const { first } of this.#all())
      if (oldest === undefined || first!.arrivedAt < oldest) oldest = first!.arrivedAt
    return oldest
  }

  *[Symbol.iterator](): Generator<A> {
    if (this.head !== undefined) yield this.head
    for (const flow of this.#all()) yield* flow
  }

  *#all(): Generator<Flow<A>> {
    for (const { flows } of this.#callers.values()) yield* flows
  }

  /** Adds a call; it becomes the head of an empty queue. */
  add(waiter: A, now: number): void {
    waiter.arrivedAt = now
    waiter.order = this.#order++
    if (this.head === undefined) {
      // The path of nearly every call of a gate that is not busy: no charge, no flow.
      this.head = waiter
      return
    }
    if (Number.isNaN(this.head.virtualStart)) this.#charge(this.head, this.#virtualTime)
    const { caller: name, priority, weight } = waiter.call.options
    const caller = this.#callerOf(name)
    if (caller.flows.length > 0) this.#weight -= caller.weight
    caller.weight = weight
    this.#weight += weight
    // A caller gets no credit for time it did not use.
    if (caller.flows.length === 0) caller.virtualStart = Math.max(caller.virtualStart, this.#virtualTime)
    let flow = caller.flows.find((flow) => flow.priority === priority)
    if (flow === undefined) caller.flows.push((flow = new Flow<A>(caller, priority)))
    waiter.flow = flow
    flow.add(waiter)
    this.#waiting++
    if (flow.size === 1) {
      this.#level(flow, now)
      this.#flows.add(flow)
    }
  }

  /** Removes the head, which starts; returns the next head. */
  start(now: number): A | undefined {
    const { virtualStart } = this.head!
    if (!Number.isNaN(virtualStart)) {
      // Virtual time must go on by itself, or ever new callers would all come before anybody's second call.
      const weight = Math.max(this.#weight, this.head!.call.options.weight)
      this.#virtualTime = Math.max(this.#virtualTime, virtualStart) + 1 / weight
    }
    return this.#advance(now)
  }

  /** Removes a call that leaves unserved; returns the next head if the head has changed. */
  leave(waiter: A, now: number): A | undefined {
    if (waiter !== this.head) {
      this.#remove(waiter, now)
      return undefined
    }
    const caller = Number.isNaN(waiter.virtualStart) ? undefined : this.#callers.get(waiter.call.options.caller)
    if (caller !== undefined) this.#spend(caller, -1 / waiter.call.options.weight)
    return this.#advance(now)
  }

  /** Calls that would be served before a call that arrives now, the head included. */
  ahead({ caller: name, priority, weight }: ResolvedOptions, now: number): number {
    if (this.head === undefined) return 0
    this.#rise(now)
    const caller = this.#callers.get(name)
    const own = caller?.flows.find((flow) => flow.priority === priority)?.size ?? 0
    const virtualStart = Math.max(this.#virtualTime, caller?.virtualStart ?? 0) + own / weight
    let ahead = 1
    for (const flow of this.#all()) {
      if (flow.level > priority) continue
      const rival = flow.caller
      const fair = Math.ceil((virtualStart - rival.virtualStart) * rival.weight)
      // More urgent calls and the caller's own go before it; with other callers it shares.
      const all = flow.priority < priority || rival === caller
      ahead += all ? flow.size : Math.max(0, Math.min(flow.size, fair))
    }
    return ahead
  }

  /** Makes the next call the head. */
  #advance(now: number): A | undefined {
    this.#rise(now)
    this.head = undefined
    const next = this.#flows.first?.first
    if (next === undefined) {
      this.#virtualTime = 0
      this.#weight = 0
      if (this.#callers.size > 0) this.#callers.clear()
      return undefined
    }
    const { virtualStart } = next.flow!.caller
    this.#remove(next, now)
    this.head = next
    this.#charge(next, virtualStart)
    return next
  }

  #remove(waiter: A, now: number): void {
    const flow = waiter.flow!
    const { caller } = flow
    const wasFirst = flow.first === waiter
    waiter.flow = undefined
    flow.remove(waiter)
    this.#waiting--
    if (flow.size > 0) {
      if (!wasFirst) return
      this.#level(flow, now)
      return this.#flows.update(flow)
    }
    this.#flows.remove(flow)
    caller.flows.splice(caller.flows.indexOf(flow), 1)
    if (caller.flows.length > 0) return
    this.#weight -= caller.weight
    if (caller.virtualStart <= this.#virtualTime) this.#callers.delete(caller.name)
  }

  #charge(waiter: A, virtualStart: number): void {
    const caller = this.#callerOf(waiter.call.options.caller)
    waiter.virtualStart = virtualStart
    caller.virtualStart = virtualStart
    this.#spend(caller, 1 / waiter.call.options.weight)
  }

  #spend(caller: Caller<A>, virtualTime: number): void {
    caller.virtualStart += virtualTime
    for (const flow of caller.flows) this.#flows.update(flow)
  }

  #callerOf(name: string): Caller<A> {
    const known = this.#callers.get(name)
    if (known !== undefined) return known
    if (this.#callers.size >= this.#tooManyCallers) this.#forget()
    const caller: Caller<A> = { name, flows: [], weight: 1, virtualStart: this.#virtualTime }
    this.#callers.set(name, caller)
    return caller
  }

  /** Drops callers without waiting calls and debt; again when there are twice as many as stayed. */
  #forget(): void {
    for (const [name, { flows, virtualStart }] of this.#callers) {
      if (flows.length === 0 && virtualStart <= this.#virtualTime) this.#callers.delete(name)
    }
    this.#tooManyCallers = Math.max(64, 2 * this.#callers.size)
  }

  /** Gives a flow the level of its first call. */
  #level(flow: Flow<A>, now: number): void {
    const { arrivedAt } = flow.first!
    const steps = this.#step === Infinity ? 0 : Math.floor((now - arrivedAt) / this.#step)
    flow.level = Math.max(0, flow.priority - steps)
    if (flow.level > 0 && this.#step < Infinity) {
      this.#risesAt = Math.min(this.#risesAt, arrivedAt + (steps + 1) * this.#step)
    }
  }

  /** Raises the flows whose first call has waited long enough. */
  #rise(now: number): void {
    if (now < this.#risesAt) return
    this.#risesAt = Infinity
    for (const flow of this.#all()) {
      const { level } = flow
      this.#level(flow, now)
      if (flow.level < level) this.#flows.update(flow)
    }
  }
}
