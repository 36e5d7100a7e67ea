import { Duration, Effect, Layer } from "effect"
import type { CircuitCause, CircuitState, Event } from "../stats/Event.ts"
import { now, type Now } from "../engine/Time.ts"
import { Stats } from "../Stats.ts"

type Log = (line: Effect.Effect<void>) => void

// Milliseconds between two warnings of one kind: a model may fail many times a second.
const interval = 10_000
// A program may make up names for its errors, which must not fill the memory.
const mostKinds = 100

/** Causes to name, since the count of failures does not show them. */
const byRule = new Set<CircuitCause | undefined>(["failure rate", "slow calls", "isolated"])

/** Logs failures of the model, and when the circuit opens and closes. */
class EventLogger {
  readonly #now: Now
  readonly #log: Log
  readonly #warned = new Map<string, { readonly at: number; more: number }>()
  /** The states of the circuits by endpoint; that of all together has no name. */
  readonly #circuits = new Map<string | undefined, CircuitState>()

  constructor(clock: Now, log: Log) {
    this.#now = clock
    this.#log = log
  }

  log(event: Event): void {
    if (event._tag === "Circuit") this.#moved(event)
    else if (event._tag === "AttemptFailed") this.#failed("The model failed", event.kind, event.endpoint)
    else if (event._tag === "Declined") this.#declined(event.status, event.endpoint)
  }

  #moved({ cause, endpoint, failures, key, openFor, state }: Extract<Event, { readonly _tag: "Circuit" }>): void {
    if (key !== undefined || state === (this.#circuits.get(endpoint) ?? "closed")) return
    this.#circuits.set(endpoint, state)
    if (state === "open") {
      const lasts = openFor === undefined ? {} : { openFor: Duration.format(Duration.millis(Math.round(openFor))) }
      const what =
        endpoint === undefined
          ? "The circuit opened: calls are refused until a probe succeeds"
          : "The circuit of an endpoint opened: it gets no calls until a probe is due"
      const fields = { failures, ...(endpoint !== undefined && { endpoint }), ...lasts }
      this.#log(Effect.logWarning(what, { ...fields, ...(byRule.has(cause) && { cause }) }))
    } else if (state === "closed") {
      if (endpoint === undefined) this.#log(Effect.logInfo("The circuit closed: calls pass again"))
      else this.#log(Effect.logInfo("The circuit of an endpoint closed: it gets calls again", { endpoint }))
    }
  }

  #declined(status: number, endpoint: string | undefined): void {
    const kind = String(status)
    const [key, url] = endpoint === undefined ? ["OPENAI_API_KEY", "OPENAI_BASE_URL"] : ["apiKeyVariable", "baseUrl"]
    if (status === 401 || status === 403) this.#failed(`The model refuses the key: check ${key}`, kind, endpoint)
    else if (status === 404)
      this.#failed(`The endpoint knows no such path or model: check ${url} and the model's name`, kind, endpoint)
    else this.#log(Effect.logDebug("The model rejected a request (4xx)", { kind }))
  }

  /** Warns at the first failure of a kind, then every ten seconds with their number; debug logs have each. */
  #failed(what: string, kind: string, endpoint: string | undefined): void {
    const at = this.#now()
    const key = endpoint === undefined ? kind : `${endpoint} ${kind}`
    const where = endpoint === undefined ? {} : { endpoint }
    const last = this.#warned.get(key)
    if (last !== undefined && at - last.at < interval) {
      last.more++
      return this.#log(Effect.logDebug(what, { kind, ...where }))
    }
    this.#warned.delete(key)
    this.#warned.set(key, { at, more: 0 })
    if (this.#warned.size > mostKinds) this.#warned.delete(this.#warned.keys().next().value!)
    this.#log(Effect.logWarning(what, { kind, times: 1 + (last?.more ?? 0), ...where }))
  }
}

/** Logs what happens at the gate; no line holds anything that a caller, a key or the model said. */
export const layer: Layer.Layer<never, never, Stats> = Layer.effectDiscard(
  Effect.gen(function* () {
    const { onEvent } = yield* Stats
    // Events come in the midst of a policy's step: a logger that fails must not fail there.
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const logger = new EventLogger(yield* now, (line) => void run(line))
    yield* Effect.acquireRelease(
      Effect.sync(() => onEvent((event) => logger.log(event))),
      (stop) => Effect.sync(stop)
    )
  })
)
