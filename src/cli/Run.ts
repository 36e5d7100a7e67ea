import { Console, Data, Effect, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import type { Snapshot } from "../domain/Snapshot.ts"
import * as Settings from "../Settings.ts"
import * as Comparison from "./run/Comparison.ts"
import * as Figures from "./run/Figures.ts"
import * as Progress from "./run/Progress.ts"
import * as Summary from "./run/Summary.ts"
import * as Trial from "./run/Trial.ts"

/** With these settings no job would ever be done. */
export class NoWork extends Data.TaggedError("NoWork")<{ readonly variable: string; readonly remedy: string }> {
  override get message(): string {
    return `${this.variable} is 0, so that no job would be done: ${this.remedy}`
  }
}

const usable = Effect.fnUntraced(function* () {
  const settings = yield* Settings.config
  if (settings.populationSize === 0) {
    const remedy = settings.simulated
      ? "set it to a number from 1, such as 20"
      : "against a real endpoint agents work only if it is set, such as POPULATION_SIZE=5"
    return yield* new NoWork({ variable: "POPULATION_SIZE", remedy })
  }
  if (settings.jobsPerMinute === 0) {
    return yield* new NoWork({ variable: "JOBS_PER_MIN", remedy: "set it to a number above 0, such as 10" })
  }
  return settings
})

const flags = {
  jobs: Flag.Int("jobs").pipe(
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))),
    Flag.withDefault(200),
    Flag.withDescription("Jobs to do, from 1 to 1000000; 200")
  ),
  style: Flag.Literals("style", ["lean", "verbose"]).pipe(
    Flag.withDefault("lean"),
    Flag.withDescription("How agents work: lean, or verbose as published simulations do; lean")
  ),
  compare: Flag.Boolean("compare").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Do the same jobs in both styles, and put them side by side")
  ),
  json: Flag.Boolean("json").pipe(Flag.withDefault(false), Flag.withDescription("Report as JSON")),
  realTime: Flag.Boolean("real-time").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Let time pass as it does, on the simulated model too")
  ),
  seed: Flag.Int("seed").pipe(
    Flag.withDefault(1),
    Flag.withDescription("What the jobs and the simulated model's replies are drawn from; 1")
  )
}

export type Flags = Command.Command.Config.Infer<typeof flags>

const told = (result: Trial.Result) => ({ ...Figures.of(result), ...result })

/** Lets agents do jobs and reports, when they are done or it is time to stop. */
export const run = Effect.fnUntraced(function* (
  { compare, jobs, json, realTime, seed, style }: Flags,
  stop: Effect.Effect<void>
) {
  const settings = yield* usable()
  const say = (lines: ReadonlyArray<string>) => Console.log(lines.join("\n"))
  const trial = (style: Trial.Style) => {
    let figures: Effect.Effect<Snapshot> | undefined
    const options = { settings, style, jobs, seed, virtual: settings.simulated && !realTime }
    const played = Trial.run(options, stop, (snapshot) => {
      figures = snapshot
    })
    return Progress.shown(jobs, () => figures)(played)
  }

  if (!compare) {
    const result = yield* trial(style)
    return yield* json ? Console.log(JSON.stringify(told(result), null, 2)) : say(Summary.lines(result))
  }
  const verbose = yield* trial("verbose")
  if (verbose.interrupted) return yield* say(Summary.lines(verbose))
  const lean = yield* trial("lean")
  return yield* json
    ? Console.log(JSON.stringify({ verbose: told(verbose), lean: told(lean) }, null, 2))
    : say(Comparison.lines(verbose, lean))
})

/** `headgate run`; `stop` says when to end before the jobs are done. */
export const command = (stop: Effect.Effect<void>) =>
  Command.make("run", flags, (given) => run(given, stop)).pipe(
    Command.withDescription(
      "Let agents do jobs on the model, and report. On the simulated model, in virtual time: it takes seconds."
    ),
    Command.withExamples([
      { command: "headgate run --jobs 200", description: "Do 200 jobs and report" },
      { command: "headgate run --jobs 200 --compare", description: "Compare with how published simulations work" },
      { command: "OPENAI_API_KEY=... POPULATION_SIZE=5 headgate run --jobs 20", description: "Do 20 jobs on OpenAI" }
    ])
  )
