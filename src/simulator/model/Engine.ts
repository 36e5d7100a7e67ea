import { Clock, Deferred, Effect, Fiber, Scope } from "effect"
import * as Time from "../../engine/Time.ts"
import { ModelError } from "../../ai/ModelError.ts"
import type { Settings } from "./Options.ts"
import { type Gauges, type Job, Machine, type Work } from "./Machine.ts"

/** A reply in the making. */
export interface Generation {
  /** Waits until so many tokens are out, and tells how many are by now; fails if the reply broke off before. */
  readonly produced: (tokens: number) => Effect.Effect<number, ModelError>
  /** The work done on it by now, in milliseconds of a model that does nothing else. */
  readonly spent: () => number
}

/** Runs the machine on Effect's clock. */
export interface Engine {
  /** Begins a reply, which holds its place until the scope closes or it is whole, whether or not anyone waits for it. */
  readonly begin: (work: Work) => Effect.Effect<Generation, ModelError, Scope.Scope>
  readonly gauges: Effect.Effect<Gauges>
}

// One sleeping fiber at most, and none while nothing is due: no caller has a timer of its own that could leak.
const makeTimer = Effect.fnUntraced(function* (machine: Machine, now: Time.Now) {
  const scope = yield* Effect.scope
  const clock = yield* Clock.Clock
  let set = Infinity
  let sleeper: Fiber.Fiber<void> | undefined
  const fire: Effect.Effect<void> = Effect.suspend(() => {
    set = Infinity
    sleeper = undefined
    machine.advance(now())
    return reset
  })
  const reset: Effect.Effect<void> = Effect.suspend(() => {
    const { due } = machine
    if (due === set) return Effect.void
    sleeper?.interruptUnsafe()
    sleeper = undefined
    set = due
    if (due === Infinity) return Effect.void
    return Effect.sleep(due - now()).pipe(
      Effect.andThen(fire),
      Effect.provideService(Clock.Clock, clock),
      Effect.forkIn(scope, { startImmediately: true }),
      Effect.map((fiber) => {
        sleeper = fiber
      })
    )
  })
  return reset
})

/** Makes an engine that stops with its scope. */
export const make = Effect.fnUntraced(function* (settings: Settings) {
  const now = yield* Time.now
  const machine = new Machine(settings, now())
  const reset = yield* makeTimer(machine, now)
  yield* Effect.addFinalizer(() => Effect.sync(() => machine.stop()))

  const produced = (job: Job, tokens: number): Effect.Effect<number, ModelError> =>
    Effect.suspend(() => {
      const reached = Deferred.makeUnsafe<void>()
      machine.watch(job, tokens, () => Deferred.doneUnsafe(reached, Effect.void), now())
      return Effect.andThen(reset, Deferred.await(reached))
    }).pipe(
      Effect.andThen(
        Effect.suspend(() => {
          const out = machine.out(job, now())
          if (job.error !== undefined && out < tokens) return Effect.fail(job.error)
          return Effect.succeed(Math.max(out, tokens))
        })
      )
    )

  const enter = (work: Work): Effect.Effect<Job, ModelError> =>
    Effect.suspend(() => {
      const entered = machine.enter(work, now())
      return entered instanceof ModelError ? Effect.fail(entered) : Effect.as(reset, entered)
    })

  const leave = (job: Job): Effect.Effect<void> =>
    Effect.suspend(() => {
      machine.leave(job, now())
      return reset
    })

  const engine: Engine = {
    begin: (work) =>
      Effect.map(Effect.acquireRelease(enter(work), leave), (job) => ({
        produced: (tokens) => produced(job, tokens),
        spent: () => machine.spent(job, now())
      })),
    gauges: Effect.sync(() => {
      machine.advance(now())
      return machine.gauges
    })
  }
  return engine
})
