import { Effect, Queue, Random } from "effect"
import { Draining } from "../Drain.ts"
import { now } from "../engine/Time.ts"
import { Stats } from "../Stats.ts"
import { JobStats } from "./JobStats.ts"
import { Draw } from "./job/Draw.ts"
import * as House from "./job/House.ts"
import type { Job, Kind } from "./job/Job.ts"
import { kinds } from "./job/Kinds.ts"

export interface Options {
  /** Jobs put on the board per minute, at random moments; from 0. */
  readonly jobsPerMinute: number
  /** Jobs put on the board in all, from 0; without end. */
  readonly jobs?: number | undefined
  /** The kinds of jobs; all there are. */
  readonly kinds?: ReadonlyArray<Kind> | undefined
  /** What the moments and the jobs are drawn from; 1. */
  readonly seed?: number | string | undefined
}

// Agents that cannot keep up must not be given jobs without end.
const most = 10_000

/**
 * Fills a board with jobs at random moments, as many a minute on average as asked, until the gate closes.
 *
 * While 10000 jobs wait, no more are given out.
 */
export const fill = Effect.fnUntraced(function* (board: Queue.Queue<Job>, options: Options) {
  const { jobs = Infinity, jobsPerMinute, seed = 1 } = options
  if (jobsPerMinute === 0) return
  const clock = yield* now
  const random = yield* Effect.service(Random.Random).pipe(Random.withSeed(seed))
  const stats = yield* Stats.section(JobStats.section)
  const draining = yield* Draining
  const draw = new Draw(random)
  const house = House.draw(draw)
  let next = clock()
  for (let serial = 1; serial <= jobs; serial++) {
    next -= (Math.log(1 - random.nextDoubleUnsafe()) * 60_000) / jobsPerMinute
    // Timers cannot sleep for less than a millisecond; jobs that are due together come together.
    if (next > clock()) yield* Effect.sleep(Math.ceil(next - clock()))
    while (Queue.sizeUnsafe(board) >= most) yield* Effect.sleep("1 second")
    if (draining.isDraining()) return
    const kind = draw.one(options.kinds ?? kinds)
    stats.onCreated()
    Queue.offerUnsafe(board, { serial, kind, ...kind.make(draw, house) })
  }
})
