import { Deferred, Effect, Layer, Queue, type Scope } from "effect"
import type { LanguageModel } from "effect/ai"
import { Stats } from "../Stats.ts"
import * as Agent from "./Agent.ts"
import * as Board from "./Board.ts"
import type { Job } from "./job/Job.ts"
import { JobStats } from "./JobStats.ts"
import * as Lean from "./Lean.ts"
import { Memory } from "./Memory.ts"
import type { Make } from "./Style.ts"
import * as Talk from "./Talk.ts"
import * as Verbose from "./verbose/Verbose.ts"

export interface Options extends Board.Options, Agent.Options, Lean.Options {
  /** Agents, from 0. */
  readonly size: number
  /** How they work: `lean`, or `verbose` as published simulations do; `lean`. */
  readonly style?: "lean" | "verbose" | undefined
}

/** Lets an agent take jobs from a board one after another; a job it cannot end goes back. */
const live = Effect.fnUntraced(function* (board: Queue.Queue<Job>, agent: Agent.Agent, ended: Effect.Effect<void>) {
  const stats = yield* Stats.section(JobStats.section)
  const putBack = (job: Job) => Effect.sync(() => Queue.offerUnsafe(board, job))
  const defect = (defect: unknown) =>
    Effect.as(Effect.logError("An agent broke down over a job, and goes on with the next", defect), "defect" as const)

  const next = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const job = yield* restore(Queue.take(board))
      const outcome = yield* restore(agent.work(job)).pipe(
        Effect.onInterrupt(() => putBack(job)),
        Effect.tapError(() => putBack(job)),
        Effect.catchDefect(defect)
      )
      if (outcome === "defect") stats.onFailed()
      else if (outcome.failure === undefined) stats.onCompleted()
      else stats.onFailed(outcome.failure)
      yield* ended
      if (outcome !== "defect") yield* Effect.catchDefect(restore(agent.digest(outcome.story)), defect)
    })
  )
  return yield* Effect.ignore(Effect.forever(next))
})

/** Lets agents work on a board until the scope closes or the gate does; what it returns waits until all jobs have ended. */
export const run = Effect.fnUntraced(function* (
  board: Queue.Queue<Job>,
  options: Options
): Effect.fn.Return<Effect.Effect<void>, never, LanguageModel.LanguageModel | Memory | Scope.Scope> {
  const done = yield* Deferred.make<void>()
  if (options.jobs === 0) yield* Deferred.succeed(done, undefined)
  if (options.size === 0) return Deferred.await(done)
  const stats = yield* Stats.section(JobStats.section)
  const { agents, jobsPerMinute } = stats.population
  stats.population = { agents: agents + options.size, jobsPerMinute: jobsPerMinute + options.jobsPerMinute }
  const styleOf: Make = options.style === "verbose" ? Verbose.make : yield* Lean.make(options)
  let left = options.jobs ?? Infinity
  const ended = Effect.suspend(() => (--left === 0 ? Deferred.succeed(done, undefined) : Effect.void))
  yield* Effect.forkScoped(Board.fill(board, options))
  for (let index = 1; index <= options.size; index++) {
    const persona = { name: `agent-${index}`, role: "clerk" }
    const talk = yield* Talk.make(persona.name)
    const agent = yield* Agent.make(persona, talk, yield* styleOf(persona, talk), options)
    yield* Effect.forkScoped(live(board, agent, Effect.asVoid(ended)))
  }
  return Deferred.await(done)
})

/** Starts a population with a board of its own. */
export const layer = (options: Options): Layer.Layer<never, never, LanguageModel.LanguageModel | Memory> =>
  Layer.effectDiscard(Effect.flatMap(Queue.unbounded<Job>(), (board) => run(board, options)))
