import { Effect, Fiber, References, type Scheduler } from "effect"

/** An effect that is interrupted at a given step of the scheduler. */
export interface Victim<A, E> {
  readonly fiber: Fiber.Fiber<A, E>
  /** Whether it came to that step. */
  readonly reached: () => boolean
}

/** What interrupts the fiber that runs it at a step. */
export interface Cutter {
  readonly around: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly reached: () => boolean
}

/** Makes a cutter, which calls `before` just before it interrupts. */
export const cutter = (step: number, before: () => void = () => {}): Effect.Effect<Cutter> =>
  Effect.map(References.Scheduler, (parent) => {
    let count = 0
    let victim: Fiber.Fiber<unknown, unknown> | undefined
    const cut = () => {
      if (victim!.pollUnsafe() !== undefined) return
      before()
      victim!.interruptUnsafe()
    }
    const scheduler: Scheduler.Scheduler = {
      executionMode: parent.executionMode,
      shouldYield: (fiber) => {
        victim ??= fiber
        if (++count !== step) return parent.shouldYield(fiber)
        fiber.currentDispatcher.scheduleTask(cut, 0)
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
 * Starts an effect and interrupts it at its n-th operation, counted over all the fibers it runs on, while it is suspended
 * there as by the scheduler.
 */
export const at = <A, E, R>(step: number, effect: Effect.Effect<A, E, R>): Effect.Effect<Victim<A, E>, never, R> =>
  Effect.flatMap(cutter(step), ({ around, reached }) =>
    Effect.map(Effect.forkChild(around(effect), { startImmediately: true }), (fiber) => ({ fiber, reached }))
  )

/** Runs a scene for each step at which its victim can be interrupted, until it ends untouched; tells how many there were. */
export const everyStep = Effect.fnUntraced(function* <E, R>(scene: (step: number) => Effect.Effect<boolean, E, R>) {
  let step = 1
  while (yield* scene(step)) step++
  return step - 1
})
