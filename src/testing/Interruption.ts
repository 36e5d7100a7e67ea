import { Effect, Fiber, References, type Scheduler } from "effect"

/** An effect that is interrupted at a given step of the scheduler. */
export interface Target<A, E> {
  readonly fiber: Fiber.Fiber<A, E>
  /** Whether the effect ran up to that step. */
  readonly reached: () => boolean
}

/** Interrupts the fiber it runs on at a given step. */
export interface Interrupter {
  readonly around: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly reached: () => boolean
}

/** Makes an interrupter for one step, counted from 1; it calls `before` just before it interrupts. */
export const interrupter = (step: number, before: () => void = () => {}): Effect.Effect<Interrupter> =>
  Effect.map(References.Scheduler, (parent) => {
    let count = 0
    let target: Fiber.Fiber<unknown, unknown> | undefined
    const interrupt = () => {
      if (target!.pollUnsafe() !== undefined) return
      before()
      target!.interruptUnsafe()
    }
    const scheduler: Scheduler.Scheduler = {
      executionMode: parent.executionMode,
      shouldYield: (fiber) => {
        target ??= fiber
        if (++count !== step) return parent.shouldYield(fiber)
        fiber.currentDispatcher.scheduleTask(interrupt, 0)
        return true
      },
      makeDispatcher: () => parent.makeDispatcher()
    }
    return {
      around: (effect) => Effect.provideService(effect, References.Scheduler, scheduler),
      reached: () => count >= step
    }
  })

/**
 * Starts an effect and interrupts it at its n-th operation, counted over all the fibers it runs on.
 *
 * The effect is suspended at that operation, as if the scheduler had made it yield.
 */
export const at = <A, E, R>(step: number, effect: Effect.Effect<A, E, R>): Effect.Effect<Target<A, E>, never, R> =>
  Effect.flatMap(interrupter(step), ({ around, reached }) =>
    Effect.map(Effect.forkChild(around(effect), { startImmediately: true }), (fiber) => ({ fiber, reached }))
  )

/** Runs a scene for step 1, 2, 3, ... until it returns false, and returns the number of steps before that. */
export const everyStep = Effect.fnUntraced(function* <E, R>(scene: (step: number) => Effect.Effect<boolean, E, R>) {
  let step = 1
  while (yield* scene(step)) step++
  return step - 1
})
