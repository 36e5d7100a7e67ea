import { type EndpointCounts, name } from "../../stats/EndpointStats.ts"
import type { CircuitState, Event, Gauges } from "../../stats/Event.ts"
import type { Endpoint as Counted } from "../../stats/Snapshot.ts"
import type { Section, Stats } from "../../Stats.ts"
import type { Endpoint } from "./Endpoint.ts"
import type { Routing } from "./Routing.ts"

const states: ReadonlyArray<CircuitState> = ["closed", "half-open", "open"]

const sum = (values: ReadonlyArray<number | null>): number =>
  values.reduce<number>((total, value) => total + (value ?? Infinity), 0)

/** What is counted of endpoints, each by itself and all together. */
export class RouterStats {
  /** The endpoints that were removed and have attempts that go on. */
  readonly removed = new Set<Endpoint>()
  readonly #routing: Routing
  readonly #stats: Stats["Service"] | undefined
  #reported = ""

  constructor(routing: Routing, stats: Stats["Service"] | undefined) {
    this.#routing = routing
    this.#stats = stats
    if (stats === undefined) return
    stats.watch(() => this.#gauges())
    // Made for this router, so that a second one of the same statistics is refused.
    const section: Section<{ readonly snapshot: (at: number) => ReadonlyArray<Counted> }> = {
      name,
      make: () => ({ snapshot: (at) => this.snapshot(at) })
    }
    stats.section(section)
  }

  snapshot(at: number): ReadonlyArray<Counted> {
    return [...this.#routing.endpoints, ...this.removed].map((each) => {
      // What time alone changes in a circuit is not reported until someone looks.
      each.gate.probes?.(at)
      return each.snapshot(at, this.#routing.queueSizeOf(each))
    })
  }

  /** The statistics that the policies of an endpoint count in. */
  of(endpoint: string, counts: EndpointCounts): Stats["Service"] | undefined {
    const stats = this.#stats
    if (stats === undefined) return undefined
    const record = (event: Event) => {
      if (event._tag !== "Circuit" && event._tag !== "AttemptFailed") return stats.record(event)
      stats.record({ ...event, endpoint })
      if (event._tag === "AttemptFailed") return
      const at = event.at ?? this.#routing.timers.now()
      counts.onCircuit(at, event.state, event.failures)
      this.#report(at)
    }
    return { ...stats, record, watch: (gauges) => counts.watch(gauges) }
  }

  /** The circuit that is nearest to closed: calls are refused only once every circuit is open. */
  get #best(): EndpointCounts | undefined {
    const rank = ({ circuit, failures }: EndpointCounts) => states.indexOf(circuit.state) * 1e9 + failures
    return this.#routing.endpoints
      .map(({ counts }) => counts)
      .reduce<EndpointCounts | undefined>((best, each) => (best && rank(best) <= rank(each) ? best : each), undefined)
  }

  /** Reports the circuit of all endpoints together, if it has changed. */
  #report(at: number): void {
    const best = this.#best
    if (best === undefined) return
    const { state } = best.circuit
    const { failures } = best
    if (this.#reported === `${state} ${failures}`) return
    this.#reported = `${state} ${failures}`
    const openFor = this.#retryAfterMs()
    this.#stats!.record({ _tag: "Circuit", state, failures, at, openFor })
  }

  /** Milliseconds until the first circuit admits a probe; `undefined` unless every circuit is open. */
  #retryAfterMs(): number | undefined {
    const all = this.#routing.endpoints.map(({ counts }) => counts.gauges.circuitRetryAfterMs)
    return all.some((each) => each === null) || all.length === 0 ? undefined : Math.min(...(all as Array<number>))
  }

  #gauges(): Gauges {
    const all = this.#routing.endpoints.map(({ counts }) => counts.gauges)
    const best = this.#best
    return {
      maxConcurrent: sum(all.map(({ maxConcurrent }) => maxConcurrent)),
      perSecond: sum(all.map(({ perSecond }) => perSecond)),
      maxFailures: best?.gauges.maxFailures ?? Infinity,
      circuitRetryAfterMs: this.#retryAfterMs()
    }
  }
}
