import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import * as Field from "../../config/Field.ts"
import { json, variableFlag } from "./Flags.ts"

const most = 1_000_000

const flags = {
  jobs: variableFlag(
    "jobs",
    Field.integer(1, most, { env: "--jobs" }),
    `Jobs to do, 1 to ${most}; 200. With --cluster, jobs to hand out; none`
  ),
  style: Flag.Literals("style", ["lean", "verbose"]).pipe(
    Flag.withDefault("lean"),
    Flag.withDescription("How agents work: lean, or verbose as published simulations do; lean")
  ),
  compare: Flag.Boolean("compare").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Do the same jobs in both styles and put them side by side")
  ),
  realTime: Flag.Boolean("real-time").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Let time pass as it does, on the simulated model too")
  ),
  seed: variableFlag(
    "seed",
    Field.integer(0, Number.MAX_SAFE_INTEGER, { env: "--seed" }),
    "What the jobs and the simulated model's replies are drawn from; 1"
  ),
  cluster: Flag.Boolean("cluster").pipe(
    Flag.withDefault(false),
    Flag.withDescription(
      "Be one of several runners on the database of DATABASE_URL: work until stopped, or with --jobs until all are done"
    )
  ),
  json
}

type Given = Command.Command.Config.Infer<typeof flags>

const usualJobs = 200
const usualSeed = 1

/** Works in this process alone, or as a runner of a cluster; what is not asked for is not loaded. */
const run = ({ cluster, ...given }: Given, stop: Effect.Effect<void>) => {
  const jobs = Option.getOrElse(given.jobs, () => (cluster ? 0 : usualJobs))
  const order = { ...given, jobs, seed: Option.getOrElse(given.seed, () => usualSeed) }
  return cluster
    ? Effect.flatMap(
        Effect.promise(() => import("../run/Cluster.ts")),
        ({ run }) => run(order, stop)
      )
    : Effect.flatMap(
        Effect.promise(() => import("../run/Run.ts")),
        ({ run }) => run(order, stop)
      )
}

/** `headgate run` */
export const command = (stop: Effect.Effect<void>) =>
  Command.make("run", flags, (given) => run(given, stop)).pipe(
    Command.withDescription(
      "Let agents do jobs on the model and report: how many were done, what they took, how the gate did. " +
        "On the simulated model in virtual time, which takes seconds. With DATABASE_URL or REDIS_URL jobs are stored, time is " +
        "real, and the same command goes on with a run that was stopped or killed."
    ),
    Command.withExamples([
      { command: "headgate run", description: "Do 200 jobs" },
      {
        command: "DATABASE_URL=postgres://... headgate run --cluster --jobs 1000",
        description: "Hand out 1000 jobs and work on them, together with every other `headgate run --cluster`"
      },
      { command: "headgate run --compare", description: "Compare with how published simulations work" },
      { command: "OPENAI_API_KEY=... POPULATION_SIZE=5 headgate run --jobs 20", description: "Do 20 jobs on OpenAI" }
    ])
  )
