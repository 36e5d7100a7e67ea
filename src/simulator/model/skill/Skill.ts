import type { Reading } from "./Reading.ts"

/** What a task comes to. */
export type Value = number | string | ReadonlyArray<string>

/** Does a task, if it is of a kind that it knows. */
export type Skill = (reading: Reading) => Value | undefined

/** As precise as amounts are written. */
export const rounded = (value: number): number => Number((Math.round(value * 100 + 1e-6) / 100).toFixed(2))
