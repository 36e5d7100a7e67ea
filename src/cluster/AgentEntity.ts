import { Effect, Fiber, Layer, Predicate, Schema } from "effect"
import type { LanguageModel } from "effect/ai"
import * as ClusterSchema from "effect/cluster/ClusterSchema"
import * as Entity from "effect/cluster/Entity"
import type { Sharding } from "effect/cluster/Sharding"
import * as Rpc from "effect/rpc/Rpc"
import * as Agent from "../agents/Agent.ts"
import * as Compact from "../agents/Compact.ts"
import type { JobData } from "../agents/Job.ts"
import { type JobKind, NotRestored } from "../agents/JobKind.ts"
import { JobStats, usageSince } from "../agents/JobStats.ts"
import * as StoredOutcome from "../agents/jobs/StoredOutcome.ts"
import type { Memory } from "../agents/Memory.ts"
import * as Field from "../config/Field.ts"
import { decode } from "../config/Options.ts"
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
  ...StoredOutcome.StoredOutcome.fields,
  /** The address of the runner. */
  runner: Schema.String,
  /** What all agents of the runner took since its last report. */
  usage: Usage
})
export type Report = typeof Report.Type

/** A job for an agent: it ends once by its id, and its report is kept, whoever asks for it and however often. */
const Work = Rpc.make("Work", {
  payload: { id: Schema.String, kind: Schema.String, data: Schema.Json },
  primaryKey: ({ id }) => id,
  success: Report
})
  .annotate(ClusterSchema.Persisted, true)
  // A job goes on when the process that handed it out is stopped.
  .annotate(ClusterSchema.Uninterruptible, "client")

/** An agent of a cluster, known by its name. */
export const AgentEntity = Entity.make("Agent", [Work])

export interface Options extends Agent.Options, Compact.Options {
  /** The kinds of the jobs that may come: the same on every runner. */
  readonly kinds: ReadonlyArray<JobKind>
  /** What the agents work as, in a word or two. Default: `clerk`. */
  readonly role?: string | undefined
  /** Is called with the report of each job that ended at this runner. Default: not called. */
  readonly onEnd?: ((report: Report) => void) | undefined
}

const isKinds = (value: unknown): value is Options["kinds"] => Array.isArray(value)

const fields = {
  kinds: Field.value(isKinds, "a list of kinds of jobs"),
  role: Field.value(Predicate.isString, "a text", { default: "clerk" }),
  onEnd: Field.optional(Field.value(Predicate.isFunction, "a function of a report")),
  ...Agent.fields
}

const unknown = (kind: string) => new NotRestored({ message: `No kind ${kind} is known here` })

const broken = (reason: unknown): StoredOutcome.StoredOutcome => ({ failure: "defect", reason: String(reason) })

const defect = (cause: unknown) =>
  Effect.as(Effect.logError("An agent broke down over a job, and goes on with the next", cause), broken(cause))

/** Lets agents of a cluster live at this runner, as many as fall to it. They share memory, plans and lessons. */
export const layer = (options: Options): Layer.Layer<never, never, Sharding | LanguageModel.LanguageModel | Memory> =>
  Layer.unwrap(
    Effect.gen(function* () {
      yield* Effect.orDie(decode(fields, options))
      const styleOf = yield* Compact.make(options)
      const kinds = new Map(options.kinds.map((kind) => [kind.name, kind]))
      const restore = ({ data, kind }: JobData) => kinds.get(kind)?.restore(data) ?? Effect.fail(unknown(kind))
      const stats = yield* Stats.section(JobStats.section)
      let reported = stats.usage
      const usage = () => {
        const earlier = reported
        reported = stats.usage
        return usageSince(earlier, reported)
      }

      const agent = Effect.gen(function* () {
        const scope = yield* Effect.scope
        const { entityId } = yield* Entity.CurrentAddress
        const { host, port } = yield* Entity.CurrentRunnerAddress
        const agent = yield* Agent.withStyle({ name: entityId, role: options.role ?? "clerk" }, styleOf, options)
        let digesting: Fiber.Fiber<unknown> | undefined
        const work = Effect.fnUntraced(function* (data: JobData) {
          const outcome = yield* agent.work(yield* restore(data))
          digesting = yield* Effect.forkIn(Effect.ignoreCause(agent.digest(outcome.episode)), scope)
          return yield* StoredOutcome.ofOutcome(outcome)
        })
        return AgentEntity.of({
          Work: Effect.fnUntraced(function* ({ payload }) {
            // What was learnt from a job may serve the next.
            if (digesting !== undefined) yield* Fiber.await(digesting)
            const outcome = yield* work(payload).pipe(
              Effect.catchTag("NotRestored", ({ message }) => Effect.succeed(broken(message))),
              // The gate of a runner does not close before its agents do.
              Effect.orDie,
              Effect.catchDefect(defect)
            )
            const report = { ...outcome, runner: `${host}:${port}`, usage: usage() }
            options.onEnd?.(report)
            return report
          })
        })
      })
      return AgentEntity.toLayer(agent)
    })
  )
