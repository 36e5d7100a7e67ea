import { type Call, type End, Stage, waits } from "../../Call.ts"
import * as Failure from "../../Failure.ts"
import { errorOf, isWorkFailure, type Reason, Rejection } from "../../Rejection.ts"
import type { Candidate } from "./Endpoint.ts"
import { type Choice, isCandidate, rankOf, type Routing } from "./Routing.ts"

/** Whether another endpoint may admit a call that the policies of this one refused. */
const isOfEndpoint = ({ reason }: Rejection): boolean =>
  reason._tag !== "DeadlineExceeded" || reason.limit === "attempt" || (reason.limit === "call" && !reason.started)

/** Whether another endpoint may answer after an attempt that ended this way. */
const mayHelp = (end: End): boolean => {
  const error = errorOf(end)
  if (error === undefined) return false
  if (error instanceof Rejection) return !isWorkFailure(error) && isOfEndpoint(error)
  const status = Failure.statusOf(error)
  // Another endpoint may serve a call that failed for an empty account or with `x-should-retry: false`.
  return status === undefined ? Failure.isTransient(error) : status >= 500 || status === 408 || status === 429
}

const isRefusal = (end: End): boolean => errorOf(end) instanceof Rejection

/** A call on its way to one endpoint after the other, until one answers. */
export class RoutedCall extends Stage {
  readonly call: Call
  readonly #routing: Routing
  readonly #tried: Array<Candidate> = []
  /** Where it was sent. */
  #candidate: Candidate | undefined = undefined
  /** Whether `enter` runs, which lets the call on or refuses it by what it returns. */
  #inHook = false
  #refusal: Reason | undefined = undefined
  #lastFailure: End | undefined = undefined
  /** Attempts that had started when it was last sent. */
  #before = 0
  rank = NaN

  constructor(call: Call, routing: Routing) {
    super()
    this.call = call
    this.#routing = routing
  }

  get hasTried(): boolean {
    return this.#tried.length > 0
  }

  /** Whether an endpoint has not been tried with this model. */
  mayTry({ endpoint, model }: Candidate): boolean {
    return !this.#tried.some((tried) => tried.endpoint === endpoint && tried.model === model)
  }

  override enter(at: number) {
    this.rank = rankOf(at, this.call.options)
    this.#inHook = true
    if (this.#routing.waiting.length === 0) {
      const choice = this.#routing.choose(this, at, new Set())
      if (typeof choice === "number") this.#routing.wait(this)
      else this.decide(choice)
    } else {
      this.#routing.wait(this)
    }
    this.#inHook = false
    return this.#refusal ?? (this.#candidate === undefined ? waits : undefined)
  }

  /** Sends the call to an endpoint, or ends it. */
  decide(choice: Exclude<Choice, number>): void {
    if (!isCandidate(choice)) {
      this.#refusal = choice
      if (!this.#inHook) this.call.cut(this, choice)
      return
    }
    const { endpoint, model } = choice
    this.#candidate = choice
    this.#before = this.call.attempts
    endpoint.awaited = this.call
    this.#routing.send(choice)
    this.call.goThrough(endpoint.policies, { endpoint: endpoint.name, model, value: endpoint.described.value }, this)
    if (!this.#inHook || this.hasTried) this.call.proceed(this)
  }

  override leave(end: End, at: number) {
    const candidate = this.#candidate
    this.#candidate = undefined
    this.#routing.remove(this)
    this.#routing.lookSoon()
    // Refused while it waited for another endpoint: the failure of the last says more.
    if (candidate === undefined) return isRefusal(end) ? this.#lastFailure : undefined
    const { endpoint } = candidate
    // It was cut before it entered.
    if (endpoint.awaited === this.call) endpoint.awaited = undefined
    if (this.call.attempts > this.#before) this.#lastFailure = end
    else if (isRefusal(end)) end = this.#lastFailure ?? end
    if (!mayHelp(end) || this.call.progress?.started === true || at >= this.call.deadlineAt) return end
    this.#tried.push(candidate)
    return this.#tryAnother(end, at)
  }

  /** Goes on to another endpoint, now or once one is free; returns how the call ends if there is none. */
  #tryAnother(end: End, at: number): End | typeof waits {
    const choice = this.#routing.choose(this, at, new Set())
    if (typeof choice !== "number" && !isCandidate(choice)) return end
    // Where all fail, the retry budget bounds further attempts; one that reached no model was none.
    const { budget } = this.call
    const hasReached = this.call.attempts > this.#before && !Failure.isUnreached(end)
    if (budget !== undefined && hasReached && !this.#routing.hasHealthy(this, at) && !budget.spend(at)) return end
    this.#routing.wait(this)
    return waits
  }
}
