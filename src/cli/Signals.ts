import { Effect } from "effect"
import type { EventEmitter } from "node:events"

const names = ["SIGINT", "SIGTERM"] as const

// A terminal's Ctrl-C comes twice: npm passes on what it gets itself.
const echo = "100 millis"

/** Waits for the next signal that asks the process to end. */
export const next = (process: EventEmitter): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const leave = () => {
      for (const name of names) process.off(name, heard)
    }
    const heard = () => {
      leave()
      resume(Effect.void)
    }
    for (const name of names) process.on(name, heard)
    return Effect.sync(leave)
  })

/** Waits for a second signal, which ends the process at once. */
export const second = (process: EventEmitter): Effect.Effect<void> =>
  Effect.andThen(next(process), Effect.andThen(Effect.sleep(echo), next(process)))

/** Keeps a signal from ending the process while no one waits for it. */
export const heed = (process: EventEmitter): Effect.Effect<void> =>
  Effect.sync(() => {
    for (const name of names) process.on(name, () => {})
  })

/** Keeps the service running after the reader of its output is gone: the log is lost, the calls are not. */
export const outlive = (...outputs: ReadonlyArray<EventEmitter>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const ignore = () => {}
      for (const output of outputs) output.on("error", ignore)
      return ignore
    }),
    (ignore) => Effect.sync(() => outputs.forEach((output) => output.off("error", ignore)))
  )
