import { type Duration, Effect, Random } from "effect"
import * as Advice from "../advice/Advice.ts"
import * as Field from "../config/Field.ts"
import { type InvalidOptions, type Problem, settled } from "../config/InvalidOptions.ts"
import { decoder, group, list, reader, type Values, withDefaults } from "../config/Options.ts"
import * as Preset from "../config/Preset.ts"
import * as Table from "../config/Table.ts"
import * as Headgate from "../Headgate.ts"
import * as Incident from "./model/Incident.ts"
import * as Model from "./model/Options.ts"
import type { Arrivals } from "./simulation/Load.ts"
import * as Load from "./simulation/Load.ts"
import { play } from "./simulation/Play.ts"
import type { Result } from "./simulation/Result.ts"
import * as VirtualTime from "./VirtualTime.ts"

export type { Agents, Arrivals, Bursty, Poisson, Trace, TracedCall } from "./simulation/Load.ts"
export type { Caller, Jobs, Percentiles, Refused, Result } from "./simulation/Result.ts"
export { type Recommendation, recommend, type Run } from "./simulation/Recommendation.ts"
export { parse as parseTrace } from "./simulation/TraceFile.ts"

/** A load, a model, what goes wrong with it, and the gate between them. */
export interface Options {
  /** The calls or jobs that arrive. */
  readonly arrivals: Arrivals
  /** How the model behaves. Default: as the simulated model of the service. */
  readonly model?: Omit<Model.Options, "incidents" | "seed"> | undefined
  /** What goes wrong with the model; times count from the start. Default: nothing. */
  readonly incidents?: ReadonlyArray<Incident.Incident> | undefined
  /** The preset and the limits of the gate. Default: the preset `default`. */
  readonly settings?: Headgate.Options | undefined
  /** How long calls arrive. 1 ms to 30 days. Default: 1 hour. */
  readonly duration?: Duration.Input | undefined
  /** How long calls arrive before they are measured, within `duration`. 0 to 30 days. Default: 0. */
  readonly warmUp?: Duration.Input | undefined
  /** What arrivals, lengths and faults are drawn from: the same seed gives the same result. A whole number from 0, or a text. Default: 1. */
  readonly seed?: number | string | undefined
  /** Is called at each arrival with the share of the time that is over. Default: nothing. */
  readonly onProgress?: ((share: number) => void) | undefined
}

const { incidents: _, seed, ...model } = Model.fields
const longest = 30 * Field.day

const fields = {
  arrivals: Load.field,
  model: group(model),
  incidents: list(Incident.field, { default: [] }),
  settings: group(Table.stack),
  duration: Field.duration({ maximum: longest, default: 3_600_000 }),
  warmUp: Field.duration({ minimum: 0, maximum: longest, default: 0 }),
  seed,
  onProgress: Field.func<(share: number) => void>({ default: () => {} })
}

/** Decodes options; fails with everything that is wrong with them. */
const check = (options: Options): Effect.Effect<Values<typeof fields>, InvalidOptions> =>
  Effect.suspend(() => {
    const problems: Array<Problem> = []
    const values = decoder(fields)(options, problems)
    const { duration, warmUp } = values
    if (warmUp >= duration) {
      reader(Field.duration({ minimum: 0, maximum: duration - 1, example: "0" }))(warmUp, problems, "warmUp")
    }
    return Effect.as(settled(problems), values)
  })

/** The settings of the gate with those of its preset, for advice. */
const inForce = (settings: Headgate.Options): Advice.Settings =>
  decoder(withDefaults(Table.stack, Preset.presets[settings.preset ?? "default"]))(settings, [])

/**
 * Lets calls arrive at the real policies in front of the simulated model, in virtual time, and measures what comes of it.
 *
 * It takes as long as its work, and the same options give the same result.
 *
 * @example
 * const simulation = Simulation.run({
 *   arrivals: { kind: "poisson", perMinute: 60 },
 *   incidents: [{ kind: "slow", from: "1 minute", to: "2 minutes", speed: 0.5 }],
 *   settings: { preset: "adaptive" },
 *   duration: "5 minutes"
 * })
 *
 * const { calls, succeeded } = await Effect.runPromise(simulation)
 * succeeded === calls // => true
 */
export const run = (options: Options): Effect.Effect<Result, InvalidOptions> =>
  Effect.gen(function* () {
    const { arrivals: load, duration, incidents, onProgress, seed, warmUp, ...given } = yield* check(options)
    const { settings = {} } = options
    const world = { load, model: Model.settingsOf({ ...given.model, incidents, seed }), duration, warmUp, seed }
    const { evidence, tally } = yield* play(world, onProgress).pipe(
      Effect.provide(Headgate.make(settings)),
      Random.withSeed(seed),
      VirtualTime.run
    )
    return {
      ...tally.result(load.kind === "agents"),
      advice: Advice.from({ ...evidence, settings: inForce(settings) })
    }
  })
