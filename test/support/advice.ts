import { Duration, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as Advice from "../../src/advice/Advice.ts"
import { type Preset, presets } from "../../src/config/Preset.ts"
import { Gate } from "../../src/Gate.ts"
import { JobStats } from "../../src/agents/JobStats.ts"
import * as Headgate from "../../src/Headgate.ts"
import { now } from "../../src/engine/Time.ts"
import { Stats } from "../../src/Stats.ts"

/** A model that sees how many calls it serves, this one included, and the moment, in milliseconds. */
export type Model = (running: number, at: number) => Effect.Effect<unknown, unknown>

export interface Scene {
  readonly limits: Headgate.Options
  readonly jobsPerMinute: number
  /** One job a call, put on a board that so many agents work off; without, each job is a call at once. */
  readonly agents?: number
  /** Jobs that come together. */
  readonly together?: number
  /** The jobs of each minute, as a share of `jobsPerMinute`. */
  readonly shape?: (minute: number) => number
  readonly model: Model
  readonly minutes: number
}

const settingsOf = ({ limits }: Scene): Advice.Settings => {
  const { default: base } = presets
  const timeout = Number(limits.circuitBreaker?.timeout ?? base.circuitBreaker.timeout)
  return {
    preset: limits.preset,
    circuitBreaker: { timeout },
    requestTimeout: Number(limits.requestTimeout ?? base.requestTimeout),
    deadline: Number(limits.deadline ?? base.deadline),
    maxRetries: limits.maxRetries ?? base.maxRetries,
    tokensPerMinute: limits.tokensPerMinute
  }
}

const tokens = { prompt: 60, completion: 40 }

/** Plays a scene on the real stack, and asks for advice at its end. */
export const play = (scene: Scene): Effect.Effect<Advice.Advice> =>
  Effect.gen(function* () {
    const { pass } = yield* Gate
    const { advisors, recent, record, snapshot, targets } = yield* Stats
    const jobs = yield* Stats.section(JobStats.section)
    jobs.population = { agents: scene.agents ?? 0, jobsPerMinute: scene.jobsPerMinute }
    const clock = yield* now
    const started = clock()
    let running = 0
    const work = Effect.suspend(() =>
      Effect.ensuring(
        scene.model(++running, clock() - started),
        Effect.sync(() => running--)
      )
    )
    const job = Effect.gen(function* () {
      const ask = { tokens: tokens.prompt + tokens.completion }
      const exit = yield* Effect.exit(pass(ask, work))
      if (exit._tag === "Success") record({ _tag: "Tokens", ...tokens })
      if (exit._tag === "Success") jobs.onCompleted()
      else jobs.onFailed()
      free++
    })
    let free = scene.agents ?? Infinity
    let board = 0
    let due = 0
    for (let second = 0; second < scene.minutes * 60; second++) {
      due += (scene.jobsPerMinute * (scene.shape?.(Math.floor(second / 60)) ?? 1)) / 60
      const come = due >= (scene.together ?? 1) - 1e-9 ? Math.floor(due + 1e-9) : 0
      due -= come
      board += come
      for (let i = 0; i < come; i++) jobs.onCreated()
      for (; board > 0 && free > 0; board--, free--) yield* Effect.forkChild(job, { startImmediately: true })
      yield* TestClock.adjust("1 second")
    }
    return Advice.from({
      advisors: yield* advisors,
      snapshot: yield* snapshot,
      targets: yield* targets,
      recent: yield* recent,
      settings: settingsOf(scene)
    })
  }).pipe(Effect.provide(Layer.fresh(Layer.orDie(Headgate.make(scene.limits)))))

const apply = (scene: Scene, { to: value, variable }: Advice.Change): Scene => {
  if (variable === "LLM_PRESET") {
    // The advice says to unset what wins over a preset.
    const { maxConcurrentRequests: _, requestsPerSecond: __, ...limits } = scene.limits
    return { ...scene, limits: { ...limits, preset: value as Preset } }
  }
  const to = Number(value)
  const limits = (options: Headgate.Options): Scene => ({ ...scene, limits: { ...scene.limits, ...options } })
  switch (variable) {
    case "LLM_MAX_CONCURRENT_REQUESTS":
      return limits({ maxConcurrentRequests: to })
    case "LLM_REQUESTS_PER_SECOND":
      return limits({ requestsPerSecond: to })
    case "LLM_TOKENS_PER_MINUTE":
      return limits({ tokensPerMinute: to })
    case "LLM_MAX_QUEUE_SIZE":
      return limits({ maxQueueSize: to })
    case "LLM_CIRCUIT_BREAKER_TIMEOUT_MS":
      return limits({ circuitBreaker: { ...scene.limits.circuitBreaker, timeout: to } })
    case "LLM_REQUEST_TIMEOUT_MS":
      return limits({ requestTimeout: to })
    case "LLM_DEADLINE_MS":
      return limits({ deadline: to })
    case "LLM_MAX_RETRIES":
      return limits({ maxRetries: to })
    case "JOBS_PER_MIN":
      return { ...scene, jobsPerMinute: to }
    case "POPULATION_SIZE":
      return { ...scene, agents: to }
    default:
      throw new Error(`no scene follows ${variable}`)
  }
}

/** The scene with a remedy's changes made. */
export const follow = (scene: Scene, { change }: Advice.Remedy): Scene => change.reduce(apply, scene)

/** An answer that takes so long. */
export const answer = (time: Duration.Input) => Effect.as(Effect.sleep(time), "answer")
