import type { Policy, ResolvedOptions } from "../Call.ts"
import type { Reservation, Slot } from "./Port.ts"

/** Lets the start of a call be booked together with its permit, in one request. */
export interface StartBooking {
  /** The start of a call that comes with its permit; `undefined` if the call need not ask the store, or has to wait. */
  startOf(options: ResolvedOptions): Reservation | undefined
  /** The store has booked a start for the next call that comes, or none, as that has no permit yet. */
  onStart(request: Reservation, taken: Slot | undefined): void
}

/** By policy: only the one right beneath that of permits gets the call in the same step. */
export const startBookings = new WeakMap<Policy, StartBooking>()
