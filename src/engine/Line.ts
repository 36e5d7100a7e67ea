import type { Now } from "./Time.ts"

/** Something that has a step to make. */
export interface Step {
  step(): void
}

// One line for the process: steps are made one after the other, each to its end, on the stack of whoever came first. A
// hand-over is a step in the line, so it never grows the stack and needs no microtask, timer or fiber.
const line: Array<Step> = []
let draining = false
let inHooks = false
let time = NaN
let clock: Now | undefined

/** The time of the present step, read once, since hooks take no time; between steps the time of this moment. */
export const timeOf = (now: Now): number => {
  if (!inHooks && !draining) return now()
  if (now === clock && time === time) return time
  clock = now
  return (time = now())
}

/** Reads the time anew: code of the program has run. */
export const forgetTime = (): void => {
  time = NaN
}

/** Whether hooks run now: what they cause comes after them. */
export const isInHooks = (): boolean => inHooks

export const enterHooks = (): void => {
  inHooks = true
}

export const leaveHooks = (): void => {
  inHooks = false
}

/** Puts a step in the line; it is made before whatever called into the engine returns. */
export const post = (step: Step): void => {
  line.push(step)
  if (!inHooks) drain()
}

/** Makes every step in the line. */
export const drain = (): void => {
  if (draining) return
  draining = true
  for (let i = 0; i < line.length; i++) {
    line[i]!.step()
    // Under load the line may never be empty, and must not grow for ever.
    if (i === 1023) {
      line.splice(0, 1024)
      i = -1
    }
  }
  line.length = 0
  draining = false
  time = NaN
}

/**
 * Makes one step at once, and what it causes for others a moment later.
 *
 * Callers often leave together: what one of them gives back must not go to another that is about to leave.
 */
export const stepAlone = (step: Step, defer: (run: () => void) => void): void => {
  if (inHooks || draining) return void line.push(step)
  draining = true
  step.step()
  draining = false
  time = NaN
  if (line.length > 0) defer(drain)
}

/** Changes policies from outside of any call: what that causes comes after the change. */
export const change = (make: () => void): void => {
  if (inHooks) return make()
  inHooks = true
  try {
    make()
  } finally {
    inHooks = false
    drain()
  }
}
