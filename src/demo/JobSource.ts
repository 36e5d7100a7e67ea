import { Effect, Random } from "effect"
import { Draining } from "../Drain.ts"
import { now } from "../engine/Time.ts"
import type { JobQueue } from "../agents/JobQueue.ts"
import { Draw, rulesOf } from "./Draw.ts"
import type { Kind } from "./Kind.ts"
import { basket, invoice, offer, shipment } from "./kinds/Prices.ts"
import { distance, letter, stock } from "./kinds/Records.ts"
import { appointment, loading } from "./kinds/Schedules.ts"

export interface Options {
  /** Jobs per minute, at random moments. From 0. */
  readonly jobsPerMinute: number
  /** Jobs in all. From 0. Default: without end. */
  readonly jobs?: number | undefined
  /** The kinds of jobs. Default: all nine. */
  readonly kinds?: ReadonlyArray<Kind> | undefined
  /** The seed of the moments and the jobs. Default: 1. */
  readonly seed?: number | string | undefined
}

/** Every kind of job. */
export const kinds: ReadonlyArray<Kind> = [
  invoice,
  shipment,
  loading,
  offer,
  letter,
  distance,
  appointment,
  stock,
  basket
]

// Agents that cannot keep up must not be given jobs without end.
const mostWaiting = 10_000

/**
 * Adds jobs to a queue at random moments, as many a minute on average as asked, until the gate closes.
 *
 * While 10000 jobs wait, none is added.
 */
export const fill = Effect.fnUntraced(function* (queue: JobQueue, options: Options) {
  const { jobs = Infinity, jobsPerMinute, seed = 1 } = options
  if (jobsPerMinute === 0) return
  const clock = yield* now
  const random = yield* Effect.service(Random.Random).pipe(Random.withSeed(seed))
  const draining = yield* Draining
  const draw = new Draw(random)
  const rules = rulesOf(draw)
  let next = clock()
  for (let made = 0; made < jobs; made++) {
    next -= (Math.log(1 - random.nextDoubleUnsafe()) * 60_000) / jobsPerMinute
    // Timers cannot sleep for less than a millisecond; jobs that are due together come together.
    if (next > clock()) yield* Effect.sleep(Math.ceil(next - clock()))
    while (queue.size >= mostWaiting) yield* Effect.sleep("1 second")
    if (draining.isDraining()) return
    yield* queue.add(draw.one(options.kinds ?? kinds).make(draw, rules))
  }
})
