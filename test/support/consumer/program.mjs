// A program with Effect.
import { Effect, Layer } from "effect"
import { LanguageModel } from "effect/ai"
import { Headgate, Stats } from "headgate"
import { GuardedModel } from "headgate/openai"
import { SimulatedLanguageModel, SimulatedModel } from "headgate/simulator"

const model = SimulatedLanguageModel.layer.pipe(Layer.provide(SimulatedModel.layer({ fixedLatency: 0 })))
const guarded = GuardedModel.layer.pipe(Layer.provide(model), Layer.provideMerge(Headgate.make()))

const program = Effect.gen(function* () {
  const { finishReason } = yield* LanguageModel.generateText({ prompt: "Hi" })
  const { requests } = yield* Effect.flatMap(Stats, ({ snapshot }) => snapshot)
  return { finishReason, succeeded: requests.succeeded }
})

process.stdout.write(JSON.stringify(await Effect.runPromise(Effect.provide(program, guarded))))
