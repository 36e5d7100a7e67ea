import type { ResolvedOptions, Target } from "./Call.ts"
import type { Forecast } from "./Forecast.ts"
import type { Reason } from "./Rejection.ts"

/** Limits that a gate tells the policies above it; each is absent if the gate knows none. */
export interface Limits {
  /**
   * The end of the last cooldown, until which nothing starts: milliseconds of the gate's clock, `-Infinity` before the
   * first.
   */
  readonly cooldownUntil?: () => number
  /** Permits for calls that run at once. */
  readonly permits?: () => number
  /** Calls and tokens that may start in a millisecond; `Infinity` without a limit. */
  readonly rates?: (at: number) => { readonly requests: number; readonly tokens: number }
  /** What a limit that learns predicts of calls to come. */
  readonly forecast?: Forecast
  /** Why a call that came now would be refused, however long it waited; `undefined` if it would not be. */
  readonly refusal?: (options: ResolvedOptions, at: number) => Reason | undefined
  /** The moment from which a call that came now could start; `Infinity` if another call must end first. */
  readonly readyAt?: (options: ResolvedOptions, at: number) => number
  /** The moment until which a model of an endpoint is cooled down; `at` or before if it is not. */
  readonly cooledUntil?: (target: Target, at: number) => number
  /** Whether the next call probes a model that has failed. */
  readonly probes?: (at: number) => boolean
  /** The limits of one call, where they differ between calls: calls with the same limits wait in one line. */
  readonly lane?: (options: ResolvedOptions) => Lane
}

/** The limits of calls that wait in one line. */
export interface Lane extends Limits {
  /** Hears how many calls wait in the line. */
  readonly onWaiting?: (size: number) => void
}

/** The limits of a gate with a policy: of its own and of those beneath, the stricter. */
export const stricter = (own: Limits, beneath: Limits): Limits => {
  const { cooldownUntil, cooledUntil, permits, readyAt, refusal } = own
  return {
    ...beneath,
    ...own,
    ...(cooldownUntil && { cooldownUntil: () => Math.max(cooldownUntil(), beneath.cooldownUntil?.() ?? -Infinity) }),
    ...(cooledUntil && {
      cooledUntil: (asked, at) => Math.max(cooledUntil(asked, at), beneath.cooledUntil?.(asked, at) ?? -Infinity)
    }),
    ...(permits && { permits: () => Math.min(permits(), beneath.permits?.() ?? Infinity) }),
    ...(readyAt && {
      readyAt: (options, at) => {
        const ready = readyAt(options, at)
        // A gate that is asked takes it that a call waits for it.
        return ready === Infinity ? ready : Math.max(ready, beneath.readyAt?.(options, at) ?? at)
      }
    }),
    ...(refusal && { refusal: (options, at) => refusal(options, at) ?? beneath.refusal?.(options, at) })
  }
}
