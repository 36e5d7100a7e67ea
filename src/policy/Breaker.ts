import { Cause, Duration, Effect, Exit } from "effect"
import type { Ask } from "../domain/Ask.ts"
import * as Failure from "../domain/Failure.ts"
import * as FailureKind from "../domain/FailureKind.ts"
import * as Range from "../domain/Range.ts"
import { CircuitOpen, refuse, type Rejection } from "../domain/Rejection.ts"
import { Gate } from "../Gate.ts"
import { Circuit } from "../internal/Circuit.ts"
import { Cut } from "../internal/Cut.ts"
import { grain, now, type Now } from "../internal/Time.ts"
import { Stats } from "../Stats.ts"

export interface Options {
  /** Failed attempts in a row that open the circuit, a whole number from 1 to 1000000, or `Infinity` for never. */
  readonly maxFailures: number
  /** How long the circuit stays open before a probe, 1 ms to a day. */
  readonly timeout: Duration.Input
  /** How long a probe may take before it counts as failed, 1 ms to a day; 60 s. */
  readonly probeTimeout?: Duration.Input | undefined
  /** How long an attempt must have run to count as failed when its call's deadline cuts it, 1 ms to a day; 10 s. */
  readonly slowAfter?: Duration.Input | undefined
  /** Judges an ended attempt; `Failure.classify` by default. Interruption by the caller never comes here. */
  readonly classify?: ((exit: Exit.Exit<unknown, unknown>) => Failure.Verdict) | undefined
}

const names: Range.Names<Options> = {
  maxFailures: true,
  timeout: true,
  probeTimeout: true,
  slowAfter: true,
  classify: true
}

/**
 * Stops calling a model that keeps failing, and lets one call at a time try again when the open time is over.
 *
 * While it is open, calls are refused as `CircuitOpen` on arrival, and so are those that wait in the gates beneath, in the
 * tick in which it opens. What began before the circuit last moved changes nothing. It counts attempts that have started,
 * with whatever the gates beneath make of their end, so that an attempt cut by its timeout is a failure, and a refusal
 * nothing.
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* (inner) {
      const checker = new Range.Checker()
      const given = checker.options(options, names)
      const maxFailures = checker.number("maxFailures", given.maxFailures, Range.failures)
      const openFor = checker.duration("timeout", given.timeout, Range.finiteMillis)
      const probeTimeout = checker.duration("probeTimeout", given.probeTimeout, Range.millis, 60_000)
      const slowAfter = checker.duration("slowAfter", given.slowAfter, Range.millis, 10_000)
      const classify = checker.function("classify", given.classify, Failure.classify)
      yield* checker.done
      const clock = yield* now
      const { record, watch } = yield* Stats.recorder
      const tell = (exit: Exit.Exit<unknown, unknown>) => {
        const kind = FailureKind.of(exit)
        if (kind !== undefined) record({ _tag: "AttemptFailed", kind })
      }
      if (maxFailures === Infinity) {
        watch(() => ({ maxFailures }))
        return <A, E, R>(ask: Ask, call: Effect.Effect<A, E, R>) =>
          Effect.onExitPrimitive(inner(ask, call), (exit) => {
            if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause) && classify(exit) !== "success") tell(exit)
            return undefined
          })
      }

      const waiting = new Set<Attempt>()
      const circuit: Circuit = new Circuit({ maxFailures, openFor, probeTimeout }, (at) => {
        const state = circuit.state(at)
        const openFor = retryAfter(at)
        record({ _tag: "Circuit", state, failures: circuit.failures, at, ...(openFor !== undefined && { openFor }) })
        if (state === "open") for (const attempt of waiting) attempt.end(refuseOpen(at))
      })
      const retryAfter = (at: number) => (circuit.state(at) === "open" ? circuit.openFor(at) : undefined)
      watch(() => ({ maxFailures, circuitRetryAfterMs: retryAfter(clock()) }))
      const refuseOpen = (at: number) => {
        const wait = retryAfter(at)
        return refuse(new CircuitOpen({ retryAfter: wait === undefined ? undefined : Duration.millis(wait) }))
      }

      const verdictOf: Judge = (exit, until, startedAt) => {
        if (Exit.isSuccess(exit) || !Cause.hasInterruptsOnly(exit.cause)) return classify(exit)
        // A caller that leaves says nothing of the model; one whose time ran out does, if the model had long enough.
        const at = clock()
        return at >= until - grain && at - (startedAt ?? at) >= slowAfter ? "failure" : undefined
      }

      const judge: Judge = (exit, until, startedAt) => {
        const verdict = verdictOf(exit, until, startedAt)
        if (verdict === "failure" || verdict === "ignored") tell(exit)
        return verdict
      }

      return <A, E, R>(ask: Ask, call: Effect.Effect<A, E, R>) =>
        Effect.suspend(() => {
          const attempt = new Attempt(circuit, waiting, clock, judge, ask.until)
          const start = Effect.suspend((): Effect.Effect<A, E | Rejection, R> => {
            return attempt.start() ? call : refuseOpen(clock())
          })
          return attempt.run(
            Effect.suspend((): Effect.Effect<A, E | Rejection, R> => {
              return attempt.admit() ? inner(ask, start) : refuseOpen(clock())
            })
          )
        })
    })
  )

/** What an ended attempt says of the model, if anything. */
type Judge = (
  exit: Exit.Exit<unknown, unknown>,
  until: number,
  startedAt: number | undefined
) => Failure.Verdict | undefined

/** An attempt on its way through the circuit: admitted, waiting in the gates beneath, started, ended. */
class Attempt extends Cut<Rejection> {
  readonly #circuit: Circuit
  readonly #waiting: Set<Attempt>
  readonly #clock: Now
  readonly #judge: Judge
  readonly #until: number
  #generation: number | undefined
  #started = false
  #paused = false
  // Read on the first pause: an attempt that never makes one takes no time worth reading.
  #startedAt: number | undefined

  constructor(circuit: Circuit, waiting: Set<Attempt>, clock: Now, judge: Judge, until: number) {
    super()
    this.#circuit = circuit
    this.#waiting = waiting
    this.#clock = clock
    this.#judge = judge
    this.#until = until
  }

  admit(): boolean {
    const admitted = this.#circuit.admit(this.#clock)
    if (admitted) this.#generation = this.#circuit.generation
    return admitted
  }

  start(): boolean {
    if (this.#paused) {
      this.#waiting.delete(this)
      this.#startedAt = this.#clock()
    }
    return (this.#started = this.#circuit.start(this.#generation!, this.#clock))
  }

  protected override suspended(): void {
    this.#paused = true
    if (this.#started) this.#startedAt = this.#clock()
    else this.#waiting.add(this)
  }

  protected override ended(exit: Exit.Exit<unknown, unknown>): void {
    if (this.#paused) this.#waiting.delete(this)
    if (this.#generation === undefined) return
    const verdict = this.#started ? this.#judge(exit, this.#until, this.#startedAt) : undefined
    if (verdict === undefined) this.#circuit.forgo(this.#generation, this.#clock)
    else this.#circuit.record(verdict, this.#generation, this.#clock)
  }
}
