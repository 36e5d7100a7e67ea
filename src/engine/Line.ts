import type { Now } from "./Time.ts"

/** Something with a step to make. */
export type Step = { step(): void }

// One line for the process: steps are made one after the other, each to its end, on the stack of the first caller. A
// hand-over is a step in the line, so it never grows the stack and needs no microtask, timer or fiber.
let line: Array<Step> = []
let draining = false
/** Whether hooks run now; what they cause waits until they have ended. */
export let inHooks = false
let time = NaN
/** The clock that was read since hooks began to run. */
let clock: Now | undefined

/** The time, which is read once while hooks run: they take no time. */
export const timeOf = (now: Now): number => {
  if (!inHooks) return now()
  if (clock !== now) {
    clock = now
    time = now()
  }
  return time
}

export const enterHooks = (): void => {
  inHooks = true
}

export const leaveHooks = (): void => {
  inHooks = false
  clock = undefined
}

/** Puts a step in the line. It is made before the engine returns to its caller. */
export const post = (step: Step): void => {
  line.push(step)
  if (!inHooks) drain()
}

/** Makes all steps in the line. */
export const drain = (): void => {
  if (draining) return
  draining = true
  while (line.length > 0) {
    const steps = line
    line = []
    for (const step of steps) step.step()
  }
  draining = false
}

/**
 * Makes one step at once, and the steps it causes for others a tick later.
 *
 * Callers often leave together: what one gives back must not go to another that is about to leave.
 */
export const stepAlone = (step: Step, defer: (run: () => void) => void): void => {
  if (inHooks || draining) return void line.push(step)
  draining = true
  step.step()
  draining = false
  if (line.length > 0) defer(drain)
}

/** Changes the state of policies from outside of a call, then makes the steps that this causes. */
export const change = <A>(make: () => A, settle: () => void = drain): A => {
  if (inHooks) return make()
  enterHooks()
  try {
    return make()
  } finally {
    leaveHooks()
    settle()
  }
}
