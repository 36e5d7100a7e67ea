import { Cause, Data, Effect, Exit, Option, Schedule, type Schema } from "effect"
import * as EntityAddress from "effect/cluster/EntityAddress"
import { make as entityId } from "effect/cluster/EntityId"
import { MessageStorage } from "effect/cluster/MessageStorage"
import type { Sharding } from "effect/cluster/Sharding"
import { ShardingConfig } from "effect/cluster/ShardingConfig"
import type { Job } from "../agents/Job.ts"
import { JobStats } from "../agents/JobStats.ts"
import { Stats } from "../Stats.ts"
import { AgentEntity, type Report } from "./AgentEntity.ts"

export interface Options {
  /** The name of the run: a job is known by it and by its number. */
  readonly run: string
  /** Agents in the whole cluster, from 1. The same for all that hand out jobs of the run. */
  readonly agents: number
  /** Jobs of the run, numbered from 1. */
  readonly jobs: number
  /** Makes the job of a number, which must be of a kind (`JobKind`): the same again when the run goes on. */
  readonly jobOf: (number: number) => Pick<Job, "stored">
  /** Waits until a job may be handed out. Default: at once. */
  readonly due?: ((number: number) => Effect.Effect<void>) | undefined
  /** Is called with the report of each job that has ended. Default: not called. */
  readonly onReport?: ((report: Report) => void) | undefined
}

/** The call of an agent was interrupted because its shard moved to another runner. */
class AgentMoved extends Data.TaggedError("AgentMoved")<{}> {}

const pause = "1 second"

const idOf = (run: string, number: number): string => `${run}/${number}`

/** The agent of a job: always the same, so that a job that is handed out again finds what became of it. */
const agentOf = (agents: number, number: number): string => `agent-${1 + ((number - 1) % agents)}`

/** Whether a job was handed out already, by this process or an earlier one. */
const isKnown = Effect.fnUntraced(function* ({ agents, run }: Options, number: number) {
  const storage = yield* MessageStorage
  const agent = entityId(agentOf(agents, number))
  const address = EntityAddress.make({
    shardId: yield* AgentEntity.getShardId(agent),
    entityType: AgentEntity.type,
    entityId: agent
  })
  return Option.isSome(yield* storage.requestIdForPrimaryKey({ address, tag: "Work", id: idOf(run, number) }))
})

/** The address of this runner, as in its reports. */
export const ownAddress = Effect.map(ShardingConfig, ({ runnerAddress }) =>
  Option.match(runnerAddress, { onNone: () => "", onSome: ({ host, port }) => `${host}:${port}` })
)

/**
 * Hands out the jobs of a run to the agents of a cluster, and waits for their ends. A job that was handed out before is
 * not done again: its report comes from the store. Stopped, it leaves the jobs in hand to the agents.
 */
export const handOut = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<void, never, Sharding | MessageStorage | ShardingConfig> {
  const { agents, due, jobOf, jobs, run } = options
  const client = yield* AgentEntity.client
  const self = yield* ownAddress
  const stats = yield* Stats.section(JobStats.section)
  stats.population = { ...stats.population, agents }

  const untilDue = (number: number) =>
    due === undefined
      ? Effect.void
      : Effect.flatMap(isKnown(options, number), (known) => (known ? Effect.void : due(number)))

  const settle = (report: Report | undefined) => {
    if (report === undefined) return stats.onFailed()
    const { failure, runner, usage } = report
    options.onReport?.(report)
    if (runner !== self) stats.addUsage(usage)
    if (failure === undefined) stats.onCompleted()
    else stats.onFailed(failure === "defect" ? undefined : failure)
  }

  const one = (number: number) =>
    Effect.gen(function* () {
      yield* untilDue(number)
      const { stored } = jobOf(number)
      if (stored === undefined)
        return yield* Effect.die(new TypeError("Only a job of a kind can be handed out: see JobKind"))
      const { data, kind } = stored
      const agent = client(agentOf(agents, number))
      const report = yield* Effect.exit(agent.Work({ id: idOf(run, number), kind, data: data as Schema.Json }))
      const isCut = Exit.isFailure(report) && Cause.hasInterruptsOnly(report.cause)
      return yield* isCut ? Effect.fail(new AgentMoved()) : report
    }).pipe(
      Effect.tapError((error) => Effect.logWarning(`The job ${number} is handed out again`, error)),
      // The store, or the way to a runner, may be gone for a while; a job that is sent twice is done once.
      Effect.retry(Schedule.spaced(pause)),
      Effect.orDie,
      Effect.catchDefect((cause) => Effect.as(Effect.logError(`The job ${number} has broken down`, cause), undefined))
    )

  const all = (first: number) =>
    Effect.gen(function* () {
      for (let number = first; number <= jobs; number += agents) {
        stats.onCreated()
        settle(yield* one(number))
      }
    })

  const firsts = Array.from({ length: Math.min(agents, jobs) }, (_, index) => index + 1)
  yield* Effect.forEach(firsts, all, { concurrency: "unbounded", discard: true })
})
