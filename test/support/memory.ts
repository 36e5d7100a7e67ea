import { Effect } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const gc: () => void = runInNewContext("gc")

/** Bytes in use once all that is unreachable has gone, those outside of the heap too, which are freed some turns later. */
export const bytesInUse = Effect.promise(async () => {
  for (let turn = 0; turn < 2; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    gc()
  }
  const { external, heapUsed } = process.memoryUsage()
  return external + heapUsed
})

/** What each round adds at least: caches and windows fill up once, and a leak grows in every round. */
export const leastGrowth = (weighed: ReadonlyArray<number>): number =>
  Math.min(...weighed.slice(1).map((bytes, round) => bytes - weighed[round]!))
