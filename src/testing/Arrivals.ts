import { Duration, Effect, type Exit, Fiber, Random } from "effect"
import * as Field from "../config/Field.ts"
import { decode } from "../config/Options.ts"

/** How calls arrive: the milliseconds before each, given its number from 0 and a source of chance (0 to 1). */
export type Arrivals = (index: number, chance: () => number) => number

const fields = {
  interval: Field.duration({ minimum: 1e-3, maximum: 1e9, example: "100" }),
  perSecond: Field.number(1e-6, 1e6, { example: "2" }),
  size: Field.integer(1, 1e6, { example: "10" })
}

const decoded = <F extends keyof typeof fields>(name: F, value: unknown): number =>
  Effect.runSync(decode({ [name]: fields[name] }, { [name]: value }))[name] as number

/** One call each so often. */
export const every = (interval: Duration.Input): Arrivals => {
  const gap = decoded("interval", interval)
  return () => gap
}

/** Calls that know nothing of each other, so many a second on average. */
export const poisson = (perSecond: number): Arrivals => {
  const rate = decoded("perSecond", perSecond)
  return (_index, chance) => (-Math.log(1 - chance()) * 1000) / rate
}

/** So many calls at once, each so often. */
export const bursts = (size: number, interval: Duration.Input): Arrivals => {
  const count = decoded("size", size)
  const gap = every(interval)
  return (index, chance) => (index % count === 0 ? gap(index, chance) : 0)
}

export interface Options {
  /** For how long calls arrive. */
  readonly during: Duration.Input
  /** The seed of what is left to chance; 1. */
  readonly seed?: string | number | undefined
}

/**
 * Makes calls as they arrive, on the clock in the context, and waits for the end of them all.
 *
 * The exits are in the order of arrival. If the load is interrupted, so are its calls.
 */
export const run = Effect.fnUntraced(function* <A, E, R>(
  arrivals: Arrivals,
  { during, seed = 1 }: Options,
  call: (index: number) => Effect.Effect<A, E, R>
): Effect.fn.Return<ReadonlyArray<Exit.Exit<A, E>>, never, R> {
  const random = yield* Random.withSeed(Random.Random, seed)
  const fibers: Array<Fiber.Fiber<A, E>> = []
  const chance = () => random.nextDoubleUnsafe()
  let left = Duration.toMillis(Duration.fromInputUnsafe(during))
  for (;;) {
    const gap = arrivals(fibers.length, chance)
    left -= gap
    if (left < 0) return yield* Fiber.awaitAll(fibers)
    if (gap > 0) yield* Effect.sleep(gap)
    fibers.push(yield* Effect.forkChild(call(fibers.length), { startImmediately: true }))
  }
})
