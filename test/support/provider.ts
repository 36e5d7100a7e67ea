import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { make, type Options, type Provider } from "../../src/Provider.ts"

/** A provider on the test's clock, whose limits bind only where a test asks for it; closed with the test. */
export const provider = (options: Options = {}) =>
  Effect.acquireRelease(
    make({ requestsPerSecond: Infinity, maxRetries: 0, deadline: Infinity, requestTimeout: Infinity, ...options }),
    (made) => Effect.promise(() => made.close(0))
  )

/** Work whose promise the test settles, with the signals it was given. */
export const byHand = <A = string>() => {
  const seen = { signals: [] as Array<AbortSignal>, running: 0, peak: 0 }
  const attempts: Array<PromiseWithResolvers<A>> = []
  const work = (signal: AbortSignal): Promise<A> => {
    const attempt = Promise.withResolvers<A>()
    attempts.push(attempt)
    seen.signals.push(signal)
    seen.peak = Math.max(seen.peak, ++seen.running)
    return attempt.promise.finally(() => seen.running--)
  }
  return { attempts, seen, work }
}

/** How a promise has settled by now, or `pending`. */
export const settled = <A>(promise: Promise<A>) => {
  const outcome: { is: "pending" | "fulfilled" | "rejected"; value: unknown } = { is: "pending", value: undefined }
  promise.then(
    (value) => Object.assign(outcome, { is: "fulfilled", value }),
    (value) => Object.assign(outcome, { is: "rejected", value })
  )
  return outcome
}

/** Lets what has been decided become known to everybody. */
export const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Lets time pass, a millisecond at a time, so that promises settle in between. */
export const pass = (millis: number) =>
  Effect.forEach(
    Array.from({ length: millis }, (_, i) => i),
    () => Effect.andThen(TestClock.adjust(1), turn),
    { discard: true }
  )

/** Fails unless the figures add up. */
export const adds = ({ getStats }: Provider) => {
  const { cancelled, failed, inFlight, rejected, succeeded, timedOut, total } = getStats().requests
  return total === succeeded + failed + rejected + cancelled + timedOut + inFlight
}
