import { Fiber } from "effect"

/**
 * Runs a function in a moment, through the scheduler.
 *
 * Resuming a fiber runs it on the stack of whoever resumes it, so hand-overs in a row would grow the stack.
 */
export const later = (run: () => void): void => {
  const fiber = Fiber.getCurrent()
  if (fiber === undefined) run()
  else fiber.currentDispatcher.scheduleTask(run, 0)
}
