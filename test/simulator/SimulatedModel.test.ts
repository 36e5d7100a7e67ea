import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Schema } from "effect"
import OpenAI from "openai"
import { SimulatedModel } from "../../src/simulator/SimulatedModel.ts"
import { ChatReply } from "../../src/simulator/model/Chat.ts"
import type { Options } from "../../src/simulator/model/Options.ts"

const ask = (content: string, more: object = {}) => ({
  model: "gpt-4o-mini",
  messages: [{ role: "user", content }],
  ...more
})

const complete = (body: unknown) => Effect.flatMap(SimulatedModel, (model) => model.complete(body))

const withModel = (options: Options = {}) => Effect.provide(SimulatedModel.layer({ fixedLatency: 0, ...options }))

const contentOf = (reply: ChatReply) => reply.choices[0]!.message.content!

describe("SimulatedModel", () => {
  it.effect("a reply is a whole chat completion", () =>
    Effect.gen(function* () {
      const reply = yield* complete(ask("How do rivers shape valleys?"))

      assert.deepStrictEqual(yield* Schema.decodeUnknownEffect(ChatReply)(reply), reply)
      assert.strictEqual(reply.model, "gpt-4o-mini")
      assert.strictEqual(reply.choices[0]!.finish_reason, "stop")
      assert.match(contentOf(reply), /rivers|shape|valleys/)
      assert.match(contentOf(reply), /\.$/)
    }).pipe(withModel())
  )

  it.effect("usage counts four characters a token and adds up", () =>
    Effect.gen(function* () {
      const { choices, usage } = yield* complete(ask("x".repeat(400)))

      assert.strictEqual(usage.prompt_tokens, 106)
      assert.strictEqual(usage.completion_tokens, Math.ceil(choices[0]!.message.content!.length / 4))
      assert.strictEqual(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
    }).pipe(withModel())
  )

  it.effect("a reply is cut at the most tokens the request allows", () =>
    Effect.gen(function* () {
      const whole = contentOf(yield* complete(ask("Tell me of bees")))
      for (const limit of [{ max_tokens: 7 }, { max_completion_tokens: 7, max_tokens: 20 }]) {
        const reply = yield* complete(ask("Tell me of bees", limit))

        assert.strictEqual(reply.choices[0]!.finish_reason, "length")
        assert.strictEqual(reply.usage.completion_tokens, 7)
        assert.strictEqual(contentOf(reply), whole.slice(0, 28))
      }
    }).pipe(withModel())
  )

  it.effect("the same seed and prompt give the same text, another seed or prompt another", () =>
    Effect.gen(function* () {
      const say = (seed: number, prompt: string) =>
        complete(ask(prompt)).pipe(Effect.map(contentOf), withModel({ seed }))
      const text = yield* say(1, "Tell me of bees")

      assert.strictEqual(yield* say(1, "Tell me of bees"), text)
      assert.notStrictEqual(yield* say(2, "Tell me of bees"), text)
      assert.notStrictEqual(yield* say(1, "Tell me of bees!"), text)
    })
  )

  it.effect("each reply has an id of its own", () =>
    Effect.gen(function* () {
      const replies = yield* Effect.all(Array.from({ length: 20 }, () => complete(ask("Hello"))))

      assert.strictEqual(new Set(replies.map(({ id }) => id)).size, 20)
    }).pipe(withModel())
  )

  it.effect("lengths scatter around the mean of their kind", () =>
    Effect.gen(function* () {
      const lengths = (prompt: string) =>
        Effect.forEach(Array.from({ length: 400 }), (_, i) =>
          Effect.map(complete(ask(`${prompt} ${i}`)), ({ usage }) => usage.completion_tokens)
        )
      for (const [prompt, mean] of [
        ["Tell me of bees", 200],
        ["Plan a garden", 100],
        ["Reflect on today", 50]
      ] as const) {
        const drawn = yield* lengths(prompt)
        const average = drawn.reduce((sum, length) => sum + length, 0) / drawn.length

        // A reply ends with its sentence: up to one sentence longer than drawn.
        assert.isAbove(average, mean * 0.9)
        assert.isBelow(average, mean * 1.1 + 12)
        assert.isBelow(Math.min(...drawn), mean * 0.7)
        assert.isAbove(Math.max(...drawn), mean * 1.7)
      }
    }).pipe(withModel({ replyTokens: { chat: 200, plan: 100, reflect: 50 } }))
  )

  it.effect("a request that an endpoint would not understand is refused, naming the field", () =>
    Effect.gen(function* () {
      const user = { role: "user", content: "Hi" }
      const wrong: ReadonlyArray<readonly [unknown, string | null, string]> = [
        ["text", null, "invalid_value"],
        [null, null, "invalid_value"],
        [{ messages: [user] }, "model", "missing_required_parameter"],
        [{ model: 3, messages: [user] }, "model", "invalid_value"],
        [{ model: "m" }, "messages", "missing_required_parameter"],
        [{ model: "m", messages: [] }, "messages", "invalid_value"],
        [{ model: "m", messages: [{ content: "Hi" }] }, "messages[0].role", "missing_required_parameter"],
        [{ model: "m", messages: [user, { role: "boss", content: "Hi" }] }, "messages[1].role", "invalid_value"],
        [{ model: "m", messages: [{ role: "user" }] }, "messages[0].content", "missing_required_parameter"],
        [{ model: "m", messages: [{ role: "user", content: 3 }] }, "messages[0].content", "invalid_value"],
        [
          { model: "m", messages: [{ role: "user", content: [{ type: "text" }] }] },
          "messages[0].content[0].text",
          "missing_required_parameter"
        ],
        [ask("Hi", { max_tokens: 0 }), "max_tokens", "invalid_value"],
        [ask("Hi", { max_completion_tokens: 1.5 }), "max_completion_tokens", "invalid_value"]
      ]
      for (const [body, param, code] of wrong) {
        const { error } = (yield* Effect.flip(complete(body))).body

        assert.deepInclude(error, { type: "invalid_request_error", param, code })
        assert.include(error.message, param ?? "body")
      }
    }).pipe(withModel())
  )

  it.effect("parts, roles, nulls and fields it does not know are accepted", () =>
    Effect.gen(function* () {
      const reply = yield* complete({
        model: "my-own-model",
        max_tokens: null,
        temperature: 0.3,
        something: { else: true },
        messages: [
          { role: "developer", content: "Be brief" },
          {
            role: "user",
            name: "ada",
            content: [
              { type: "text", text: "Describe" },
              { type: "image_url", image_url: {} }
            ]
          },
          { role: "assistant", content: null, tool_calls: [] },
          { role: "tool", tool_call_id: "1", content: "3" }
        ]
      })

      assert.strictEqual(reply.model, "my-own-model")
      assert.strictEqual(reply.usage.prompt_tokens, 3 + 4 * 3 + 2 + 2 + 85 + 1)
    }).pipe(withModel())
  )

  it.effect("models are listed and found by id", () =>
    Effect.gen(function* () {
      const { model, models } = yield* SimulatedModel

      assert.strictEqual(models.object, "list")
      assert.strictEqual(models.data.length, 3)
      assert.deepInclude(models.data[0], { id: "gpt-4o-mini", object: "model" })
      assert.strictEqual(yield* model("gpt-4o"), models.data[1])
      assert.deepInclude(yield* Effect.flip(model("gpt-99")), { status: 404, code: "model_not_found", param: "model" })
    }).pipe(withModel())
  )

  it.effect("every option outside its range is named at once", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(
        complete(ask("Hi")).pipe(
          withModel({
            slots: 0,
            queue: -1,
            errorRate: 2,
            firstToken: "soon" as never,
            replyTokens: { plan: 0 },
            incidents: [{ kind: "slow", from: "2 seconds", to: "1 second", speed: -1 }]
          })
        )
      )

      const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
      assert.deepStrictEqual(
        (error as { problems: ReadonlyArray<{ name: string }> }).problems.map(({ name }) => name),
        ["slots", "queue", "firstToken", "replyTokens.plan", "errorRate", "incidents[0].speed", "incidents[0].to"]
      )
    })
  )

  it.live("the official client reads replies and errors as it does those of an endpoint", () =>
    Effect.gen(function* () {
      const model = yield* SimulatedModel
      const client = new OpenAI({
        apiKey: "none",
        maxRetries: 0,
        fetch: (_url, init) =>
          model.complete(JSON.parse(String(init?.body))).pipe(
            Effect.match({
              onFailure: (error) => Response.json(error.body, { status: error.status }),
              onSuccess: (reply) => Response.json(reply)
            }),
            Effect.runPromise
          )
      })
      const create = (content: string) =>
        client.chat.completions.create({ model: "gpt-4o-mini", messages: [{ role: "user", content }], max_tokens: 5 })
      const reply = yield* Effect.promise(() => create("Hello"))
      const error = yield* Effect.flip(
        Effect.tryPromise({
          try: () => create(null as never),
          catch: (cause) => cause as InstanceType<typeof OpenAI.APIError>
        })
      )

      assert.strictEqual(reply.usage?.completion_tokens, 5)
      assert.instanceOf(error, OpenAI.BadRequestError)
      assert.deepInclude(
        { ...error },
        { status: 400, param: "messages[0].content", code: "missing_required_parameter" }
      )
    }).pipe(withModel())
  )
})
