import { Duration, Effect, Layer } from "effect"
import type { CircuitCause, CircuitState, Event } from "../stats/Event.ts"
import { now, type Now } from "../engine/Time.ts"
import { Stats } from "../Stats.ts"

type Log = (line: Effect.Effect<void>) => void

// A model that fails does so many times a second.
const interval = 10_000
// Kinds are few; a program that makes up names for its errors must not fill the memory.
const mostKinds = 100

/** Causes that the number of failures does not tell. */
const byRule = new Set<CircuitCause | undefined>(["failure rate", "slow calls", "isolated"])

/** Tells the operator in the log how the model fails, and when the circuit opens and closes. */
class EventLogger {
  readonly #now: Now
  readonly #log: Log
  readonly #told = new Map<string, { readonly at: number; more: number }>()
  #circuit: CircuitState = "closed"

  constructor(clock: Now, log: Log) {
    this.#now = clock
    this.#log = log
  }

  log(event: Event): void {
    if (event._tag === "Circuit") this.#moved(event)
    else if (event._tag === "AttemptFailed") this.#failed("The model failed", event.kind)
    else if (event._tag === "Declined") this.#declined(event.status)
  }

  #moved({ cause, failures, key, openFor, state }: Extract<Event, { readonly _tag: "Circuit" }>): void {
    if (key !== undefined || state === this.#circuit) return
    this.#circuit = state
    if (state === "open") {
      const lasts = openFor === undefined ? {} : { openFor: Duration.format(Duration.millis(Math.round(openFor))) }
      this.#log(
        Effect.logWarning("The circuit opened: calls are refused until a probe succeeds", {
          failures,
          ...lasts,
          ...(byRule.has(cause) && { cause })
        })
      )
    } else if (state === "closed") {
      this.#log(Effect.logInfo("The circuit closed: calls pass again"))
    }
  }

  #declined(status: number): void {
    const kind = String(status)
    if (status === 401 || status === 403) this.#failed("The model refuses the key: check OPENAI_API_KEY", kind)
    else if (status === 404)
      this.#failed("The endpoint knows no such path or model: check OPENAI_BASE_URL and the model's name", kind)
    else this.#log(Effect.logDebug("The model finds fault with a request", { kind }))
  }

  /** Warns at the first of a kind, then once in a while of how many there were; each is there for who debugs. */
  #failed(what: string, kind: string): void {
    const at = this.#now()
    const last = this.#told.get(kind)
    if (last !== undefined && at - last.at < interval) {
      last.more++
      return this.#log(Effect.logDebug(what, { kind }))
    }
    this.#told.delete(kind)
    this.#told.set(kind, { at, more: 0 })
    if (this.#told.size > mostKinds) this.#told.delete(this.#told.keys().next().value!)
    this.#log(Effect.logWarning(what, { kind, times: 1 + (last?.more ?? 0) }))
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
