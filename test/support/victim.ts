import { Effect, Fiber, References, type Scheduler } from "effect"

/** An effect that is interrupted at a given step of the scheduler. */
export interface Victim<A, E> {
  readonly fiber: Fiber.Fiber<A, E>
  /** Whether it came to that step. */
  readonly reached: () => boolean
}

/**
 * Starts an effect and interrupts it at its n-th operation, counted over all the fibers it runs on, while it is suspended
 * there as by the scheduler.
 */
export const interruptedAt = <A, E, R>(
  step: number,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<Victim<A, E>, never, R> =>
  Effect.flatMap(References.Scheduler, (parent) => {
    let count = 0
    let victim: Fiber.Fiber<A, E> | undefined
    const scheduler: Scheduler.Scheduler = {
      executionMode: parent.executionMode,
      shouldYield: (fiber) => {
        if (++count !== step) return false
        fiber.currentDispatcher.scheduleTask(() => victim!.interruptUnsafe(), 0)
        return true
      },
      makeDispatcher: () => parent.makeDispatcher()
    }
    return effect.pipe(
      Effect.provideService(References.Scheduler, scheduler),
      Effect.forkChild({ startImmediately: true }),
      Effect.map((fiber) => {
        victim = fiber
        return { fiber, reached: () => count >= step }
      })
    )
  })

/** Runs a scene for each step at which its victim can be interrupted, until it ends untouched; tells how many there were. */
export const everyStep = Effect.fnUntraced(function* <E, R>(scene: (step: number) => Effect.Effect<boolean, E, R>) {
  let step = 1
  while (yield* scene(step)) step++
  return step - 1
})
