import { Cause, Context, Effect, Exit, type Fiber, Layer, Option, type Scope } from "effect"
import { type Call, Stage, type Pass } from "../../src/Call.ts"
import { type Reason, Rejection } from "../../src/Rejection.ts"
import { Gate } from "../../src/Gate.ts"

/** The gate that some policies make of an open one. */
export const gate = <E>(policies: Layer.Layer<Gate, E, Gate>): Effect.Effect<Pass, E, Scope.Scope> =>
  Effect.map(Layer.build(Layer.provide(policies, Gate.layerNoop)), (context) => Context.get(context, Gate).pass)

class Promised extends Stage {
  readonly call: Call

  constructor(call: Call) {
    super()
    this.call = call
  }

  override enter(at: number) {
    this.call.deadlineAt = at + (this.call.options.deadline ?? Infinity)
    return undefined
  }
}

/** Tells the policies beneath of a call's deadline, and does not end the call by it. */
export const promised: Layer.Layer<Gate, never, Gate> = Gate.policy(() =>
  Effect.succeed((call: Call) => new Promised(call))
)

/** Starts a call now, so that calls arrive in the order of the program. */
export const fork = <A, E, R>(call: Effect.Effect<A, E, R>) => Effect.forkChild(call, { startImmediately: true })

/** The test clock's very first sleep must not be one in a finalizer: it would be interrupted there. */
export const warmClock = Effect.forkScoped(Effect.sleep("1 millis"), { startImmediately: true })

/** Lets the other fibers go on so many times, without any time passing. */
export const steps = (count: number) => Effect.forEach(times(count), () => Effect.yieldNow, { discard: true })

export const times = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, index) => index)

/** Why the gate refused. */
export const reasonOf = (exit: Exit.Exit<unknown, unknown> | undefined): Reason | undefined => {
  if (exit === undefined || Exit.isSuccess(exit)) return undefined
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  return error instanceof Rejection ? error.reason : undefined
}

/** How a call stands, in a word; for a refused one that is the reason. */
export const standing = (fiber: Fiber.Fiber<unknown, unknown>): string => {
  const exit = fiber.pollUnsafe()
  if (exit === undefined) return "pending"
  if (Exit.isSuccess(exit)) return "succeeded"
  if (Cause.hasInterruptsOnly(exit.cause)) return "interrupted"
  if (Cause.hasDies(exit.cause)) return "defect"
  return reasonOf(exit)?._tag ?? "failed"
}

/** Looks on from inside the calls: which started, how many run, and the most that ran at once. */
export class Observer<A = string> {
  readonly started: Array<A> = []
  running = 0
  peak = 0

  readonly call = <B, E, R>(name: A, work: Effect.Effect<B, E, R>, slots = 1): Effect.Effect<B, E, R> =>
    Effect.suspend(() => {
      let inside = 0
      const enter = Effect.sync(() => {
        inside = slots
        this.started.push(name)
        this.running += inside
        this.peak = Math.max(this.peak, this.running)
      })
      const leave = Effect.sync(() => void (this.running -= inside))
      return Effect.ensuring(Effect.andThen(enter, work), leave)
    })
}
