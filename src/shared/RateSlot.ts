import type { Reservation, Slot as Taken } from "./Port.ts"

/** A moment that the store has booked for a call. */
export interface Slot {
  /** In which order moments were booked. */
  readonly order: number
  readonly dueAt: number
  readonly request: Reservation
  readonly taken: Taken
}

/** What the units of a call wait for. */
export const waitsForOf = ({ slowest }: Taken) => (slowest === 0 ? "rate" : "token")

export const sameUnits = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => a.every((units, i) => units === b[i])
