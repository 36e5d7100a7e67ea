import { Clock, Context, Effect, Layer, Random } from "effect"
import type { InvalidOptions } from "../domain/InvalidOptions.ts"
import type { ModelError } from "./ModelError.ts"
import * as ChatReply from "./simulated/ChatReply.ts"
import * as ChatRequest from "./simulated/ChatRequest.ts"
import * as Engine from "./simulated/Engine.ts"
import * as Failures from "./simulated/Failures.ts"
import type { Work } from "./simulated/Job.ts"
import type { Gauges } from "./simulated/Machine.ts"
import * as Models from "./simulated/Models.ts"
import * as Options from "./simulated/Options.ts"
import * as Reply from "./simulated/Reply.ts"
import * as Tokens from "./simulated/Tokens.ts"

/** An OpenAI-compatible model inside the process, on Effect's clock: in real time, or in a test's. */
export class SimulatedModel extends Context.Service<
  SimulatedModel,
  {
    /**
     * Answers a chat request as `POST /v1/chat/completions` answers its body.
     *
     * Any model name will do; one that is not on offer answers like the first.
     */
    readonly complete: (body: unknown) => Effect.Effect<ChatReply.ChatReply, ModelError>
    /** The models on offer, as `GET /v1/models` lists them. */
    readonly models: Models.ModelList
    /** One model on offer, as `GET /v1/models/{id}` tells of it. */
    readonly model: (id: string) => Effect.Effect<Models.Model, ModelError>
    /** What the model counts of itself at this moment. */
    readonly gauges: Effect.Effect<Gauges>
  }
>()("headgate/SimulatedModel") {
  /** Starts a model. */
  static readonly layer = (options: Options.Options = {}): Layer.Layer<SimulatedModel, InvalidOptions> =>
    Layer.effect(this, Effect.flatMap(Options.check(options), make))
}

const model = (id: string) => {
  const found = Models.list.data.find((one) => one.id === id)
  return found === undefined ? Effect.fail(Failures.modelNotFound(id)) : Effect.succeed(found)
}

const workOf = (settings: Options.Settings, request: ChatRequest.ChatRequest, tokens: number): Timing => {
  const { fixedLatency, firstToken, perPromptToken, tokensPerSecond } = settings
  if (fixedLatency !== undefined) return { first: fixedLatency / tokens, step: fixedLatency / tokens, tokens }
  const speed = Models.speedOf(request.model)
  return {
    first: (firstToken + perPromptToken * Tokens.ofPrompt(request)) / speed,
    step: 1000 / (tokensPerSecond * speed),
    tokens
  }
}

type Timing = Pick<Work, "first" | "step" | "tokens">

const make = Effect.fnUntraced(function* (settings: Options.Settings) {
  const engine = yield* Engine.make(settings)
  const random = yield* Effect.service(Random.Random).pipe(Random.withSeed(settings.seed))
  let begun = 0

  const begin = Effect.fnUntraced(function* (body: unknown) {
    const request = yield* ChatRequest.decode(body)
    const id = `chatcmpl-${String(++begun).padStart(9, "0")}`
    const hangs = random.nextDoubleUnsafe() < settings.hangRate
    const failure = random.nextDoubleUnsafe() < settings.errorRate ? Failures.serverError() : undefined
    const reply = yield* Reply.make(settings, request)
    const generation = yield* engine.begin({ ...workOf(settings, request, reply.tokens.length), failure, hangs })
    return { id, request, reply, generation }
  })

  const complete = Effect.fn("SimulatedModel.complete")(function* (body: unknown) {
    const { generation, id, reply, request } = yield* begin(body)
    yield* generation.produced(reply.tokens.length)
    return ChatReply.make(id, yield* Clock.currentTimeMillis, request, reply)
  }, Effect.scoped)

  return { complete, model, models: Models.list, gauges: engine.gauges }
})
