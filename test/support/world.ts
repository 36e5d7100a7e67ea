import { type Duration, Effect, Layer } from "effect"
import { JobQueue } from "../../src/agents/JobQueue.ts"
import { Memory } from "../../src/agents/Memory.ts"
import * as Demo from "../../src/demo/Demo.ts"
import * as VirtualTime from "../../src/simulator/VirtualTime.ts"
import * as Advice from "../../src/advice/Advice.ts"
import { presets } from "../../src/config/Preset.ts"
import * as Headgate from "../../src/Headgate.ts"
import * as GuardedModel from "../../src/ai/GuardedModel.ts"
import * as SimulatedLanguageModel from "../../src/simulator/SimulatedLanguageModel.ts"
import { SimulatedModel } from "../../src/simulator/SimulatedModel.ts"
import { Stats } from "../../src/Stats.ts"

export interface World {
  readonly agents?: Partial<Demo.Options>
  readonly limits?: Headgate.Options
  readonly model?: Parameters<typeof SimulatedModel.layer>[0]
  /** How long the agents live; until all jobs have ended. */
  readonly time?: Duration.Input
}

/** Lets a population live on the simulated model behind the default gate, in virtual time, and tells how it went. */
export const lives = ({ agents, limits = {}, model, time }: World) => {
  const options = { size: 20, jobsPerMinute: 10, ...agents }
  const guarded = GuardedModel.layer.pipe(
    Layer.provide(SimulatedLanguageModel.layer),
    Layer.provide(SimulatedModel.layer(model)),
    Layer.provideMerge(Headgate.make(limits)),
    Layer.orDie
  )
  return Effect.gen(function* () {
    const done = yield* Demo.run(yield* JobQueue.make, options)
    yield* time === undefined ? done : Effect.sleep(time)
    const { advisors, recent, snapshot, targets } = yield* Stats
    const figures = yield* Effect.all({ advisors, recent, snapshot, targets })
    const settings = { ...presets.default, ...limits } as Advice.Settings
    return { ...figures.snapshot, targets: figures.targets, advice: Advice.from({ ...figures, settings }) }
  }).pipe(Effect.scoped, Effect.provide(Layer.merge(guarded, Memory.layer)), VirtualTime.run)
}
