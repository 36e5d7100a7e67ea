import { Duration, Effect, type Exit, Fiber, Random } from "effect"
import * as Field from "../config/Field.ts"
import { decode } from "../config/Options.ts"

/** Times between arrivals: the milliseconds before the n-th call, from 0, given a source of random numbers from 0 to 1. */
export type Arrivals = (index: number, random: () => number) => number

const fields = {
  interval: Field.duration({ minimum: 1e-3, maximum: 1e9, example: "100" }),
  perSecond: Field.number(1e-6, 1e6, { example: "2" }),
  size: Field.integer(1, 1e6, { example: "10" }),
  seed: Field.seed
}

const decoded = <F extends keyof typeof fields>(name: F, value: unknown) =>
  Effect.runSync(decode({ [name]: fields[name] }, { [name]: value }))[name] as (typeof fields)[F]["Type"]

/** One call per interval. */
export const every = (interval: Duration.Input): Arrivals => {
  const gap = decoded("interval", interval)
  return () => gap
}

/** A Poisson process: independent calls, so many per second on average. */
export const poisson = (perSecond: number): Arrivals => {
  const rate = decoded("perSecond", perSecond)
  return (_index, random) => (-Math.log(1 - random()) * 1000) / rate
}

/** Bursts of calls: `size` calls at once, one burst per interval. */
export const bursts = (size: number, interval: Duration.Input): Arrivals => {
  const count = decoded("size", size)
  const gap = every(interval)
  return (index, random) => (index % count === 0 ? gap(index, random) : 0)
}

export interface Options {
  /** How long calls arrive. */
  readonly during: Duration.Input
  /** The seed of the random numbers: a whole number from 0, or a text. Default: 1. */
  readonly seed?: string | number | undefined
}

/**
 * Makes calls at their arrival times, on the clock in the context, and waits until all have ended.
 *
 * Returns their exits in the order of arrival. Interrupting the load interrupts its calls.
 */
export const run = Effect.fnUntraced(function* <A, E, R>(
  arrivals: Arrivals,
  { during, seed }: Options,
  call: (index: number) => Effect.Effect<A, E, R>
): Effect.fn.Return<ReadonlyArray<Exit.Exit<A, E>>, never, R> {
  const generator = yield* Random.withSeed(Random.Random, decoded("seed", seed))
  const fibers: Array<Fiber.Fiber<A, E>> = []
  const random = () => generator.nextDoubleUnsafe()
  let left = Duration.toMillis(Duration.fromInputUnsafe(during))
  for (;;) {
    const gap = arrivals(fibers.length, random)
    left -= gap
    if (left < 0) return yield* Fiber.awaitAll(fibers)
    if (gap > 0) yield* Effect.sleep(gap)
    fibers.push(yield* Effect.forkChild(call(fibers.length), { startImmediately: true }))
  }
})
