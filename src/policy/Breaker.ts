import { Cause, Duration, Effect, Exit } from "effect"
import type { Ask } from "../domain/Ask.ts"
import * as Failure from "../domain/Failure.ts"
import * as Range from "../domain/Range.ts"
import { CircuitOpen, refuse, type Rejection } from "../domain/Rejection.ts"
import { Gate } from "../Gate.ts"
import { Circuit } from "../internal/Circuit.ts"
import { Cut } from "../internal/Cut.ts"
import { grain, now } from "../internal/Time.ts"
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
      const { classify = Failure.classify } = options
      const checker = new Range.Checker()
      const maxFailures = checker.number("maxFailures", options.maxFailures, Range.failures)
      const openFor = checker.duration("timeout", options.timeout, Range.finiteMillis)
      const probeTimeout = checker.duration("probeTimeout", options.probeTimeout ?? 60_000, Range.millis)
      const slowAfter = checker.duration("slowAfter", options.slowAfter ?? 10_000, Range.millis)
      yield* checker.done
      const clock = yield* now
      const { record, watch } = yield* Stats.recorder
      if (maxFailures === Infinity) {
        watch(() => ({ maxFailures }))
        return inner
      }

      const waiting = new Set<Cut<Rejection>>()
      const circuit: Circuit = new Circuit({ maxFailures, openFor, probeTimeout }, (at) => {
        const state = circuit.state(at)
        record({ _tag: "Circuit", state, failures: circuit.failures, at })
        if (state === "open") for (const cut of waiting) cut.end(refuseOpen(at))
      })
      const retryAfter = (at: number) => (circuit.state(at) === "open" ? circuit.openFor(at) : undefined)
      watch(() => ({ maxFailures, circuitRetryAfterMs: retryAfter(clock()) }))
      const refuseOpen = (at: number) => {
        const wait = retryAfter(at)
        return refuse(new CircuitOpen({ retryAfter: wait === undefined ? undefined : Duration.millis(wait) }))
      }

      const verdict = (exit: Exit.Exit<unknown, unknown>, ask: Ask, startedAt: number | undefined) => {
        if (Exit.isSuccess(exit) || !Cause.hasInterruptsOnly(exit.cause)) return classify(exit)
        // A caller that leaves says nothing of the model; one whose time ran out does, if the model had long enough.
        const at = clock()
        return at >= ask.until - grain && at - (startedAt ?? at) >= slowAfter ? "failure" : undefined
      }

      return <A, E, R>(ask: Ask, call: Effect.Effect<A, E, R>) =>
        Effect.suspend(() => {
          const cut = new Cut<Rejection>()
          let admitted: number | undefined
          let started = false
          let suspended = false
          // Read on the first pause: a call that never makes one takes no time worth reading.
          let startedAt: number | undefined
          const start = Effect.suspend((): Effect.Effect<A, E | Rejection, R> => {
            if (suspended) {
              waiting.delete(cut)
              startedAt = clock()
            }
            started = circuit.start(admitted!, clock)
            return started ? call : refuseOpen(clock())
          })
          return cut.run(
            Effect.suspend((): Effect.Effect<A, E | Rejection, R> => {
              if (!circuit.admit(clock)) return refuseOpen(clock())
              admitted = circuit.generation
              return inner(ask, start)
            }),
            () => {
              suspended = true
              if (started) startedAt = clock()
              else waiting.add(cut)
            },
            (exit) => {
              if (suspended) waiting.delete(cut)
              if (admitted === undefined) return
              const judged = started ? verdict(exit, ask, startedAt) : undefined
              if (judged === undefined) circuit.forgo(admitted, clock)
              else circuit.record(judged, admitted, clock)
            }
          )
        })
    })
  )
