import { Clock, Console, Effect, Layer, Logger, type Redacted, References } from "effect"
import * as Advice from "../../advice/Advice.ts"
import * as SharedMemory from "../../agents/SharedMemory.ts"
import * as AgentEntity from "../../cluster/AgentEntity.ts"
import { handOut, ownAddress } from "../../cluster/HandOut.ts"
import * as Runner from "../../cluster/Runner.ts"
import * as RunRecord from "../../cluster/RunRecord.ts"
import * as Store from "../../cluster/Store.ts"
import * as Address from "../../config/Address.ts"
import * as Settings from "../../config/Settings.ts"
import * as JobSource from "../../demo/JobSource.ts"
import * as Database from "../../sql/Database.ts"
import type { Snapshot } from "../../stats/Snapshot.ts"
import { Stats } from "../../Stats.ts"
import { Failure, Interrupted, WrongUsage } from "../Failure.ts"
import * as Progress from "../Progress.ts"
import { summary } from "./Report.ts"
import * as Trial from "./Trial.ts"
import { lineOf, type Order, print, told, unhurried, usable } from "./Run.ts"
import { counted } from "../../config/Plural.ts"

/** What to run; `jobs` is 0 for a runner that only works. */
export type ClusterOrder = Omit<Order, "realTime">

const databaseOf = ({ databaseUrl }: Settings.Settings): Effect.Effect<Redacted.Redacted, Failure> =>
  databaseUrl === undefined
    ? failing(
        "Runners of a cluster meet in a database: set DATABASE_URL to a PostgreSQL that all of them reach, such as " +
          "postgres://user:password@host/name, or on one machine to a file, such as sqlite:headgate.db"
      )
    : Effect.succeed(databaseUrl)

const check = ({ compare, style }: ClusterOrder): Effect.Effect<void, WrongUsage> => {
  const problems = [
    ...(compare ? [{ name: "--compare", value: "true", allowed: "left out beside --cluster" }] : []),
    ...(style === "lean" ? [] : [{ name: "--style", value: style, allowed: "lean beside --cluster", example: "lean" }])
  ]
  return problems.length === 0 ? Effect.void : Effect.fail(new WrongUsage({ command: "headgate run", problems }))
}

// A busy machine would look like a dead one.
const shortestLease = 5000

/** The agents of this runner, and the way to those of the others. */
const runner = (settings: Settings.Settings, database: Redacted.Redacted, seed: number, onEnd: () => void) => {
  const { host, logLevel, storeLease } = settings
  const lease = Math.max(storeLease, shortestLease)
  // What Effect says of every lock that moves is for those who look for it.
  const quiet = Layer.succeed(References.MinimumLogLevel, ["Info", "Warn"].includes(logLevel) ? "Error" : logLevel)
  const agents = AgentEntity.layer({ kinds: [JobSource.drawn], onEnd })
  return agents.pipe(
    Layer.provide(Layer.orDie(SharedMemory.layer("agents"))),
    Layer.provideMerge(Runner.layer({ host, lease }).pipe(Layer.provide(quiet))),
    Layer.provideMerge(Trial.modelOf({ settings, seed, virtual: false })),
    Layer.provideMerge(Store.layer),
    Layer.provideMerge(Database.layer(database))
  )
}

const failing = (message: string) => Effect.fail(new Failure({ message }))

/** Warns if agents remember runs of other seeds: the rules of jobs are drawn from the seed, and what was learned misleads. */
const warnOfOtherRules = Effect.fnUntraced(function* (seed: number) {
  const seeds = (yield* RunRecord.kinds).map((kind) => kind.split("/")[1]!).filter((other) => other !== String(seed))
  if (seeds.length === 0) return
  yield* Console.error(
    `Agents remember the rules of jobs of seed ${[...new Set(seeds)].join(", ")} in this database, and those of seed ${seed} ` +
      "differ: more jobs will fail until they have learned anew. Take an empty database for another seed"
  )
})

/** Hands out the jobs of a run until all have ended or it is stopped. */
const hand = Effect.fnUntraced(function* (
  { jobs, seed }: ClusterOrder,
  settings: Settings.Settings,
  stop: Effect.Effect<void>
) {
  const { jobsPerMinute, populationSize } = settings
  const clock = yield* Clock.Clock
  yield* warnOfOtherRules(seed)
  const run = yield* RunRecord.begin(`demo/${seed}/${jobs}`, populationSize)
  yield* Console.error(
    `${run.resumed ? "Goes on with the run" : "Begins the run"} ${run.name}: ${counted(jobs, "job")} for ${counted(run.agents, "agent")}`
  )
  const start = clock.currentTimeMillisUnsafe()
  const moment = JobSource.moments(seed, jobsPerMinute)
  const runners: Record<string, number> = {}
  const handing = handOut({
    run: run.name,
    agents: run.agents,
    jobs,
    jobOf: (number) => ({ stored: JobSource.dataOf(seed, number) }),
    due: Number.isFinite(jobsPerMinute)
      ? (number) =>
          Effect.suspend(() => Effect.sleep(Math.max(0, start + moment(number) - clock.currentTimeMillisUnsafe())))
      : undefined,
    onReport: ({ runner }) => {
      runners[runner] = (runners[runner] ?? 0) + 1
    }
  })
  const interrupted = yield* Effect.raceFirst(Effect.as(handing, false), Effect.as(stop, true))
  if (!interrupted) yield* Effect.ignore(run.end)
  const { advisors, recent, snapshot, targets } = yield* Stats
  const figures = yield* Effect.all({ advisors, recent, snapshot, targets })
  const advice = Advice.from({ ...figures, settings })
  const result = {
    style: "lean" as const,
    virtual: false,
    simulated: settings.simulated,
    stored: null,
    interrupted,
    advice,
    snapshot: figures.snapshot
  }
  return { result, run: { name: run.name, agents: run.agents, resumed: run.resumed, runners } }
})

/** Works or hands out jobs as a runner of a cluster, and reports. */
export const run = Effect.fnUntraced(function* (order: ClusterOrder, stop: Effect.Effect<void>) {
  yield* check(order)
  const { jobs, json, seed } = order
  const settings = unhurried(yield* jobs > 0 ? usable : Settings.config)
  const database = yield* databaseOf(settings)
  let ended = 0
  let figures: Effect.Effect<Snapshot> | undefined
  const program = Effect.gen(function* () {
    const address = yield* ownAddress
    const reach = Address.isLoopback(settings.host) ? " (reached from this machine only: HOST is for others)" : ""
    yield* Console.error(`Runner ${address} works until it is stopped${reach}`)
    figures = (yield* Stats).snapshot
    if (jobs > 0) return yield* hand(order, settings, stop)
    yield* stop
    return undefined
  }).pipe(
    Effect.provide(runner(settings, database, seed, () => ended++)),
    Effect.catchTags({
      DatabaseUnavailable: ({ message }) => failing(message),
      SqlError: (error) => failing(Database.unavailable(error).message),
      SocketServerError: ({ message }) => failing(`headgate cannot listen on ${settings.host}: ${message}`)
    })
  )
  const line = Effect.suspend(() => {
    if (figures === undefined) return Effect.succeed(undefined)
    return jobs > 0
      ? Effect.map(figures, (snapshot) => lineOf(snapshot.jobs, jobs))
      : Effect.succeed(`${counted(ended, "job")} ended here`)
  })
  const handed = yield* Progress.shown(line)(program).pipe(
    Effect.provideService(Logger.LogToStderr, true),
    Effect.provideService(References.MinimumLogLevel, settings.logLevel)
  )
  if (handed === undefined) return yield* print(json, { jobs: ended }, [`Stopped: ${counted(ended, "job")} ended here`])
  const { result, run } = handed
  yield* print(json, { ...told(result), run }, [...summary(result), ...byRunner(run.runners)])
  if (result.interrupted) return yield* new Interrupted()
})

const byRunner = (runners: Readonly<Record<string, number>>): ReadonlyArray<string> => [
  `  jobs by runner: ${Object.entries(runners)
    .map(([runner, count]) => `${runner} ${count}`)
    .join(", ")}`
]
