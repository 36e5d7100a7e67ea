import { Effect, Schema, Stream } from "effect"
import { LanguageModel } from "effect/ai"
import { Parameters } from "../../src/ai/chat/Parameters.ts"
import * as ModelClient from "../../src/agents/ModelClient.ts"
import * as Plan from "../../src/agents/Plan.ts"

/** A model that notes everything it is sent, and has nothing to say. */
const noting = (note) =>
  LanguageModel.make({
    generateText: (request) => Effect.map(Parameters, ({ more }) => (note(request, more), [])),
    streamText: () => Stream.empty
  })

/** Everything that a request tells the model: messages, the shape of the reply if it is told apart, and tools. */
const partsOf = ({ prompt, tools }, more) => [
  ...ModelClient.promptText(prompt),
  ...(more?.response_format === undefined ? [] : [more.response_format.json_schema.schema]),
  ...tools.map(ModelClient.definitionText)
]

/** What the planner sends for a job, as it arrives at the model. */
export const prompt = ({ outputKeys, ...job }, known) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const sent = []
      const model = yield* noting((request, more) => sent.push(...partsOf(request, more)))
      const answer = Schema.Struct(Object.fromEntries(outputKeys.map((key) => [key, Schema.Unknown])))
      const planner = yield* Plan.make({ answer })
      const client = yield* Effect.provideService(ModelClient.make(job.agent), LanguageModel.LanguageModel, model)
      yield* planner.plan(client, { ...job, known }, Infinity)
      return sent
    })
  )
