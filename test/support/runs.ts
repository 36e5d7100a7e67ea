import { Scenario } from "../../src/testing.ts"

const long = process.env.HEADGATE_LONG === "1"

/** The number of runs of a property: few by default, many in the long run. */
export const runs = (short: number, many: number): number => (long ? many : short)

/** The operations after which fibers yield while calls are interrupted: Effect's default, and each interval from 5 to 17 in the long run. */
export const yieldIntervals: ReadonlyArray<number> = long
  ? [Scenario.defaultYieldEvery, ...Array.from({ length: 13 }, (_, i) => 5 + i)]
  : [Scenario.defaultYieldEvery]
