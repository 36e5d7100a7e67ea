import type { CircuitState, Gauges } from "./Event.ts"
import { Histogram } from "./Histogram.ts"
import { CircuitStats, PolicyGauges } from "./PolicyStats.ts"
import type { Endpoint } from "./Snapshot.ts"

/** The section that a router counts. */
export const name = "endpoints"

/** What an endpoint is, beside what is counted of it. */
export type Described = Pick<Endpoint, "name" | "models" | "weight" | "order" | "draining"> & {
  readonly queueSize: number
}

/** How an attempt at an endpoint ended. */
export type AttemptOutcome = "succeeded" | "failed" | "timedOut" | "cancelled"

/** Counts the attempts at one endpoint. */
export class EndpointCounts {
  readonly latency = new Histogram()
  readonly firstToken = new Histogram()
  readonly circuit: CircuitStats
  readonly #gauges = new PolicyGauges()
  readonly #tokens = { prompt: 0, completion: 0 }
  readonly #ends = { succeeded: 0, failed: 0, timedOut: 0, cancelled: 0 }
  #total = 0
  #active = 0
  #rateLimited = 0
  /** Consecutive failures that the circuit breaker has reported. */
  failures = 0

  constructor(now: number) {
    this.circuit = new CircuitStats(now)
  }

  watch(gauges: () => Gauges): void {
    this.#gauges.watch(gauges)
  }

  get gauges() {
    return this.#gauges.read()
  }

  onCircuit(now: number, state: CircuitState, failures: number): void {
    this.failures = failures
    this.circuit.onChanged(now, state, failures)
  }

  onStarted(): void {
    this.#total++
    this.#active++
  }

  onStopped(): void {
    this.#active--
  }

  onEnded(outcome: AttemptOutcome, latency: number, isRateLimited: boolean): void {
    this.#ends[outcome]++
    if (isRateLimited) this.#rateLimited++
    if (outcome === "succeeded") this.latency.record(latency)
  }

  onTokens(prompt: number, completion: number): void {
    this.#tokens.prompt += prompt
    this.#tokens.completion += completion
  }

  snapshot(now: number, { queueSize, ...described }: Described): Endpoint {
    const { gauges } = this
    const { cancelled, failed, succeeded, timedOut } = this.#ends
    const judged = succeeded + failed + timedOut
    const { completion, prompt } = this.#tokens
    return {
      ...described,
      queue: { queueSize, activeRequests: this.#active, maxConcurrent: gauges.maxConcurrent },
      circuitBreaker: this.circuit.snapshot(now, gauges),
      rate: { perSecond: gauges.perSecond },
      requests: {
        total: this.#total,
        succeeded,
        failed,
        timedOut,
        cancelled,
        inFlight: this.#total - judged - cancelled,
        rateLimited: this.#rateLimited,
        successRate: judged === 0 ? 1 : succeeded / judged
      },
      tokens: { prompt, completion, total: prompt + completion },
      latency: this.latency.percentiles,
      firstToken: this.firstToken.percentiles
    }
  }
}
