import { Scenario } from "../../src/testing.ts"

const long = process.env.HEADGATE_LONG === "1"

/** How many runs a property gets: few by default, many in the long run. */
export const runs = (short: number, many: number): number => (long ? many : short)

/** How often fibers yield while calls are interrupted: as Effect has it, and at each of the short rhythms in the long run. */
export const rhythms: ReadonlyArray<number> = long
  ? [Scenario.usual, ...Array.from({ length: 13 }, (_, i) => 5 + i)]
  : [Scenario.usual]
