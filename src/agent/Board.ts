import { Effect, Queue, Random } from "effect"
import { Draining } from "../Drain.ts"
import { now } from "../internal/Time.ts"
import { Stats } from "../Stats.ts"

export interface Options {
  /** Jobs put on the board per minute, at random moments; from 0. */
  readonly jobsPerMinute: number
  /** What the moments and the jobs are drawn from; 1. */
  readonly seed?: number | string | undefined
}

/** What an agent is to do: one question to the model. */
export interface Job {
  readonly prompt: string
}

const prompts = [
  "Summarise the state of the project in three sentences.",
  "Draft a polite answer to a customer whose parcel is late.",
  "List the risks of moving the database this week.",
  "Explain to a new colleague how requests are queued."
]

/** Fills a board with jobs at random moments, as many a minute on average as asked, until the gate closes. */
export const fill = Effect.fnUntraced(function* (board: Queue.Queue<Job>, { jobsPerMinute, seed = 1 }: Options) {
  if (jobsPerMinute === 0) return
  const clock = yield* now
  const random = yield* Effect.service(Random.Random).pipe(Random.withSeed(seed))
  const { record } = yield* Stats.recorder
  const draining = yield* Draining
  let next = clock()
  while (true) {
    next -= (Math.log(1 - random.nextDoubleUnsafe()) * 60_000) / jobsPerMinute
    // Timers cannot sleep for less than a millisecond; jobs that are due together come together.
    if (next > clock()) yield* Effect.sleep(Math.ceil(next - clock()))
    if (draining.begun()) return
    record({ _tag: "JobCreated" })
    Queue.offerUnsafe(board, { prompt: prompts[Math.floor(random.nextDoubleUnsafe() * prompts.length)]! })
  }
})
