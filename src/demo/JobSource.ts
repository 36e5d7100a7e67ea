import { Effect, Random, Schema } from "effect"
import { Draining } from "../Drain.ts"
import { now } from "../engine/Time.ts"
import type { JobData } from "../agents/Job.ts"
import * as JobKind from "../agents/JobKind.ts"
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
  /** Begins the ids of jobs in a store, where they are numbered. Default: jobs are not stored. */
  readonly series?: string | undefined
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

const Seed = Schema.Union([Schema.Finite, Schema.String])

const randomOf = (seed: number | string) => Effect.runSync(Effect.service(Random.Random).pipe(Random.withSeed(seed)))

const drawOf = (seed: number | string) => new Draw(randomOf(seed))

/** Drawn jobs that can be stored: the same seeds make the same job wherever it is drawn, under the rules of the first. */
export const drawn = JobKind.make({
  name: "drawn",
  data: Schema.Struct({ rules: Seed, job: Seed }),
  make: ({ job, rules }) => {
    const draw = drawOf(job)
    return draw.one(kinds).make(draw, rulesOf(drawOf(rules)))
  }
})

/** What makes the job of a number, in a run of a seed. */
export const dataOf = (seed: number, number: number): JobData => ({
  kind: drawn.name,
  data: { rules: seed, job: `${seed}/${number}` }
})

/** The moments at which jobs come, in milliseconds: at random, so many a minute on average. */
export const moments = (seed: number, jobsPerMinute: number): ((number: number) => number) => {
  const random = randomOf(`${seed}/moments`)
  const known = [0]
  return (number) => {
    while (known.length <= number) {
      known.push(known.at(-1)! - (Math.log(1 - random.nextDoubleUnsafe()) * 60_000) / jobsPerMinute)
    }
    return known[number]!
  }
}

/** The ids of the jobs of a series, the first so many. */
export const idsOf = (series: string, jobs: number): ReadonlyArray<string> =>
  Array.from({ length: jobs }, (_, number) => `${series}/${number}`)

// Agents that cannot keep up must not be given jobs without end.
const mostWaiting = 10_000

/**
 * Adds jobs to a queue at random moments, as many a minute on average as asked, until the gate closes. Of a series of
 * limited length, jobs that have ended before are left out.
 *
 * While 10000 jobs wait, none is added.
 */
export const fill = Effect.fnUntraced(function* (queue: JobQueue, options: Options) {
  const { jobs = Infinity, jobsPerMinute, seed = 1, series } = options
  if (jobsPerMinute === 0) return
  const clock = yield* now
  const random = yield* Effect.service(Random.Random).pipe(Random.withSeed(seed))
  const draining = yield* Draining
  const draw = new Draw(random)
  const rules = rulesOf(draw)
  const ended = yield* queue.ended(series === undefined || jobs === Infinity ? [] : idsOf(series, jobs))
  let next = clock()
  for (let made = 0; made < jobs; made++) {
    const id = series === undefined ? undefined : `${series}/${made}`
    if (id !== undefined && ended.has(id)) continue
    next -= (Math.log(1 - random.nextDoubleUnsafe()) * 60_000) / jobsPerMinute
    // Timers cannot sleep for less than a millisecond; jobs that are due together come together.
    if (next > clock()) yield* Effect.sleep(Math.ceil(next - clock()))
    while (queue.size >= mostWaiting) yield* Effect.sleep("1 second")
    if (draining.isDraining()) return
    const job =
      id === undefined ? draw.one(options.kinds ?? kinds).make(draw, rules) : drawn.of({ rules: seed, job: id })
    yield* queue.add(job, { id })
  }
})
