import { Context, Effect, type Scope } from "effect"
import type { JobQueue } from "../../agents/JobQueue.ts"
import { JobStore } from "../../agents/JobStore.ts"
import type { Settings } from "../../config/Settings.ts"
import * as JobSource from "../../demo/JobSource.ts"
import { Failure } from "../Failure.ts"
import * as Jobs from "../Jobs.ts"

/** What is to be done: the same again goes on with a run that has not ended. */
export interface Order {
  readonly style: string
  readonly seed: number
  readonly jobs: number
}

/** How the jobs of a run stand in the store, whichever process did them. */
export interface Figures {
  readonly completed: number
  readonly failed: number
  /** Jobs that had ended before this process began. */
  readonly before: number
}

/** A run whose jobs are in a store. */
export interface StoredRun {
  readonly queue: JobQueue
  /** Begins the ids of its jobs. */
  readonly series: string
  /** Puts on record that the run has ended: the same order begins another then. */
  readonly end: Effect.Effect<void>
  readonly figures: Effect.Effect<Figures>
}

// Runs that have ended are on record as the jobs of a queue of this name.
const runs = "runs"
const batch = 100

/** The number of the first run of an order that has not ended. */
const numberOf = Effect.fnUntraced(function* (store: JobStore["Service"], order: string) {
  for (let start = 0; ; start += batch) {
    const ids = Array.from({ length: batch }, (_, i) => `${order}/${start + i}`)
    const ended = yield* store.find(runs, ids)
    const index = ids.findIndex((id) => !ended.has(id))
    if (index >= 0) return start + index
  }
})

/** Opens the store, and the run of the order that has not ended or a new one. */
export const open = Effect.fnUntraced(function* (
  settings: Settings,
  { jobs, seed, style }: Order
): Effect.fn.Return<StoredRun, Failure, Scope.Scope> {
  yield* Jobs.probeStore(settings)
  const context = yield* Jobs.openStore(settings)
  const store = Context.get(context, JobStore)
  const order = `run/${style}/${seed}/${jobs}`
  const number = yield* Effect.mapError(numberOf(store, order), ({ message }) => new Failure({ message }))
  const run = `${order}/${number}`
  const queue = yield* Effect.provideContext(Jobs.storedQueue(run), context)
  const series = String(seed)
  const ended = queue.ended(JobSource.idsOf(series, jobs))
  const before = (yield* ended).size
  return {
    queue,
    series,
    end: Effect.ignore(store.record(runs, run, "{}"), { log: "Warn" }),
    figures: Effect.map(ended, (ends) => {
      const completed = ends
        .values()
        .filter(({ failure }) => failure === undefined)
        .toArray().length
      return { completed, failed: ends.size - completed, before }
    })
  }
})
