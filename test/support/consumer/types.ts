// What a program in TypeScript may and may not write; it is only checked.
import { Effect, Layer, Redacted } from "effect"
import { LanguageModel } from "effect/ai"
import { Extract, JobQueue, Memory, Population } from "headgate/agents"
import { ConcurrencyLimit, createProvider, Gate, Headgate, RejectionError, type Snapshot, Stats } from "headgate"
import { GuardedModel, OpenAi } from "headgate/openai"
import { SimulatedLanguageModel, SimulatedModel, VirtualTime } from "headgate/simulator"
import * as testing from "headgate/testing"

const openAi = OpenAi.layer({ apiKey: Redacted.make("sk"), model: "gpt-4o-mini", parameters: { temperature: 0 } })
const simulated = SimulatedLanguageModel.layer.pipe(Layer.provide(SimulatedModel.layer()))
const guarded = GuardedModel.layer.pipe(
  Layer.provide(simulated),
  Layer.provideMerge(Headgate.make({ maxConcurrentRequests: 3 }))
)
const own: Layer.Layer<Gate, unknown> = ConcurrencyLimit.layer({ permits: 2 }).pipe(Layer.provide(Gate.layerNoop))

export const program: Effect.Effect<Snapshot, unknown> = Effect.gen(function* () {
  yield* LanguageModel.generateText({ prompt: "Hi" }).pipe(
    GuardedModel.withOptions({ caller: "ada", priority: 0 }),
    GuardedModel.unwrapRejection,
    Effect.catchReason("Rejection", "QueueFull", ({ retryAfter }) => Effect.succeed(retryAfter)),
    OpenAi.withParameters({ maxCompletionTokens: 100 })
  )
  return yield* Effect.flatMap(Stats, ({ snapshot }) => snapshot)
}).pipe(Effect.provide(guarded))

export const plain = async (): Promise<number> => {
  const llmProvider = await createProvider({ maxConcurrentRequests: 3, requestTimeout: "1 minute", grace: 5000 })
  const response = await llmProvider.fetch("http://127.0.0.1:1/v1/models")
  const length = await llmProvider
    .run(async (signal) => (signal.aborted ? "" : response.statusText), { caller: "ada", deadlineMs: 1000 })
    .then((text) => text.length)
    .catch((error: unknown) => (error instanceof RejectionError ? (error.retryAfterMs ?? 0) : 0))
  await llmProvider.close("1 second")
  return length + llmProvider.getStats().requests.total
}

// @ts-expect-error there is no such option
Headgate.make({ maxConcurrent: 3 })
// @ts-expect-error nor here
createProvider({ retries: 3 })
// @ts-expect-error a key is no plain text
OpenAi.layer({ apiKey: "sk" })

const agents = Effect.gen(function* () {
  yield* Population.run(yield* JobQueue.make, { size: 2 })
}).pipe(Effect.scoped, Effect.provide([guarded, Memory.layer]))

export const rest = [openAi, own, testing, agents, Extract.from, VirtualTime.run]
