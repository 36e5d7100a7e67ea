import { Effect, Layer, Queue, type Scope } from "effect"
import { Ask } from "../domain/Ask.ts"
import { GuardedUpstream } from "../provider/GuardedUpstream.ts"
import { Stats } from "../Stats.ts"
import * as Board from "./Board.ts"

export interface Options extends Board.Options {
  /** Agents, from 0. */
  readonly size: number
  /** The model that is asked. */
  readonly model: string
}

const encoder = new TextEncoder()

/** Takes jobs from a board one after another; a job it cannot end goes back. */
const agent = Effect.fnUntraced(function* (board: Queue.Queue<Board.Job>, model: string, caller: string) {
  const { send } = yield* GuardedUpstream
  const { record } = yield* Stats.recorder
  const ask = Ask.make({ caller })
  const headers = { "content-type": "application/json", accept: "application/json" }
  const complete = ({ prompt }: Board.Job) => {
    const body = encoder.encode(JSON.stringify({ model, messages: [{ role: "user", content: prompt }] }))
    return send(ask, { method: "POST", path: "/chat/completions", headers, body })
  }
  const putBack = (job: Board.Job) => Effect.sync(() => Queue.offerUnsafe(board, job))
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
  board: Queue.Queue<Board.Job>,
  options: Options
): Effect.fn.Return<void, never, GuardedUpstream | Scope.Scope> {
  if (options.size === 0) return
  yield* Effect.forkScoped(Board.fill(board, options))
  for (let index = 1; index <= options.size; index++) {
    yield* Effect.forkScoped(agent(board, options.model, `agent-${index}`))
  }
})

/** Starts a population with a board of its own. */
export const layer = (options: Options): Layer.Layer<never, never, GuardedUpstream> =>
  Layer.effectDiscard(Effect.flatMap(Queue.unbounded<Board.Job>(), (board) => run(board, options)))
