import type { Call, ResolvedOptions } from "../../Call.ts"
import { Ewma } from "./Ewma.ts"
import { Caller, Flow, Group, type Member, type Share } from "./Share.ts"

/** A call in the queue. */
export interface Waiter<A extends Member<A>> extends Member<A> {
  readonly call: Pick<Call, "options"> & Partial<Pick<Call, "deadlineAt">>
  /** The flow in which it waits; `undefined` for the head, and once it is out. */
  flow: Flow<A> | undefined
  /** The caller that is charged for it; `undefined` until it is the head and another waits. */
  charged: Caller<A> | undefined
}

export type { Flow, Caller }

/** How calls are ordered. */
export interface Order {
  /** The time after which a waiting call counts as one level more urgent, in milliseconds. */
  readonly priorityAging: number
  /** A caller whose oldest call has waited longer is served newest first. */
  readonly newestFirstAfter: number
  /** The same for one whose oldest call has waited for more than this share of its deadline. */
  readonly newestFirstShare?: number | undefined
  /**
   * Whether the model answers at present. While it does not, none is served newest first: what starts then is likely to
   * be lost, and the oldest call has the least to lose. Default: always.
   */
  readonly isAnswering?: ((now: number) => boolean) | undefined
  /** What a call costs its caller; 0 if that is not known. Default: 1. */
  readonly charge?: ((options: ResolvedOptions) => number) | undefined
  /** The weight of a group of callers, by its name. */
  readonly groupWeight: (group: string) => number
}

/**
 * Orders waiting calls: by level, then fairly between callers, then as they came.
 *
 * A call's level is its priority, less one for each aging step it has waited. Callers share by start-time fair queueing
 * (Goyal, Vin, Cheng, 1996), within groups that share in the same way (Bennett and Zhang's hierarchy, 1996): each call
 * served charges its caller its cost divided by `weight` of virtual time, and the caller charged least goes first. A call
 * is charged when it becomes the head, and refunded if it leaves unserved, so calls that leave cost their caller nothing.
 */
export class FairQueue<A extends Waiter<A>> {
  /** The call that is served next; it has left its flow. */
  head: A | undefined
  readonly #settings: Order
  readonly #all = new Group<A>(undefined, 1)
  #waiting = 0
  #order = 0
  /** What the head is charged. */
  #cost = 1
  /** What calls cost. */
  readonly #costs = new Ewma(1)
  /** No flow rises to another level before this moment. */
  #risesAt = Infinity
  /** Callers and groups that are known. */
  known = 0
  #tooMany = 64
  /** Keeps the shapes of callers and flows alive while the queue is empty: see `Chain.specimens`. */
  readonly #specimen = new Flow<A>(new Caller<A>(new Group(undefined, 1), 1), 0)

  constructor(settings: Order) {
    this.#settings = settings
    this.#specimen.caller.update()
  }

  /** Calls in the queue, the head included. */
  get size(): number {
    return this.#waiting + (this.head === undefined ? 0 : 1)
  }

  /** When the call that has been here longest arrived. */
  get oldestArrival(): number | undefined {
    let oldest = this.head?.arrivedAt
    for (const { first } of this.#all.flows())
      if (oldest === undefined || first!.arrivedAt < oldest) oldest = first!.arrivedAt
    return oldest
  }

  *[Symbol.iterator](): Generator<A> {
    if (this.head !== undefined) yield this.head
    for (const flow of this.#all.flows()) yield* flow
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
    if (this.head.charged === undefined) this.#charge(this.head, this.#callerOf(this.head.call.options))
    const { options } = waiter.call
    const caller = this.#callerOf(options)
    let flow = caller.flows.find(({ priority }) => priority === options.priority)
    if (flow === undefined) caller.flows.push((flow = new Flow<A>(caller, options.priority)))
    waiter.flow = flow
    flow.add(waiter)
    this.#waiting++
    if (flow.size === 1) this.#level(flow, now)
    if (flow.size === 1 || options.weight !== caller.weight) caller.update(options.weight)
  }

  /** Removes the head, which starts; returns the next head. */
  start(now: number): A | undefined {
    this.head!.charged?.start(this.#cost)
    return this.#advance(now)
  }

  /** Removes a call that leaves unserved; returns the next head if the head has changed. */
  leave(waiter: A, now: number): A | undefined {
    if (waiter !== this.head) {
      this.#remove(waiter, now).update()
      return undefined
    }
    waiter.charged?.charge(-this.#cost)
    waiter.charged?.update()
    return this.#advance(now)
  }

  /** The call that is dropped first: the oldest of the least urgent level, of the caller that has most of them waiting. */
  oldest(now: number): A | undefined {
    this.#rise(now)
    let worst: Flow<A> | undefined
    for (const flow of this.#all.flows()) if (worst === undefined || isDroppedFirst(flow, worst)) worst = flow
    const { head } = this
    if (worst === undefined || head === undefined) return head
    const level = this.levelOf(head, now)
    if (level !== worst.level) return level > worst.level ? head : worst.first
    return this.#waitingWith(head) + 1 >= worst.size ? head : worst.first
  }

  /** The level of a call. */
  levelOf({ arrivedAt, call }: A, now: number): number {
    const step = this.#settings.priorityAging
    const steps = step === Infinity ? 0 : Math.floor((now - arrivedAt) / step)
    return Math.max(0, call.options.priority - steps)
  }

  /** Calls that would be served before a call that arrives now, the head included. */
  ahead({ caller: name, priority }: ResolvedOptions, now: number): number {
    if (this.head === undefined) return 0
    this.#rise(now)
    const { caller, group: innermost } = this.#find(name)
    const { mean: cost } = this.#costs
    // More urgent calls and the caller's own go before it; with other callers it shares.
    let own = 0
    for (const flow of caller?.flows ?? []) {
      if (flow.level <= priority && !(flow.priority === priority && this.#isNewestFirst(flow, now))) own += flow.size
    }
    let inside: Share<A> | undefined = caller
    for (let group: Group<A> | undefined = innermost; group !== undefined; group = group.parent) {
      const virtualStart = Math.max(group.virtualTime, inside?.virtualStart ?? 0) + (own * cost) / (inside?.weight ?? 1)
      for (const rival of group.members()) {
        if (rival !== inside && rival.best !== undefined) own += aheadOf(rival, virtualStart, cost, priority)
      }
      inside = group
    }
    return own + 1
  }

  /** Makes the next call the head. */
  #advance(now: number): A | undefined {
    this.#rise(now)
    this.head = undefined
    const flow = this.#all.best
    if (flow === undefined) {
      this.#all.clear()
      this.known = 0
      return undefined
    }
    const next = this.#isNewestFirst(flow, now) ? flow.last! : flow.first!
    this.head = next
    this.#charge(next, this.#remove(next, now))
    return next
  }

  #isNewestFirst({ first }: Flow<A>, now: number): boolean {
    const { isAnswering, newestFirstAfter, newestFirstShare = 1 } = this.#settings
    const { arrivedAt, call } = first!
    const { deadlineAt = Infinity } = call
    if (now - arrivedAt <= Math.min(newestFirstAfter, newestFirstShare * (deadlineAt - arrivedAt))) return false
    return isAnswering === undefined || isAnswering(now)
  }

  /** Takes a call out of its flow; its caller must be updated then. */
  #remove(waiter: A, now: number): Caller<A> {
    const flow = waiter.flow!
    const { caller } = flow
    const wasFirst = flow.first === waiter
    waiter.flow = undefined
    flow.remove(waiter)
    this.#waiting--
    if (flow.size === 0) caller.flows.splice(caller.flows.indexOf(flow), 1)
    else if (wasFirst) this.#level(flow, now)
    return caller
  }

  #charge(waiter: A, caller: Caller<A>): void {
    const { charge } = this.#settings
    if (charge !== undefined) this.#cost = this.#costOf(charge(waiter.call.options))
    waiter.charged = caller
    caller.charge(this.#cost)
    caller.update()
  }

  /** A call of unknown cost is taken to cost as much as others. */
  #costOf(cost: number): number {
    if (!(cost > 0)) return this.#costs.mean
    this.#costs.add(cost)
    return cost
  }

  /** How many calls of the caller and the priority of the head wait behind it. */
  #waitingWith(head: A): number {
    const { caller: name, priority } = head.call.options
    return this.#find(name).caller?.flows.find((flow) => flow.priority === priority)?.size ?? 0
  }

  /** A caller as far as it is known, and the group that it is in or would be. */
  #find(name: string): { readonly group: Group<A>; readonly caller: Caller<A> | undefined } {
    let group = this.#all
    let rest = name
    for (let slash = rest.indexOf("/"); slash >= 0; slash = rest.indexOf("/")) {
      const inner = group.groups?.get(rest.slice(0, slash))
      if (inner === undefined) return { group, caller: undefined }
      group = inner
      rest = rest.slice(slash + 1)
    }
    const inner = group.groups?.get(rest)
    if (inner !== undefined) return { group: inner, caller: inner.callers.get("") }
    return { group, caller: group.callers.get(rest) }
  }

  #callerOf({ caller: name, weight }: ResolvedOptions): Caller<A> {
    // Before the way is made: what was made a moment ago looks as if it need not be known.
    if (this.known >= this.#tooMany) this.#forget()
    let group = this.#all
    let from = 0
    for (let slash = name.indexOf("/"); slash >= 0; slash = name.indexOf("/", from)) {
      group = this.#groupIn(group, name.slice(from, slash), name.slice(0, slash))
      from = slash + 1
    }
    let last = from === 0 ? name : name.slice(from)
    const inner = group.groups?.get(last)
    if (inner !== undefined) [group, last] = [inner, ""]
    const known = group.callers.get(last)
    if (known !== undefined) return known
    this.known++
    const caller = new Caller<A>(group, weight)
    group.callers.set(last, caller)
    return caller
  }

  #groupIn(parent: Group<A>, name: string, path: string): Group<A> {
    const known = parent.groups?.get(name)
    if (known !== undefined) return known
    this.known++
    const group = new Group<A>(parent, this.#settings.groupWeight(path))
    parent.groups ??= new Map()
    parent.groups.set(name, group)
    return group
  }

  /** Forgets callers and groups that need not be known; again when there are twice as many as stayed. */
  #forget(): void {
    this.known = this.#all.forget()
    this.#tooMany = Math.max(64, 2 * this.known)
  }

  /** Gives a flow the level of its first call. */
  #level(flow: Flow<A>, now: number): void {
    const step = this.#settings.priorityAging
    const first = flow.first!
    flow.level = this.levelOf(first, now)
    if (flow.level > 0 && step < Infinity) {
      this.#risesAt = Math.min(this.#risesAt, first.arrivedAt + (flow.priority - flow.level + 1) * step)
    }
  }

  /** Raises the flows whose first call has waited long enough. */
  #rise(now: number): void {
    if (now < this.#risesAt) return
    this.#risesAt = Infinity
    for (const flow of this.#all.flows()) {
      const { level } = flow
      this.#level(flow, now)
      if (flow.level < level) flow.caller.update()
    }
  }
}

const isDroppedFirst = <A extends Waiter<A>>(a: Flow<A>, b: Flow<A>): boolean => {
  if (a.level !== b.level) return a.level > b.level
  return a.size === b.size ? a.first!.order < b.first!.order : a.size > b.size
}

/** How many calls of a caller or a group are served before one of the virtual time and the priority. */
const aheadOf = <A extends Waiter<A>>(
  rival: Share<A>,
  virtualStart: number,
  cost: number,
  priority: number
): number => {
  let [urgent, equal] = [0, 0]
  for (const flow of rival instanceof Group ? (rival as Group<A>).flows() : (rival as Caller<A>).flows) {
    if (flow.level > priority) continue
    if (flow.priority < priority) urgent += flow.size
    else equal += flow.size
  }
  const fair = Math.ceil(((virtualStart - rival.virtualStart) * rival.weight) / cost)
  return urgent + Math.max(0, Math.min(equal, fair))
}
