import { Effect, type FileSystem, Layer, Random } from "effect"
import { JobQueue } from "../../agents/JobQueue.ts"
import { Memory } from "../../agents/Memory.ts"
import * as Demo from "../../demo/Demo.ts"
import * as Advice from "../../advice/Advice.ts"
import * as Preset from "../../config/Preset.ts"
import type { Snapshot } from "../../stats/Snapshot.ts"
import * as Headgate from "../../Headgate.ts"
import * as GuardedModel from "../../ai/GuardedModel.ts"
import * as SimulatedLanguageModel from "../../simulator/SimulatedLanguageModel.ts"
import { SimulatedModel } from "../../simulator/SimulatedModel.ts"
import type { Settings } from "../../config/Settings.ts"
import { Stats } from "../../Stats.ts"
import * as VirtualTime from "../../simulator/VirtualTime.ts"
import * as Agents from "../Agents.ts"
import * as Jobs from "../Jobs.ts"
import { Failure, type Interrupted, unless } from "../Failure.ts"
import * as Routed from "../Routed.ts"
import * as StoredRun from "./StoredRun.ts"

export type Style = "lean" | "verbose"

export interface Options {
  readonly settings: Settings
  readonly style: Style
  /** Jobs to do, from 0. */
  readonly jobs: number
  /** What the jobs and the simulated model's replies are drawn from. */
  readonly seed: number
  /** Whether time goes by as fast as the work allows. */
  readonly virtual: boolean
}

/** What agents have done, and how the gate did meanwhile. */
export interface Result {
  readonly style: Style
  readonly virtual: boolean
  /** Whether the simulated model answered. */
  readonly simulated: boolean
  /** Whether it was stopped before the jobs were done. */
  readonly interrupted: boolean
  /** How the jobs of the run stand in the store, whichever process did them; `null` without a store. */
  readonly stored: StoredRun.Figures | null
  readonly snapshot: Snapshot
  readonly advice: Advice.Advice
}

type ModelOptions = Pick<Options, "seed" | "settings" | "virtual">

/** The gate of one process; of all that have the same store, if time is real. */
const gate = ({ settings, virtual }: ModelOptions) =>
  virtual ? Headgate.make(Preset.limitsOf(settings)) : Headgate.fromSettings(settings)

const simulated = (options: ModelOptions) =>
  GuardedModel.layer.pipe(
    Layer.provide(SimulatedLanguageModel.layer.pipe(Layer.provide(SimulatedModel.layer({ seed: options.seed })))),
    Layer.provideMerge(gate(options)),
    // The settings have been checked: a value that is refused here is a defect.
    Layer.orDie
  )

const real = (options: ModelOptions) =>
  GuardedModel.layer.pipe(Layer.provide(Agents.model(options.settings)), Layer.provideMerge(gate(options)), Layer.orDie)

/** The gate in front of the endpoints of a file; their calls are routed by the agents' model. */
const routed = Effect.fnUntraced(
  function* (settings: Settings, file: string) {
    const { endpoints, gate } = yield* Routed.open(settings, file)
    const message = Routed.notServed(endpoints, settings)
    if (message !== undefined) return yield* new Failure({ message })
    return GuardedModel.layer.pipe(
      Layer.provide(Layer.orDie(Agents.model(settings))),
      Layer.provideMerge(gate),
      Layer.merge(Agents.aimed(settings))
    )
  },
  Effect.catchTag("InvalidFile", ({ message }) => Effect.fail(new Failure({ message })))
)

/** The model, simulated or real, behind the gate. */
export const modelOf = (options: ModelOptions) => {
  const { settings } = options
  const { configFile } = settings
  if (settings.simulated) return simulated(options)
  return configFile === undefined ? real(options) : Layer.unwrap(routed(settings, configFile))
}

const layerOf = (options: Options) => Layer.merge(modelOf(options), Memory.layer)

const play = (options: Options, stop: Effect.Effect<void>, watch: (figures: Effect.Effect<Snapshot>) => void) =>
  Effect.gen(function* () {
    const { jobs, seed, settings, style } = options
    const { advisors, recent, snapshot, targets } = yield* Stats
    watch(snapshot)
    const { jobsPerMinute, populationSize: size } = settings
    const order = { size, jobsPerMinute, jobs, seed, style }
    const { interrupted, stored } = yield* Effect.scoped(
      Effect.gen(function* () {
        // A store may let it wait.
        const run = Jobs.isStored(settings) ? yield* unless(stop)(StoredRun.open(settings, order)) : undefined
        const queue = run?.queue ?? (yield* JobQueue.make)
        // A job that has begun to end does so before the store is asked how the jobs stand.
        const interrupted = yield* Effect.scoped(
          Effect.flatMap(Demo.run(queue, { ...order, series: run?.series }), (done) =>
            Effect.raceFirst(Effect.as(done, false), Effect.as(stop, true))
          )
        )
        if (run !== undefined && !interrupted) yield* run.end
        return { interrupted, stored: run === undefined ? null : yield* run.figures }
      })
    )
    const figures = yield* Effect.all({ advisors, recent, snapshot, targets })
    const advice = Advice.from({ ...figures, settings })
    return {
      style,
      virtual: options.virtual,
      simulated: settings.simulated,
      interrupted,
      stored,
      snapshot: figures.snapshot,
      advice
    }
  }).pipe(Effect.provide(layerOf(options)))

/** Lets agents do jobs until all are done or it is time to stop; then nothing runs any more. `watch` is given the way to the figures. */
export const run = (
  options: Options,
  stop: Effect.Effect<void>,
  watch: (figures: Effect.Effect<Snapshot>) => void = () => {}
): Effect.Effect<Result, Failure | Interrupted, FileSystem.FileSystem> => {
  const played = play(options, stop, watch).pipe(Random.withSeed(options.seed))
  return options.virtual ? VirtualTime.run(played) : played
}
