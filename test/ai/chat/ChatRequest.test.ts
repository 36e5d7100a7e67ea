import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { LanguageModel, Tool, Toolkit } from "effect/ai"
import * as OpenAi from "../../../src/ai/OpenAi.ts"
import { answering, bodyOf, reply } from "../../support/openai.ts"

const City = Schema.Struct({ city: Schema.String, days: Schema.optionalKey(Schema.Int) })

const Weather = Tool.make("weather", { description: "Tells the weather", parameters: City, success: Schema.String })
const Strict = Tool.make("strict", { parameters: City, success: Schema.String }).annotate(Tool.Strict, true)
const Now = Tool.make("now", { success: Schema.String })
const Tools = Toolkit.make(Weather, Strict, Now)
const handlers = Tools.toLayer({
  weather: ({ city, days }) => Effect.succeed(`${city} ${days}`),
  strict: ({ city, days }) => Effect.succeed(`${city} ${days}`),
  now: () => Effect.succeed("noon")
})

const prompt = "Hi"

/** The body of a request with these tools. */
const offered = (toolChoice: LanguageModel.ToolChoice<"weather" | "strict" | "now">) =>
  bodyOf(Effect.provide(LanguageModel.generateText({ prompt, toolkit: Tools, toolChoice }), handlers))

const Plan = Schema.Struct({ title: Schema.String, note: Schema.optionalKey(Schema.String) })

const formatOf = (objectName: string) =>
  Effect.map(
    bodyOf(LanguageModel.generateObject({ prompt, schema: Plan, objectName })),
    ({ response_format: format }) => format as { json_schema: { name: string; schema: object; strict: boolean } }
  )

describe("ChatRequest", () => {
  it.effect("a plain request is the model and the messages", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* bodyOf(LanguageModel.generateText({ prompt })), {
        model: "gpt-4o-mini",
        messages: [{ role: "user", content: "Hi" }]
      })
    })
  )

  it.effect(
    "parameters have the endpoint's names; the request's go before the layer's, and further fields before all",
    () =>
      Effect.gen(function* () {
        const { layer, sent } = answering(() => Response.json(reply({ content: "Hi" })), {
          model: "local",
          parameters: { temperature: 1, topP: 0.9, more: { top_k: 40 } }
        })
        yield* LanguageModel.generateText({ prompt }).pipe(
          OpenAi.withParameters({
            temperature: 0,
            topP: undefined,
            maxCompletionTokens: 100,
            stop: ["."],
            seed: 7,
            frequencyPenalty: 1,
            presencePenalty: -1,
            reasoningEffort: "low",
            parallelToolCalls: false,
            more: { min_p: 0.1, seed: 8 }
          }),
          Effect.provide(layer)
        )

        assert.deepStrictEqual(sent[0]!.body, {
          model: "local",
          messages: [{ role: "user", content: "Hi" }],
          temperature: 0,
          top_p: 0.9,
          max_completion_tokens: 100,
          stop: ["."],
          seed: 8,
          frequency_penalty: 1,
          presence_penalty: -1,
          reasoning_effort: "low",
          parallel_tool_calls: false,
          top_k: 40,
          min_p: 0.1
        })
      })
  )

  it.effect("tools are functions with the schemas of their parameters", () =>
    Effect.gen(function* () {
      const { tool_choice: choice, tools } = yield* offered("auto")
      const [weather, strict, now] = tools as ReadonlyArray<{ type: string; function: Record<string, unknown> }>

      assert.strictEqual(choice, "auto")
      assert.deepInclude(weather, { type: "function" })
      assert.deepInclude(weather!.function, { name: "weather", description: "Tells the weather" })
      assert.notProperty(weather!.function, "strict")
      assert.deepInclude(weather!.function["parameters"], { type: "object", required: ["city"] })
      assert.deepInclude(strict!.function, { name: "strict", strict: true })
      assert.deepInclude(strict!.function["parameters"], { required: ["city", "days"], additionalProperties: false })
      assert.deepInclude(now!.function["parameters"], { type: "object" })
    })
  )

  it.effect("a tool's choice is put into the endpoint's words", () =>
    Effect.gen(function* () {
      const names = ({ tools }: Record<string, unknown>) =>
        (tools as ReadonlyArray<{ function: { name: string } }>).map((tool) => tool.function.name)

      for (const choice of ["auto", "none", "required"] as const) {
        assert.strictEqual((yield* offered(choice))["tool_choice"], choice)
      }
      const one = yield* offered({ tool: "now" })
      assert.deepStrictEqual(one["tool_choice"], { type: "function", function: { name: "now" } })
      assert.lengthOf(names(one), 3)
      const some = yield* offered({ mode: "required", oneOf: ["now", "weather"] })
      assert.strictEqual(some["tool_choice"], "required")
      assert.sameMembers(names(some), ["now", "weather"])
      assert.strictEqual((yield* offered({ oneOf: ["now"] }))["tool_choice"], "auto")
    })
  )

  it.effect("a strict tool's arguments come back in the shape of its own schema", () =>
    Effect.gen(function* () {
      const call = (name: string, args: object) => ({
        id: name,
        type: "function",
        function: { name, arguments: JSON.stringify(args) }
      })
      const tool_calls = [call("strict", { city: "Paris", days: null }), call("weather", { city: "Rome", days: 2 })]
      const { layer } = answering(() => Response.json(reply({ content: null, tool_calls })))
      const { toolResults } = yield* LanguageModel.generateText({ prompt, toolkit: Tools }).pipe(
        Effect.provide([layer, handlers])
      )

      assert.deepStrictEqual(toolResults.map(({ result }) => result).sort(), ["Paris undefined", "Rome 2"])
    })
  )

  it.effect("an object is asked for by a strict schema under a name that the endpoint takes", () =>
    Effect.gen(function* () {
      const { json_schema: plan } = yield* formatOf("headgate/a plan")

      assert.strictEqual(plan.name, "headgate_a_plan")
      assert.isTrue(plan.strict)
      assert.deepInclude(plan.schema, { type: "object", required: ["title", "note"], additionalProperties: false })
      assert.strictEqual((yield* formatOf("x".repeat(99))).json_schema.name, "x".repeat(64))
    })
  )

  it.effect("a schema or tool that the endpoint cannot hold the model to is refused, and nothing is sent", () =>
    Effect.gen(function* () {
      const { layer, sent } = answering(() => Response.json(reply({ content: "{}" })))
      const either = Schema.Union([Schema.Struct({ a: Schema.String }), Schema.Struct({ b: Schema.String })])
      const search = Tool.providerDefined({ id: "openai.web_search", customName: "Search", providerName: "search" })()
      const object = LanguageModel.generateObject({ prompt, schema: either })
      const tool = LanguageModel.generateText({ prompt, toolkit: Toolkit.make(search) })
      const [unsupported, invalid] = yield* Effect.all([Effect.flip(object), Effect.flip(tool)]).pipe(
        Effect.provide(layer)
      )

      assert.strictEqual(unsupported.reason._tag, "UnsupportedSchemaError")
      assert.deepInclude(invalid.reason, { _tag: "InvalidRequestError", parameter: "toolkit" })
      assert.match(invalid.message, /"Search"/)
      assert.deepStrictEqual(sent, [])
    })
  )
})
