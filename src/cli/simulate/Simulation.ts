import { Console, Effect, Option } from "effect"
import * as Presets from "../../config/Preset.ts"
import { Failure } from "../Failure.ts"
import * as Figures from "./Figures.ts"
import type { Flags } from "./Flags.ts"
import * as Report from "./Report.ts"
import * as Scenario from "./Scenario.ts"

const scenarioOf = (flags: Flags, preset: Presets.Preset, callsPerMinute: number): Scenario.Scenario => {
  const given = Option.getOrUndefined
  const limits = {
    maxConcurrentRequests: given(flags.maxConcurrent),
    requestsPerSecond: given(flags.perSecond),
    maxQueueSize: given(flags.maxQueue),
    circuitBreaker: { maxFailures: given(flags.maxFailures), timeout: given(flags.openMs) },
    deadline: given(flags.deadlineMs),
    maxRetries: given(flags.retries)
  }
  const base = Presets.presets[preset]
  const settings = {
    ...base,
    circuitBreaker: { timeout: limits.circuitBreaker.timeout ?? base.circuitBreaker.timeout },
    deadline: limits.deadline ?? base.deadline,
    maxRetries: limits.maxRetries ?? base.maxRetries
  }
  const { errorRate, hangRate, minutes, promptTokens, replyTokens, seed, slots, tokensPerSecond } = flags
  const model = { errorRate, hangRate, slots, tokensPerSecond, replyTokens: { chat: replyTokens } }
  return { preset, limits, settings, model, promptTokens, callsPerMinute, minutes, seed }
}

/** Plays each preset under each load, and prints what comes of it. */
export const simulate = Effect.fnUntraced(function* (flags: Flags) {
  const scenarios = flags.preset.flatMap((preset) => flags.load.map((load) => scenarioOf(flags, preset, load)))
  const figures = yield* Effect.forEach(scenarios, (scenario) =>
    Effect.map(Scenario.play(scenario), (outcome) => Figures.of(scenario, outcome))
  ).pipe(Effect.mapError(({ message }) => new Failure({ message })))
  yield* Console.log(flags.json ? JSON.stringify(figures, null, 2) : Report.lines(figures).join("\n"))
})
