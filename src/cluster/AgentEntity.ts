import { Effect, Fiber, Layer, Schema } from "effect"
import type { LanguageModel } from "effect/ai"
import * as ClusterSchema from "effect/cluster/ClusterSchema"
import * as Entity from "effect/cluster/Entity"
import type { Sharding } from "effect/cluster/Sharding"
import * as Rpc from "effect/rpc/Rpc"
import * as Agent from "../agents/Agent.ts"
import * as Compact from "../agents/Compact.ts"
import type { Job } from "../agents/Job.ts"
import { JobStats, usageSince } from "../agents/JobStats.ts"
import type { Memory } from "../agents/Memory.ts"
import { Stats } from "../Stats.ts"

const ByPurpose = Schema.Struct({ act: Schema.Finite, plan: Schema.Finite, reflect: Schema.Finite })

const Usage = Schema.Struct({
  calls: ByPurpose,
  tokens: ByPurpose,
  plansReused: Schema.Finite,
  reflectionsSkipped: Schema.Finite
})

/** How a job ended, and what was taken for it. */
export const Report = Schema.Struct({
  /** The accepted result; `null` if there is none. */
  result: Schema.Json,
  /** Why the job failed; `null` if it was completed. */
  failure: Schema.NullOr(Schema.Literals(["wrong", "late", "refused", "defect"])),
  /** The address of the runner. */
  runner: Schema.String,
  /** What all agents of the runner took since its last report. */
  usage: Usage
})
export type Report = typeof Report.Type

/** A job for an agent: it is done once by its id, and its report is kept, whoever asks and however often. */
const Work = Rpc.make("Work", {
  payload: { id: Schema.String, job: Schema.Json },
  primaryKey: ({ id }) => id,
  success: Report
})
  .annotate(ClusterSchema.Persisted, true)
  // A job goes on when the process that handed it out is stopped.
  .annotate(ClusterSchema.Uninterruptible, "client")

/** An agent of a cluster, known by its name. */
export const AgentEntity = Entity.make("Agent", [Work])

export interface Options extends Agent.Options, Compact.Options {
  /** Makes a job from its description. */
  readonly jobOf: (description: Schema.Json) => Job
  /** What the agents work as, in a word or two. Default: `clerk`. */
  readonly role?: string | undefined
}

const defect = (cause: unknown) =>
  Effect.as(Effect.logError("An agent broke down over a job, and goes on with the next", cause), undefined)

const jsonOf = (result: unknown): Schema.Json => (result === undefined ? null : JSON.parse(JSON.stringify(result)))

/**
 * Lets the agents of this runner do the jobs that they are sent. They share memory, plans and lessons.
 */
export const layer = (options: Options): Layer.Layer<never, never, Sharding | LanguageModel.LanguageModel | Memory> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const styleOf = yield* Compact.make(options)
      const stats = yield* Stats.section(JobStats.section)
      let reported = stats.usage
      const usage = () => {
        const earlier = reported
        reported = stats.usage
        return usageSince(earlier, reported)
      }

      const build = Effect.gen(function* () {
        const scope = yield* Effect.scope
        const { entityId } = yield* Entity.CurrentAddress
        const address = yield* Entity.CurrentRunnerAddress
        const runner = `${address.host}:${address.port}`
        const agent = yield* Agent.withStyle({ name: entityId, role: options.role ?? "clerk" }, styleOf, options)
        let digesting: Fiber.Fiber<unknown> | undefined
        const work = Effect.fnUntraced(function* (description: Schema.Json) {
          const outcome = yield* Effect.orDie(agent.work(options.jobOf(description)))
          digesting = yield* Effect.forkIn(Effect.ignoreCause(agent.digest(outcome.episode)), scope)
          return { result: jsonOf(outcome.result), failure: outcome.failure ?? null }
        })
        return AgentEntity.of({
          Work: Effect.fnUntraced(function* ({ payload: { job } }) {
            // What was learnt from a job may serve the next.
            if (digesting !== undefined) yield* Fiber.await(digesting)
            const { failure, result } = (yield* Effect.catchDefect(work(job), defect)) ?? broken
            return { result, failure, runner, usage: usage() }
          })
        })
      })
      return AgentEntity.toLayer(build)
    })
  )

const broken = { result: null, failure: "defect" as const }
