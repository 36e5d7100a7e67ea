import { Console, Effect, FileSystem } from "effect"
import { fileFault, type Problem } from "../../config/InvalidOptions.ts"
import * as Preset from "../../config/Preset.ts"
import * as Simulation from "../../simulator/Simulation.ts"
import { Failure, WrongUsage } from "../Failure.ts"
import { bar, number } from "../Format.ts"
import * as Progress from "../Progress.ts"
import * as Flags from "./Flags.ts"
import { adviceOf, type Figures } from "./Report.ts"
import * as Report from "./Report.ts"

const minute = 60_000
const usualMinutes = 60

/** A load, and how long it lasts. */
interface Load {
  readonly arrivals: Simulation.Arrivals
  readonly minutes: number
}

const wrongUsage = (problems: ReadonlyArray<Problem>) => new WrongUsage({ command: "headgate simulate", problems })

const traced = Effect.fnUntraced(function* (path: string, { minutes, traceSpeed: speed, warmUp }: Flags.Given) {
  const fail = (message: string) => new Failure({ message })
  const files = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(files.readFileString(path), (error) =>
    fail(`The trace ${path} cannot be read: ${fileFault(error)}.`)
  )
  const calls = yield* Effect.mapError(Simulation.parseTrace(text), ({ message }) => fail(`${path}:\n${message}`))
  if (calls.length === 0) return yield* fail(`The trace ${path} has no calls.`)
  // The last call still arrives.
  const length = minutes ?? (calls.at(-1)!.at / speed + 1) / minute
  if (warmUp >= length) {
    const allowed = `less than the minutes of the trace (${number(length)})`
    return yield* wrongUsage([{ name: "--warm-up", value: String(warmUp), allowed }])
  }
  return [{ arrivals: { kind: "trace", calls, speed }, minutes: length }] satisfies ReadonlyArray<Load>
})

const drawn = (given: Flags.Given): ReadonlyArray<Load> => {
  const { callers, greedy: greedyShare, minutes = usualMinutes, promptTokens } = given
  if (given.jobsPerMin !== undefined || given.population !== undefined) {
    const { callsPerJob, jobsPerMin: jobsPerMinute = 10, population = 20 } = given
    return [{ arrivals: { kind: "agents", jobsPerMinute, population, callsPerJob, promptTokens }, minutes }]
  }
  const { burstLoad: burstPerMinute, burstSeconds, load = [30], quietSeconds } = given
  return load.map((perMinute) => {
    const calls = { perMinute, callers, greedyShare, promptTokens }
    if (burstPerMinute === undefined) return { arrivals: { kind: "poisson", ...calls }, minutes }
    const bursts = { burstPerMinute, burst: 1000 * burstSeconds, quiet: 1000 * quietSeconds }
    return { arrivals: { kind: "bursty", ...calls, ...bursts }, minutes }
  })
}

const optionsOf = (given: Flags.Given, preset: Preset.Preset, { arrivals, minutes }: Load): Simulation.Options => ({
  arrivals,
  duration: minutes * minute,
  warmUp: given.warmUp * minute,
  seed: given.seed,
  incidents: given.incidents,
  model: {
    slots: given.slots,
    tokensPerSecond: given.tokensPerSecond,
    errorRate: given.errorRate,
    hangRate: given.hangRate,
    replyTokens: { chat: given.replyTokens }
  },
  settings: {
    preset,
    maxConcurrentRequests: given.maxConcurrent,
    adaptiveMaxConcurrent: given.adaptiveMaxConcurrent,
    requestsPerSecond: given.perSecond,
    tokensPerMinute: given.tokensPerMinute,
    maxQueueSize: given.maxQueue,
    circuitBreaker: { maxFailures: given.maxFailures, timeout: given.openMs },
    requestTimeout: given.timeoutMs,
    deadline: given.deadlineMs,
    maxRetries: given.retries
  }
})

const loadOf = (arrivals: Simulation.Arrivals): string => {
  if (arrivals.kind === "trace")
    return arrivals.speed === 1 ? "the trace" : `the trace × ${number(arrivals.speed ?? 1)}`
  if (arrivals.kind === "agents") return `${number(arrivals.jobsPerMinute)} jobs/min`
  const calm = `${number(arrivals.perMinute)}/min`
  return arrivals.kind === "poisson" ? calm : `${calm}, bursts ${number(arrivals.burstPerMinute)}/min`
}

type Played = Simulation.Run & { readonly name: Preset.Preset }

const figuresOf = (given: Flags.Given, { arrivals, minutes }: Load, runs: ReadonlyArray<Played>) => {
  const best = runs.length > 1 ? Simulation.recommend(runs) : undefined
  return runs.map(({ name, result: { advice, ...result } }): Figures => ({
    preset: name,
    load: loadOf(arrivals),
    callsPerMinute:
      arrivals.kind === "poisson" ? arrivals.perMinute : Number((result.calls / (minutes - given.warmUp)).toFixed(3)),
    ...result,
    verdict: advice.status,
    advice: adviceOf(advice),
    recommended: best?.name === name,
    reason: best?.name === name ? best.reason : null
  }))
}

/** Plays each preset under each load, and tells what comes of it. */
const play = Effect.fnUntraced(function* (given: Flags.Given, loads: ReadonlyArray<Load>) {
  const { preset: presets = Preset.names } = given
  const runs = presets.length * loads.length
  const state = { begun: 0, share: 0, name: "" }
  const line = Effect.sync(() => {
    const done = (state.begun - 1 + state.share) / runs
    return `${bar(done, 30)} ${number(100 * Math.max(0, done))} %, ${state.name} (${state.begun} of ${runs})`
  })
  const one = (load: Load) => (name: Preset.Preset) => {
    state.begun++
    state.share = 0
    state.name = name
    const onProgress = (share: number) => void (state.share = share)
    const simulated = Simulation.run({ ...optionsOf(given, name, load), onProgress })
    return Effect.map(simulated, (result): Played => ({ name, result }))
  }
  const all = Effect.forEach(loads, (load) =>
    Effect.map(
      Effect.forEach(presets, (name) => Effect.suspend(() => one(load)(name))),
      (played) => figuresOf(given, load, played)
    )
  )
  return (yield* Progress.shown(line)(all)).flat()
})

/** Reads the flags, plays each preset under each load, and prints what comes of it. */
export const simulate = Effect.fnUntraced(function* (texts: Flags.Texts) {
  const problems: Array<Problem> = []
  const given = Flags.decode(texts, problems)
  if (problems.length > 0) return yield* wrongUsage(problems)
  const loads = given.trace === undefined ? drawn(given) : yield* traced(given.trace, given)
  const figures = yield* Effect.catchTag(
    play(given, loads),
    "InvalidOptions",
    ({ message }) => new Failure({ message })
  )
  yield* Console.log(given.json ? JSON.stringify(figures, null, 2) : Report.lines(figures).join("\n"))
})
