import { Effect, Layer, Predicate, Scope } from "effect"
import * as Field from "../config/Field.ts"
import { decode } from "../config/Options.ts"
import type { LanguageModel } from "effect/ai"
import { Stats } from "../Stats.ts"
import * as Agent from "./Agent.ts"
import * as Compact from "./Compact.ts"
import type { Job } from "./Job.ts"
import type { JobQueue } from "./JobQueue.ts"
import { JobStats } from "./JobStats.ts"
import type { Memory } from "./Memory.ts"
import type { MakeStyle } from "./Style.ts"

export interface Options extends Agent.Options, Compact.Options {
  /** Agents, a whole number from 0; another is a defect, `InvalidOptions`. */
  readonly size: number
  /** What the agents work as, in a word or two. Default: `clerk`. */
  readonly role?: string | undefined
}

const sizeField = Field.required(Field.integer(0, 1_000_000))

const fields = {
  size: sizeField,
  role: Field.value(Predicate.isString, "a text", { default: "clerk" }),
  ...Agent.fields
}

const defect = (job: Job) => (cause: unknown) =>
  Effect.as(Effect.logError("An agent broke down over a job, and goes on with the next", cause), {
    result: undefined,
    failure: "defect" as const,
    episode: { job, completed: false, observations: [], rejections: [] }
  })

/** Lets an agent do jobs one after another, until the gate closes. */
const live = (queue: JobQueue, agent: Agent.Agent): Effect.Effect<void> => {
  const next = Effect.flatMap(
    queue.takeWith((job) => Effect.catchDefect(agent.work(job), defect(job))),
    ({ episode, failure }) =>
      failure === "defect" ? Effect.void : Effect.catchDefect(agent.digest(episode), defect(episode.job))
  )
  return Effect.ignore(Effect.forever(next))
}

/** Lets agents in a style work on a queue until the scope closes or the gate does. */
export const runWithStyle = Effect.fnUntraced(function* (
  queue: JobQueue,
  styleOf: MakeStyle,
  options: Options
): Effect.fn.Return<void, never, LanguageModel.LanguageModel | Scope.Scope> {
  const { size } = yield* Effect.orDie(decode({ size: sizeField }, { size: options.size }))
  const stats = yield* Stats.section(JobStats.section)
  stats.population = { ...stats.population, agents: stats.population.agents + size }
  // All stop at once: each gives its job back, for which a store that fails may take as long as a lease.
  const agents = yield* Scope.fork(yield* Effect.scope, "parallel")
  for (let index = 1; index <= size; index++) {
    const persona = { name: `agent-${index}`, role: options.role ?? "clerk" }
    const agent = yield* Agent.withStyle(persona, styleOf, options)
    yield* Effect.forkIn(live(queue, agent), agents)
  }
})

/**
 * Lets agents work on a queue until the scope closes or the gate does. They share memory, plans and lessons.
 *
 * @example
 * const job = Job.make({ goal: "Greet.", task: "Greet Ada.", result: Schema.Struct({ greeting: Schema.String }) })
 *
 * const program = Effect.gen(function* () {
 *   const queue = yield* JobQueue.make
 *   yield* Population.run(queue, { size: 3, role: "host" })
 *   const outcome = yield* queue.add(job)
 *   return yield* outcome
 * }).pipe(Effect.scoped)
 *
 * const model = SimulatedLanguageModel.layer.pipe(Layer.provide(SimulatedModel.layer()))
 * await Effect.runPromise(VirtualTime.run(Effect.provide(program, Layer.merge(model, Memory.layer))))
 */
export const run = (
  queue: JobQueue,
  options: Options
): Effect.Effect<void, never, LanguageModel.LanguageModel | Memory | Scope.Scope> =>
  Effect.orDie(decode(fields, options)).pipe(
    Effect.andThen(Compact.make(options)),
    Effect.flatMap((styleOf) => runWithStyle(queue, styleOf, options))
  )

/** Lets agents work on a queue as long as the layer lives. */
export const layer = (
  queue: JobQueue,
  options: Options
): Layer.Layer<never, never, LanguageModel.LanguageModel | Memory> => Layer.effectDiscard(run(queue, options))
