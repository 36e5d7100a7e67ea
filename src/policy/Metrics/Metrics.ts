import { Effect } from "effect"
import { type Call, type End, Stage, type Waited, withSpecimen } from "../../Call.ts"
import * as FailureKind from "../../FailureKind.ts"
import { Gate } from "../../Gate.ts"
import { Stats } from "../../Stats.ts"
import { outcomeOf } from "../../stats/Event.ts"

/** None: counts go to the `Stats` in the context. */
export interface Options {}

/**
 * Counts every call once in and once out, and each attempt while it runs.
 *
 * Put it outermost, else it misses refusals.
 *
 * @example
 * const gate = Metrics.layer().pipe(Layer.provide(Gate.layerNoop), Layer.provideMerge(Stats.layer))
 *
 * const program = Effect.gen(function* () {
 *   yield* Gate.pass({ caller: "ada" }, askModel)
 *   const { requests } = yield* Effect.flatMap(Stats, ({ snapshot }) => snapshot)
 *   return requests.succeeded
 * })
 *
 * await Effect.runPromise(Effect.provide(program, gate)) // => 1
 */
export const layer = (_options?: Options) =>
  Gate.policy(() => Effect.map(Stats.recorder, ({ record }) => countingIn(record)))

const countingIn = (record: Stats["Service"]["record"]) => withSpecimen((call) => new Counted(call, record))

class Counted extends Stage {
  readonly call: Call
  readonly #record: Stats["Service"]["record"]
  #arrivedAt = NaN
  #startedAt: number | undefined = undefined
  #waitedFirst: Waited | undefined = undefined

  constructor(call: Call, record: Stats["Service"]["record"]) {
    super()
    this.call = call
    this.#record = record
  }

  override enter(at: number) {
    this.#arrivedAt = at
    this.#record({ _tag: "Arrived", caller: this.call.options.caller, at })
  }

  override start(at: number) {
    const first = this.#startedAt === undefined
    this.#record({ _tag: "Started", wait: first ? at - this.#arrivedAt : undefined, at })
    if (first) this.#waitedFirst = this.call.waited
    const startedAt = (this.#startedAt ??= at)
    const unsubscribe = this.call.progress?.subscribe(() => {
      unsubscribe!()
      this.#record({ _tag: "FirstChunk", after: this.call.now() - startedAt })
    })
  }

  override stop(at: number) {
    this.#record({ _tag: "Stopped", at })
  }

  override leave(end: End, at: number) {
    const { attempts, options, progress, waited } = this.call
    const [arrivedAt, startedAt, waitedFirst] = [this.#arrivedAt, this.#startedAt, this.#waitedFirst]
    const { declined, outcome, reason, refusal } = outcomeOf(end, startedAt !== undefined, progress?.firstChunk)
    const latency = startedAt === undefined ? undefined : at - startedAt
    if (declined !== undefined) this.#record({ _tag: "Declined", status: declined })
    const lost = outcome === "failed" || outcome === "timedOut"
    const failure = lost ? (FailureKind.of(end) ?? refusal?.code ?? "error") : undefined
    const { caller, deadline, model, purpose } = options
    const byCaller = deadline !== undefined && refusal?._tag === "DeadlineExceeded" && refusal.limit === "call"
    const trace = { purpose, model, arrivedAt, startedAt, attempts, waited, waitedFirst, refusal }
    this.#record({ _tag: "Ended", caller, outcome, reason, latency, failure, byCaller, at, trace })
  }
}
