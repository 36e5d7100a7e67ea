import { Fifo, type Linked } from "../../engine/Fifo.ts"
import { Heap, type Ranked } from "../../engine/Heap.ts"

/** A call as the shares see it. */
export interface Member<A> extends Linked<A> {
  arrivedAt: number
  order: number
}

/** The waiting calls of one caller and one priority, in order of arrival: the first is always the most urgent. */
export class Flow<A extends Member<A>> extends Fifo<A> {
  readonly caller: Caller<A>
  readonly priority: number
  /** The level of its first call. */
  level = 0

  constructor(caller: Caller<A>, priority: number) {
    super()
    this.caller = caller
    this.priority = priority
  }
}

const goesFirst = <A extends Member<A>>(a: Share<A>, b: Share<A>): boolean => {
  const [one, other] = [a.best!, b.best!]
  if (one.level !== other.level) return one.level < other.level
  return a.virtualStart === b.virtualStart ? one.first!.order < other.first!.order : a.virtualStart < b.virtualStart
}

/** A caller or a group of callers, which has a share by weight among those beside it. */
abstract class Share<A extends Member<A>> implements Ranked {
  /** The group that it is in; `undefined` for the group of all. */
  readonly parent: Group<A> | undefined
  weight: number
  /** The virtual time of its group from which its next call is served. */
  virtualStart: number
  /** The virtual time from which its last call was served. */
  servedFrom = 0
  /** The flow whose first call is its next; `undefined` if none of its calls waits. */
  best: Flow<A> | undefined = undefined
  /** Whether it is in the heap of its group. */
  isActive = false
  heapIndex = 0

  constructor(parent: Group<A> | undefined, weight: number) {
    this.parent = parent
    this.weight = weight
    this.virtualStart = parent?.virtualTime ?? 0
  }

  /** Charges it, and the groups around it, for a call of so much cost; a negative cost is a refund. */
  charge(cost: number): void {
    if (this.parent === undefined) return
    this.servedFrom = this.virtualStart
    this.virtualStart += cost / this.weight
    this.parent.charge(cost)
  }

  /** Moves the virtual time around it on: its call of so much cost, the last that was charged, has started. */
  start(cost: number): void {
    const { parent } = this
    if (parent === undefined) return
    // It must go on by itself, or ever new callers would all come before anybody's second call.
    const weight = Math.max(parent.activeWeight, this.weight)
    parent.virtualTime = Math.max(parent.virtualTime, this.servedFrom) + cost / weight
    parent.start(cost)
  }
}

export type { Share }

/** A caller that has calls in the queue, or has used more than its share. */
export class Caller<A extends Member<A>> extends Share<A> {
  /** Its waiting calls, one flow per priority. */
  readonly flows: Array<Flow<A>> = []

  /** Brings the shares up to date after its calls, its charge or its weight have changed. */
  update(weight = this.weight): void {
    if (weight !== this.weight) this.#weigh(weight)
    this.best = undefined
    for (const flow of this.flows) if (this.best === undefined || isMoreUrgent(flow, this.best)) this.best = flow
    this.parent!.place(this)
  }

  #weigh(weight: number): void {
    if (this.isActive) this.parent!.activeWeight += weight - this.weight
    this.weight = weight
  }
}

const isMoreUrgent = <A extends Member<A>>(a: Flow<A>, b: Flow<A>): boolean =>
  a.level === b.level ? a.first!.order < b.first!.order : a.level < b.level

/** Callers and groups of callers that share by start-time fair queueing (Goyal, Vin, Cheng, 1996). */
export class Group<A extends Member<A>> extends Share<A> {
  readonly callers = new Map<string, Caller<A>>()
  groups: Map<string, Group<A>> | undefined = undefined
  virtualTime = 0
  /** The weights of all members with waiting calls. */
  activeWeight = 0
  readonly #active = new Heap<Share<A>>(goesFirst)

  /** Gives a member its place after it has changed, and the group its own in the group around it. */
  place(member: Share<A>): void {
    if (member.best === undefined) {
      if (member.isActive) this.#remove(member)
    } else if (member.isActive) this.#active.update(member)
    else this.#add(member)
    this.best = this.#active.first?.best
    this.parent?.place(this)
  }

  *members(): Generator<Share<A>> {
    yield* this.callers.values()
    if (this.groups !== undefined) yield* this.groups.values()
  }

  *flows(): Generator<Flow<A>> {
    for (const { flows } of this.callers.values()) yield* flows
    if (this.groups !== undefined) for (const group of this.groups.values()) yield* group.flows()
  }

  /** Forgets members without waiting calls and debt; returns how many callers and groups are left. */
  forget(): number {
    let left = 0
    for (const [name, caller] of this.callers) {
      if (this.#isDone(caller)) this.callers.delete(name)
      else left++
    }
    for (const [name, group] of this.groups ?? []) {
      if (this.#isDone(group)) this.groups!.delete(name)
      else left += 1 + group.forget()
    }
    return left
  }

  /** Begins anew, without members. */
  clear(): void {
    this.virtualTime = 0
    this.activeWeight = 0
    if (this.callers.size > 0) this.callers.clear()
    this.groups = undefined
  }

  #isDone({ isActive, virtualStart }: Share<A>): boolean {
    return !isActive && virtualStart <= this.virtualTime
  }

  #add(member: Share<A>): void {
    member.isActive = true
    // A member gets no credit for time it did not use.
    member.virtualStart = Math.max(member.virtualStart, this.virtualTime)
    this.activeWeight += member.weight
    this.#active.add(member)
  }

  #remove(member: Share<A>): void {
    member.isActive = false
    this.activeWeight -= member.weight
    this.#active.remove(member)
  }
}
