import { Console, Effect } from "effect"
import type { Snapshot } from "../../stats/Snapshot.ts"
import * as Settings from "../../config/Settings.ts"
import { Failure, Interrupted } from "../Failure.ts"
import { bar } from "../Format.ts"
import * as Jobs from "../Jobs.ts"
import * as Progress from "../Progress.ts"
import { comparison, figuresOf, summary } from "./Report.ts"
import * as Trial from "./Trial.ts"
import { counted } from "../../config/Plural.ts"

/** What to run; see `headgate run --help`. */
export interface Order {
  readonly jobs: number
  readonly style: Trial.Style
  readonly compare: boolean
  readonly realTime: boolean
  readonly seed: number
  readonly json: boolean
}

const unset = {
  LLM_MAX_CONCURRENT_REQUESTS: { maxConcurrentRequests: 8 },
  LLM_REQUESTS_PER_SECOND: { requestsPerSecond: Infinity },
  JOBS_PER_MIN: { jobsPerMinute: Infinity }
}

/** On the simulated model in real time, limits that were not set do not hold up a demonstration. */
export const unhurried = (settings: Settings.Settings): Settings.Settings => {
  const isSet = (variable: string) =>
    settings.inForce.some(({ name, source }) => name === variable && source !== "default")
  const changes = Object.entries(unset).map(([variable, change]) => (isSet(variable) ? {} : change))
  return settings.simulated ? Object.assign({}, settings, ...changes) : settings
}

const none = (variable: string, remedy: string) =>
  Effect.fail(new Failure({ message: `${variable} is 0, so that no job would be done: ${remedy}` }))

/** Draws how far the jobs are. */
export const lineOf = ({ completed, failed }: Snapshot["jobs"], jobs: number): string => {
  const ended = completed + failed
  return `${bar(jobs === 0 ? 1 : ended / jobs, 30)} ${ended}/${counted(jobs, "job")}, ${failed} failed`
}

/** The settings, if agents can work with them. */
export const usable = Effect.gen(function* () {
  const settings = yield* Settings.config
  const { jobsPerMinute, populationSize, simulated } = settings
  if (populationSize === 0 && simulated) return yield* none("POPULATION_SIZE", "set it to a number from 1, such as 20")
  if (populationSize === 0) {
    return yield* none("POPULATION_SIZE", "against a real endpoint agents work only if it is set, such as to 5")
  }
  if (jobsPerMinute === 0) return yield* none("JOBS_PER_MIN", "set it to a number above 0, such as 10")
  return settings
})

/** A result with its figures. */
export const told = (result: Trial.Result) => ({ ...figuresOf(result), ...result })

/** Prints a value as JSON, or lines for people. */
export const print = (json: boolean, value: unknown, lines: ReadonlyArray<string>): Effect.Effect<void> =>
  Console.log(json ? JSON.stringify(value, null, 2) : lines.join("\n"))

/** Lets agents do jobs, and reports when they are done or a signal stops it. */
export const run = Effect.fnUntraced(function* (
  { compare, jobs, json, realTime, seed, style }: Order,
  stop: Effect.Effect<void>
) {
  const given = yield* usable
  // Virtual time would fly while a store is asked.
  const isStored = Jobs.isStored(given)
  const settings = isStored ? unhurried(given) : given
  const trial = Effect.fnUntraced(function* (style: Trial.Style) {
    let figures: Effect.Effect<Snapshot> | undefined
    const options = { settings, style, jobs, seed, virtual: settings.simulated && !realTime && !isStored }
    const played = Trial.run(options, stop, (snapshot) => {
      figures = snapshot
    })
    const line = Effect.suspend(() =>
      figures === undefined ? Effect.succeed(undefined) : Effect.map(figures, (snapshot) => lineOf(snapshot.jobs, jobs))
    )
    const result = yield* Progress.shown(line)(played)
    if (!compare || result.interrupted) yield* print(json, told(result), summary(result))
    return result.interrupted ? yield* new Interrupted() : result
  })

  if (!compare) return void (yield* trial(style))
  const verbose = yield* trial("verbose")
  const lean = yield* trial("lean")
  return yield* print(json, { verbose: told(verbose), lean: told(lean) }, comparison(verbose, lean))
})
