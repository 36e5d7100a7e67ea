import { Effect, Layer, Queue, Random, type Scope } from "effect"
import { Ask } from "../domain/Ask.ts"
import { Draining } from "../Drain.ts"
import { now } from "../internal/Time.ts"
import { GuardedUpstream } from "../provider/GuardedUpstream.ts"
import { Stats } from "../Stats.ts"

export interface Options {
  /** Agents, from 0. */
  readonly size: number
  /** Jobs put on the board per minute, at random moments; from 0. */
  readonly jobsPerMinute: number
  /** The model that is asked. */
  readonly model: string
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

const encoder = new TextEncoder()

/** Fills a board with jobs at random moments, as many a minute on average as asked, until the gate closes. */
const fill = Effect.fnUntraced(function* (board: Queue.Queue<Job>, { jobsPerMinute, seed = 1 }: Options) {
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

/** Takes jobs from a board one after another; a job it cannot end goes back. */
const agent = Effect.fnUntraced(function* (board: Queue.Queue<Job>, model: string, caller: string) {
  const { send } = yield* GuardedUpstream
  const { record } = yield* Stats.recorder
  const ask = Ask.make({ caller })
  const headers = { "content-type": "application/json", accept: "application/json" }
  const complete = ({ prompt }: Job) => {
    const body = encoder.encode(JSON.stringify({ model, messages: [{ role: "user", content: prompt }] }))
    return send(ask, { method: "POST", path: "/chat/completions", headers, body })
  }
  const putBack = (job: Job) => Effect.sync(() => Queue.offerUnsafe(board, job))
  const ended = (completed: boolean) => Effect.sync(() => record({ _tag: "JobEnded", completed }))

  const next = Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(restore(Queue.take(board)), (job) =>
      restore(complete(job)).pipe(
        Effect.onInterrupt(() => putBack(job)),
        Effect.map(({ status }) => status < 400),
        Effect.catchTag("UpstreamUnreachable", () => Effect.succeed(false)),
        Effect.catchReason(
          "Rejection",
          "ShuttingDown",
          (reason) => Effect.andThen(putBack(job), Effect.fail(reason)),
          () => Effect.succeed(false)
        ),
        Effect.flatMap(ended)
      )
    )
  )
  return yield* Effect.ignore(Effect.forever(next))
})

/** Lets agents work on a board until the scope closes or the gate does. */
export const run = Effect.fnUntraced(function* (
  board: Queue.Queue<Job>,
  options: Options
): Effect.fn.Return<void, never, GuardedUpstream | Scope.Scope> {
  if (options.size === 0) return
  yield* Effect.forkScoped(fill(board, options))
  for (let index = 1; index <= options.size; index++) {
    yield* Effect.forkScoped(agent(board, options.model, `agent-${index}`))
  }
})

/** Starts a population with a board of its own. */
export const layer = (options: Options): Layer.Layer<never, never, GuardedUpstream> =>
  Layer.effectDiscard(Effect.flatMap(Queue.unbounded<Job>(), (board) => run(board, options)))
