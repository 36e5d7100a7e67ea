import { Duration, Predicate } from "effect"
import { type Call, type ResolvedOptions, target } from "../../Call.ts"
import { post, change, type Step } from "../../engine/Line.ts"
import { Lru } from "../../engine/Lru.ts"
import { clockResolution } from "../../engine/Time.ts"
import { Timer, type TimerQueue } from "../../engine/TimerQueue.ts"
import type { Lane } from "../../Limits.ts"
import { NeverAdmissible, type Reason, startsTooLate } from "../../Rejection.ts"
import { balance, type Candidate, type Endpoint } from "./Endpoint.ts"
import { FallbackModels } from "../../config/Models.ts"

/** The decision about a call: the endpoint that it goes to, a refusal, or the moment before which it cannot start. */
export type Choice = Candidate | Reason | number

/** A call that is to be sent to an endpoint. */
export interface Routed {
  readonly call: Call
  /** Waiting calls of lower rank go first. */
  readonly rank: number
  /** Whether it has been sent to an endpoint before. */
  readonly hasTried: boolean
  /** Whether the endpoint has not been tried with this model. */
  readonly mayTry: (candidate: Candidate) => boolean
  /** Sends it, or refuses it. */
  readonly decide: (choice: Candidate | Reason) => void
}

export const isCandidate = (choice: Choice | undefined): choice is Candidate =>
  Predicate.hasProperty(choice, "endpoint")

/** The endpoints for a model, then those for each model that may answer in its place. */
type Plan = ReadonlyArray<ReadonlyArray<Candidate>>

// Names of models come from callers.
const mostPlans = 1000
const mostLanes = 100

/** The interval in milliseconds at which waiting calls are checked anyway, since a raised limit sends no event. */
const looksEvery = 100

/** Milliseconds by which each level of priority delays a call's turn. */
const priorityStep = 10_000

/** Failed attempts in a row after which an endpoint counts as failing. */
const failsAfter = 3

const noEndpoint = new NeverAdmissible({ limit: "model", asked: 1, capacity: 0 })

/** The model that a call names; empty if it names none. */
const modelOf = (options: ResolvedOptions): string => options[target]?.model ?? options.model ?? ""

const waitOf = (reason: Reason | undefined): number =>
  reason?.retryAfter === undefined ? Infinity : Duration.toMillis(reason.retryAfter)

/** Returns the refusal that ends sooner; `NeverAdmissible` never ends. */
const milder = (one: Reason | undefined, other: Reason): Reason => {
  if (one === undefined || one._tag === "NeverAdmissible") return other
  return other._tag !== "NeverAdmissible" && waitOf(other) < waitOf(one) ? other : one
}

/** Sends calls to endpoints, and lets them wait for one that can start them. */
export class Routing implements Step {
  endpoints: ReadonlyArray<Endpoint> = []
  readonly timers: TimerQueue
  /** The calls that wait, those that go first in front. */
  readonly #waiting: Array<Routed> = []
  readonly #timer = new Timer(() => this.look())
  readonly #lanes = new Map<string, RouteLane>()
  #fallbacks = new FallbackModels({})
  #plans = new Lru<string, Plan>(mostPlans)
  #virtualTime = 0

  constructor(timers: TimerQueue) {
    this.timers = timers
  }

  get waiting(): ReadonlyArray<Routed> {
    return this.#waiting
  }

  /** Replaces the endpoints and the fallback models. */
  update(endpoints: ReadonlyArray<Endpoint>, fallbackModels: Readonly<Record<string, ReadonlyArray<string>>>): void {
    this.endpoints = endpoints
    this.#fallbacks = new FallbackModels(fallbackModels)
    this.#plans = new Lru(mostPlans)
    this.look()
  }

  /** The endpoints for a model, in the order in which they may be asked; empty if none serves it. */
  planOf(model: string): Plan {
    const known = this.#plans.get(model)
    if (known !== undefined) return known
    const plan = this.#planOf(model)
    this.#plans.set(model, plan)
    return plan
  }

  #planOf(model: string): Plan {
    if (model === "") return [this.endpoints.map((endpoint) => ({ endpoint, model: "" }))]
    const candidates = (asked: string): ReadonlyArray<Candidate> =>
      this.endpoints.flatMap((endpoint) => {
        const name = endpoint.models.nameOf(asked)
        return name === undefined ? [] : [{ endpoint, model: name }]
      })
    const own = candidates(model)
    if (own.length === 0) return []
    return [own, ...this.#fallbacks.of(model).map(candidates)].filter((step) => step.length > 0)
  }

  /** The line of the queue for calls of one model, so that calls of other models do not delay them. */
  laneOf(options: ResolvedOptions): Lane {
    const model = modelOf(options)
    const known = this.#lanes.get(model)
    if (known !== undefined) return known
    // Callers may make up names without end.
    if (this.#lanes.size >= mostLanes) {
      for (const [name, lane] of this.#lanes) if (lane.size === 0) this.#lanes.delete(name)
    }
    const key = this.#lanes.size < mostLanes ? model : "*"
    const lane = this.#lanes.get(key) ?? new RouteLane(this, model)
    this.#lanes.set(key, lane)
    return lane
  }

  /** Counts the queued calls that the endpoint could serve. */
  queueSizeOf(endpoint: Endpoint): number {
    let size = 0
    for (const lane of this.#lanes.values()) {
      if (lane.plan.some((step) => step.some((each) => each.endpoint === endpoint))) size += lane.size
    }
    return size
  }

  /** Adds a waiting call, and starts the calls that can start. */
  wait(call: Routed): void {
    let place = this.#waiting.length
    while (place > 0 && this.#waiting[place - 1]!.rank > call.rank) place--
    this.#waiting.splice(place, 0, call)
    this.look()
  }

  /** Removes a waiting call; returns whether it waited. */
  remove(call: Routed): boolean {
    const place = this.#waiting.indexOf(call)
    if (place >= 0) this.#waiting.splice(place, 1)
    return place >= 0
  }

  /** Looks again once the current step has ended. */
  lookSoon(): void {
    if (this.#waiting.length > 0) post(this)
  }

  step(): void {
    change(() => this.look())
  }

  /**
   * Sends waiting calls, in order, to endpoints that can start them. A call that cannot start claims its busy endpoints,
   * so that calls behind it do not take them.
   */
  look(): void {
    this.timers.cancel(this.#timer)
    if (this.#waiting.length === 0) return
    const at = this.timers.now()
    const claimed = new Set<Endpoint>()
    let next = Infinity
    let isAnySent = false
    for (const call of this.#waiting.slice()) {
      if (claimed.size >= this.endpoints.length) break
      const choice = this.choose(call, at, claimed)
      if (typeof choice === "number") {
        next = Math.min(next, choice)
        continue
      }
      this.remove(call)
      call.decide(choice)
      isAnySent = true
    }
    // Whether more can start where one was sent shows once that has entered.
    if (isAnySent) this.lookSoon()
    if (this.#waiting.length === 0) return
    this.timers.set(this.#timer, at, Math.min(Math.max(next - at, clockResolution), looksEvery))
  }

  /** Charges an endpoint for a call that is sent to it. */
  send({ endpoint }: Candidate): void {
    const start = Math.max(endpoint.virtualTime, this.#virtualTime)
    this.#virtualTime = start
    endpoint.virtualTime = start + 1 / endpoint.described.weight
  }

  /** Decides about a call. Endpoints in `claimed` are reserved for calls before it. */
  choose(call: Routed, at: number, claimed: Set<Endpoint>): Choice {
    const { options } = call.call
    const plan = this.planOf(modelOf(options))
    let refusal: Reason | undefined = plan.length === 0 ? noEndpoint : undefined
    let coolsAt = Infinity
    for (const step of plan) {
      const found = this.#look(call, step, at, claimed)
      if (found.choice !== undefined) return found.choice
      coolsAt = Math.min(coolsAt, found.coolsAt)
      if (found.refusal !== undefined) refusal = milder(refusal, found.refusal)
    }
    if (call.hasTried) return refusal ?? noEndpoint
    return coolsAt < Infinity ? inTime(call, coolsAt) : (refusal ?? noEndpoint)
  }

  /** Whether an untried endpoint is left that does not count as failing. */
  hasHealthy(call: Routed, at: number): boolean {
    const { options } = call.call
    return this.planOf(modelOf(options)).some((step) =>
      step.some(
        (each) =>
          each.endpoint.failures < failsAfter &&
          call.mayTry(each) &&
          each.endpoint.gate.refusal?.(options, at) === undefined
      )
    )
  }

  /** Looks at the endpoints for one model. */
  #look(call: Routed, step: ReadonlyArray<Candidate>, at: number, claimed: Set<Endpoint>) {
    const { options } = call.call
    const ready: Array<Candidate> = []
    const busy: Array<Endpoint> = []
    let refusal: Reason | undefined
    let coolsAt = Infinity
    let readyAt = Infinity
    for (const candidate of step) {
      if (!call.mayTry(candidate)) continue
      const { gate, name } = candidate.endpoint
      const reason = gate.refusal?.(options, at)
      const cooled = gate.cooledUntil?.({ endpoint: name, model: candidate.model }, at) ?? at
      if (reason !== undefined) refusal = milder(refusal, reason)
      else if (cooled >= at + clockResolution) coolsAt = Math.min(coolsAt, cooled)
      else {
        const isTaken = claimed.has(candidate.endpoint) || candidate.endpoint.awaited !== undefined
        const moment = isTaken ? Infinity : (gate.readyAt?.(options, at) ?? at)
        if (moment < at + clockResolution) ready.push(candidate)
        else busy.push(candidate.endpoint)
        readyAt = Math.min(readyAt, moment)
      }
    }
    if (ready.length > 0) return { choice: balance(ready, options, this.#virtualTime, at), coolsAt, refusal }
    if (busy.length === 0) return { choice: undefined, coolsAt, refusal }
    for (const endpoint of busy) claimed.add(endpoint)
    // What another call holds up may be free at any time.
    const isKnown = readyAt < Infinity && busy.length === 1
    return { choice: isKnown ? inTime(call, readyAt) : readyAt, coolsAt, refusal }
  }
}

/** The moment until which a call waits, or its refusal if that is after its deadline. */
const inTime = ({ call }: Routed, moment: number): Choice => {
  const late = moment - call.deadlineAt
  return late < clockResolution ? moment : startsTooLate(late)
}

/** The rank of a waiting call: its arrival time, plus a delay for each level of its priority. */
export const rankOf = (arrivedAt: number, { priority }: ResolvedOptions): number => arrivedAt + priority * priorityStep

/** The limits of the calls for one model. */
class RouteLane implements Lane {
  readonly #routing: Routing
  readonly #model: string
  size = 0

  constructor(routing: Routing, model: string) {
    this.#routing = routing
    this.#model = model
  }

  get plan(): Plan {
    return this.#routing.planOf(this.#model)
  }

  readonly permits = (): number => {
    let permits = 0
    for (const { endpoint } of this.plan[0] ?? []) permits += endpoint.gate.permits?.() ?? Infinity
    return permits
  }

  readonly cooldownUntil = (): number => {
    let until = Infinity
    for (const { endpoint } of this.plan[0] ?? []) until = Math.min(until, endpoint.gate.cooldownUntil?.() ?? -Infinity)
    return until === Infinity ? -Infinity : until
  }

  readonly onWaiting = (size: number): void => {
    this.size = size
  }
}
