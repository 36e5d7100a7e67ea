import { Effect } from "effect"
import type { ServerResponse } from "node:http"

const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(() => resolve())))

/** Waits until a figure has not changed for many turns of the event loop: whatever moved it is stuck. */
export const settled = (figure: () => number) =>
  Effect.gen(function* () {
    let last = NaN
    let still = 0
    while (still < 300) {
      yield* turn
      still = figure() === last ? still + 1 : 0
      last = figure()
    }
    return last
  })

/** Writes as much as the other side takes, up to a number of bytes, and counts it. */
export const flood = (response: ServerResponse, part: Uint8Array, most: number) => {
  const seen = { written: 0 }
  const write = () => {
    while (seen.written < most && !response.destroyed) {
      seen.written += part.length
      if (!response.write(part)) {
        response.once("drain", write)
        return
      }
    }
    response.end()
  }
  write()
  return seen
}
