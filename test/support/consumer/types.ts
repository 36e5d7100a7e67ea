// What a program in TypeScript may and may not write; it is only checked.
import { Effect, Layer, Redacted } from "effect"
import { LanguageModel } from "effect/ai"
import { Ask, Concurrency, Gate, Headgate, type Snapshot, Stats } from "headgate"
import { GuardedModel, OpenAi, SimulatedLanguageModel, SimulatedModel } from "headgate/openai"
import * as testing from "headgate/testing"

const openAi = OpenAi.layer({ apiKey: Redacted.make("sk"), model: "gpt-4o-mini", parameters: { temperature: 0 } })
const simulated = SimulatedLanguageModel.layer.pipe(Layer.provide(SimulatedModel.layer()))
const guarded = GuardedModel.layer.pipe(
  Layer.provide(simulated),
  Layer.provideMerge(Headgate.make({ maxConcurrentRequests: 3 }))
)
const own: Layer.Layer<Gate, unknown> = Concurrency.layer({ permits: 2 }).pipe(Layer.provide(Gate.layerOpen))

export const program: Effect.Effect<Snapshot, unknown> = Effect.gen(function* () {
  yield* LanguageModel.generateText({ prompt: "Hi" }).pipe(
    GuardedModel.withAsk({ caller: "ada", priority: 0 }),
    GuardedModel.unwrapRejection,
    Effect.catchReason("Rejection", "QueueFull", ({ retryAfter }) => Effect.succeed(retryAfter)),
    OpenAi.withParameters({ maxCompletionTokens: 100 })
  )
  return yield* Effect.flatMap(Stats, ({ snapshot }) => snapshot)
}).pipe(Effect.provide(guarded))

// @ts-expect-error there is no such option
Headgate.make({ maxConcurrent: 3 })
// @ts-expect-error a key is no plain text
OpenAi.layer({ apiKey: "sk" })

export const rest = [openAi, own, testing, Ask]
