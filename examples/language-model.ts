// Agents that plan and act through Effect's LanguageModel, behind one gate that knows the purpose of each call.
import { Console, Effect, Layer, Schema } from "effect"
import { LanguageModel } from "effect/ai"
import { Headgate, Stats } from "../src/index.ts"
import { GuardedModel, OpenAi } from "../src/openai.ts"
import { SimulatedLanguageModel, SimulatedModel } from "../src/simulator.ts"

const Plan = Schema.Struct({ steps: Schema.Array(Schema.String) })

const plan = (goal: string) =>
  LanguageModel.generateObject({ prompt: `Plan ${goal}`, schema: Plan }).pipe(
    Effect.map(({ value }) => value.steps),
    GuardedModel.withOptions({ purpose: "plan", priority: 1 })
  )

const act = (step: string) =>
  LanguageModel.generateText({ prompt: step }).pipe(
    OpenAi.withParameters({ maxCompletionTokens: 40 }),
    GuardedModel.withOptions({ purpose: "act", priority: 0 })
  )

const agent = (name: string) =>
  Effect.flatMap(plan("a walk in the hills"), Effect.forEach(act)).pipe(
    Effect.map((done) => `${name} did ${done.length} steps`),
    GuardedModel.withOptions({ caller: name }),
    GuardedModel.unwrapRejection,
    Effect.catchReason("Rejection", "QueueFull", () => Effect.succeed(`${name} found the queue full`))
  )

const program = Effect.gen(function* () {
  const reports = yield* Effect.forEach(["ada", "bob"], agent, { concurrency: "unbounded" })
  const { requests } = yield* Effect.flatMap(Stats, ({ snapshot }) => snapshot)
  yield* Console.log([...reports, `${requests.succeeded} calls`].join("\n"))
})

// Put OpenAi.layer({ apiKey }) in its place for a real model.
const model = SimulatedLanguageModel.layer.pipe(Layer.provide(SimulatedModel.layer({ fixedLatency: "5 millis" })))
const guarded = GuardedModel.layer.pipe(
  Layer.provide(model),
  Layer.provideMerge(Headgate.make({ maxConcurrentRequests: 1, requestsPerSecond: Infinity }))
)

Effect.runPromise(Effect.provide(program, guarded))
