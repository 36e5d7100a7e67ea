import { Effect, Fiber, type Scope } from "effect"
import type { LanguageModel } from "effect/ai"
import * as Compact from "../agents/Compact.ts"
import type { JobQueue } from "../agents/JobQueue.ts"
import { JobStats } from "../agents/JobStats.ts"
import type { Memory } from "../agents/Memory.ts"
import * as Population from "../agents/Population.ts"
import { Stats } from "../Stats.ts"
import * as Baseline from "./Baseline.ts"
import * as BaselineCost from "./BaselineCost.ts"
import * as JobSource from "./JobSource.ts"

export interface Options extends JobSource.Options, Population.Options {
  /** How the agents work: with few tokens, or with the long prompts of published simulations. Default: `lean`. */
  readonly style?: "lean" | "verbose" | undefined
}

/** Lets agents do drawn jobs from a queue until the scope closes; the effect that it returns waits for the last job. */
export const run = Effect.fnUntraced(function* (
  queue: JobQueue,
  options: Options
): Effect.fn.Return<Effect.Effect<void>, never, LanguageModel.LanguageModel | Memory | Scope.Scope> {
  if (options.size === 0) return options.jobs === 0 ? Effect.void : Effect.never
  const stats = yield* Stats.section(JobStats.section)
  stats.population = { ...stats.population, jobsPerMinute: stats.population.jobsPerMinute + options.jobsPerMinute }
  const baseline = yield* BaselineCost.make
  const styleOf = options.style === "verbose" ? Baseline.make : yield* Compact.make({ ...options, baseline })
  const filling = yield* Effect.forkScoped(JobSource.fill(queue, options))
  yield* Population.runWithStyle(queue, styleOf, options)
  return Effect.andThen(Fiber.await(filling), queue.idle)
})
