import { Cause, Clock, Effect, Exit, Layer, Option } from "effect"
import type { Gate } from "../../src/Gate.ts"
import { gate } from "./gate.ts"

/** The virtual moment, in milliseconds with fractions. */
export const moment = Effect.map(Clock.Clock, (clock) => Number(clock.monotonicTimeNanosUnsafe()) / 1e6)

/** Notes from inside the calls it wraps when each starts, and how many run. */
export const recorder = () => {
  const seen = { starts: [] as Array<number>, running: 0, peak: 0 }
  const watch = <A, E, R>(call: Effect.Effect<A, E, R>) =>
    Effect.flatMap(moment, (at) => {
      seen.starts.push(at)
      seen.peak = Math.max(seen.peak, ++seen.running)
      return Effect.onExit(call, () => Effect.sync(() => seen.running--))
    })
  return { seen, watch }
}

/** The error an exit holds, if it failed. */
export const errorOf = (exit: Exit.Exit<unknown, unknown> | undefined): unknown =>
  exit === undefined || Exit.isSuccess(exit) ? undefined : Option.getOrUndefined(Cause.findErrorOption(exit.cause))

interface Problems {
  readonly problems: ReadonlyArray<{ readonly name: string }>
}

/** The wrong options that a layer names when it is built. */
export const wrongOptions = (stack: Layer.Layer<Gate, Problems, Gate>) =>
  Effect.map(Effect.flip(gate(stack)), ({ problems }) => problems.map(({ name }) => name))

/** Counts the sleeps that go on now, and those that ever began, of the effects it is provided to. */
export const sleepers = Effect.map(Clock.Clock, (clock) => {
  const seen = { sleeping: 0, begun: 0 }
  const counting: Clock.Clock = {
    ...clock,
    sleep: (duration) =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          seen.sleeping++
          seen.begun++
        }),
        () => clock.sleep(duration),
        () => Effect.sync(() => seen.sleeping--)
      )
  }
  return { seen, provide: Effect.provideService(Clock.Clock, counting) }
})
