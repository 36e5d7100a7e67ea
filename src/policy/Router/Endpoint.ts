import { type Call, type End, type Policies, type Policy, type ResolvedOptions, Stage } from "../../Call.ts"
import * as Failure from "../../Failure.ts"
import type { Gate } from "../../Gate.ts"
import { EndpointCounts } from "../../stats/EndpointStats.ts"
import { outcomeOf } from "../../stats/Event.ts"
import type { Endpoint as Counted } from "../../stats/Snapshot.ts"
import { usageOf } from "../../TokenUsage.ts"
import { Models } from "../../config/Models.ts"
import { errorOf } from "../../Rejection.ts"

/** The configuration of an endpoint, which may change while calls run. */
export interface Described {
  readonly name: string
  readonly models: ReadonlyArray<string> | undefined
  readonly aliases: Readonly<Record<string, string>> | undefined
  readonly weight: number
  readonly order: number
  readonly value: unknown
}

/** An endpoint with its own policies, its models, and its current load. */
export class Endpoint {
  readonly gate: Gate["Service"]
  readonly counts: EndpointCounts
  /** Its policies, beneath the stage that counts its attempts. */
  readonly policies: Policies
  readonly #onFree: (endpoint: Endpoint) => void
  described: Described
  models: Models
  /** Permits of the attempts that were sent here and have not really ended. */
  load = 0
  /** The call that was sent here last, until it enters. */
  awaited: Call | undefined = undefined
  /** Failed attempts since the last that succeeded. */
  failures = 0
  /** The moment in virtual time at which its last attempt ended: see `balance`. */
  virtualTime = 0
  isRemoved = false

  constructor(
    gate: Gate["Service"],
    counts: EndpointCounts,
    described: Described,
    onFree: (endpoint: Endpoint) => void
  ) {
    const { floor, policies } = gate.chain ?? { floor: gate.pass, policies: [] }
    this.gate = gate
    this.counts = counts
    this.described = described
    this.models = new Models(described.models, described.aliases)
    this.#onFree = onFree
    const counting: Policy = (call) => new EndpointAttempt(call, this)
    this.policies = { policies: [counting, ...policies], floor }
  }

  get name(): string {
    return this.described.name
  }

  describe(described: Described): void {
    this.described = described
    this.models = new Models(described.models, described.aliases)
  }

  /** An attempt has really ended, or left without a start. */
  onFree(permits: number): void {
    this.load -= permits
    this.#onFree(this)
  }

  snapshot(now: number, queueSize: number): Counted {
    const { name, order, weight } = this.described
    const draining = this.isRemoved
    return this.counts.snapshot(now, { name, models: this.models.names, weight, order, draining, queueSize })
  }
}

/** One attempt at an endpoint: counts it, and what it takes of the endpoint's load. */
class EndpointAttempt extends Stage {
  readonly call: Call
  readonly #endpoint: Endpoint
  /** The holders of its permits: the attempt, and its work. */
  #users = 1
  #startedAt = NaN
  #hasAnswered = false
  #unsubscribe: (() => void) | undefined = undefined

  constructor(call: Call, endpoint: Endpoint) {
    super()
    this.call = call
    this.#endpoint = endpoint
  }

  override enter() {
    if (this.#endpoint.awaited === this.call) this.#endpoint.awaited = undefined
    this.#endpoint.load += this.call.options.permits
    this.call.usage = undefined
  }

  override start(at: number) {
    const { counts } = this.#endpoint
    this.#users++
    this.#startedAt = at
    counts.onStarted()
    this.#unsubscribe = this.call.progress?.subscribe(() => {
      this.#unsubscribe!()
      this.#hasAnswered = true
      counts.firstToken.record(this.call.now() - at)
    })
  }

  override stop() {
    this.#endpoint.counts.onStopped()
    this.#release()
  }

  override leave(end: End, at: number) {
    this.#unsubscribe?.()
    if (!Number.isNaN(this.#startedAt)) this.#judge(end, at)
    this.#release()
  }

  #judge(end: End, at: number): void {
    const endpoint = this.#endpoint
    const { outcome } = outcomeOf(end, true, this.#hasAnswered)
    const error = errorOf(end)
    const isRateLimited = error !== undefined && Failure.statusOf(error) === 429
    if (outcome === "succeeded") endpoint.failures = 0
    else if (outcome !== "cancelled") endpoint.failures++
    endpoint.counts.onEnded(outcome === "rejected" ? "failed" : outcome, at - this.#startedAt, isRateLimited)
    const usage = this.call.usage ?? usageOf(end)
    if (usage !== undefined) endpoint.counts.onTokens(usage.prompt, usage.completion)
  }

  #release(): void {
    if (--this.#users === 0) this.#endpoint.onFree(this.call.options.permits)
  }
}

/** An endpoint, and the name by which it knows the model that a call asks for. */
export interface Candidate {
  readonly endpoint: Endpoint
  readonly model: string
}

/** Whether an endpoint would be no busier with the call, by weight, than the other is without it. */
const isIdlerThan = (one: Endpoint, other: Endpoint, { permits }: ResolvedOptions): boolean =>
  one !== other && (one.load + permits) / one.described.weight <= other.load / other.described.weight

/**
 * Chooses among endpoints that can start a call now.
 *
 * One whose circuit is to be probed comes first, or it would stay out as long as others have room. Then those of the
 * lowest order; of these the least loaded by weight; and of those about equally loaded the one that has had least of its
 * share, as start-time fair queueing tells it (Goyal, Vin, Cheng, 1996).
 */
export const balance = (
  ready: ReadonlyArray<Candidate>,
  options: ResolvedOptions,
  virtualTime: number,
  at: number
): Candidate => {
  const probe = ready.find(({ endpoint }) => endpoint.gate.probes?.(at) === true)
  if (probe !== undefined || ready.length === 1) return probe ?? ready[0]!
  const order = Math.min(...ready.map(({ endpoint }) => endpoint.described.order))
  const first = ready.filter(({ endpoint }) => endpoint.described.order === order)
  const idle = first.filter(({ endpoint }) => !first.some((other) => isIdlerThan(other.endpoint, endpoint, options)))
  // An endpoint that was out for a while has no claim to what it missed.
  const startOf = ({ endpoint }: Candidate) => Math.max(endpoint.virtualTime, virtualTime)
  return idle.reduce((best, each) => (startOf(each) < startOf(best) ? each : best))
}
