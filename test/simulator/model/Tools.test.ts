import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import type { ChatCompletionMessageParam, ChatCompletionTool } from "openai/resources"
import { SimulatedModel } from "../../../src/simulator/SimulatedModel.ts"
import { client } from "./Client.ts"

const tool = (name: string, properties: object = {}, required: ReadonlyArray<string> = []): ChatCompletionTool => ({
  type: "function",
  function: { name, parameters: { type: "object", properties, required, additionalProperties: false } }
})

const weather = tool(
  "get_weather",
  { city: { type: "string" }, unit: { enum: ["celsius", "fahrenheit"] }, days: { type: "integer", maximum: 5 } },
  ["city", "unit", "days"]
)
const tools = [weather, tool("stockPrice", { symbol: { type: "string" } }, ["symbol"]), tool("add")]

const user = (content: string): ChatCompletionMessageParam => ({ role: "user", content })

const ask = (content: string, more: object = {}) => ({ model: "m", messages: [user(content)], tools, ...more })

const complete = (body: unknown) => Effect.flatMap(SimulatedModel, (model) => model.complete(body))

/** The names of the tools that a request makes the model call. */
const called = (body: unknown) =>
  Effect.map(complete(body), ({ choices: [choice] }) =>
    (choice!.message.tool_calls ?? []).map((call) => call.function.name)
  )

const withModel = Effect.provide(SimulatedModel.layer({ fixedLatency: 0 }))

const named = (name: string) => ({ type: "function", function: { name } })

describe("SimulatedModel tools", () => {
  it.effect("a tool is called when the question has its name or a word of it", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
        ["What is the weather in Paris?", ["get_weather"]],
        ["Call get_weather", ["get_weather"]],
        ["How do stocks do?", ["stockPrice"]],
        ["Stock prices and weather, please", ["get_weather", "stockPrice"]],
        ["Add two and three", ["add"]],
        ["What is your address, and whether you get it", []]
      ]
      for (const [question, names] of cases) assert.deepStrictEqual(yield* called(ask(question)), names)
    }).pipe(withModel)
  )

  it.effect("the choice of the request binds", () =>
    Effect.gen(function* () {
      const both = "Stock prices and weather, please"
      const allowed = (mode: string) => ({
        type: "allowed_tools",
        allowed_tools: { mode, tools: [named("stockPrice"), named("add")] }
      })
      const cases: ReadonlyArray<readonly [string, object, ReadonlyArray<string>]> = [
        [both, { tool_choice: "none" }, []],
        [both, { parallel_tool_calls: false }, ["get_weather"]],
        [both, { tool_choice: named("add") }, ["add"]],
        ["Hello", { tool_choice: "auto" }, []],
        ["Hello", { tool_choice: "required" }, ["get_weather"]],
        ["Stocks?", { tool_choice: "required" }, ["stockPrice"]],
        [both, { tool_choice: allowed("auto") }, ["stockPrice"]],
        ["Hello", { tool_choice: allowed("required") }, ["stockPrice"]]
      ]
      for (const [question, more, names] of cases) assert.deepStrictEqual(yield* called(ask(question, more)), names)
    }).pipe(withModel)
  )

  it.effect("with the results in hand it answers in words, unless it has to call again", () =>
    Effect.gen(function* () {
      const question = "What is the weather in Paris?"
      const { choices } = yield* complete(ask(question))
      const messages = [
        user(question),
        choices[0]!.message,
        { role: "tool", tool_call_id: choices[0]!.message.tool_calls![0]!.id, content: "Sunny" }
      ]

      const { choices: after, usage } = yield* complete({ ...ask(question), messages })
      assert.deepInclude(after[0]!, { finish_reason: "stop" })
      assert.isString(after[0]!.message.content)
      assert.isAbove(usage.completion_tokens, 5)
      const again = { ...ask(question, { tool_choice: "required" }), messages }
      assert.deepStrictEqual(yield* called(again), ["get_weather"])
      const next = [...messages, after[0]!.message, user("And the weather in Rome?")]
      assert.deepStrictEqual(yield* called({ ...ask(question), messages: next }), ["get_weather"])
    }).pipe(withModel)
  )

  it.effect("arguments fit the tool's schema and take up what was asked", () =>
    Effect.gen(function* () {
      const { choices, usage } = yield* complete(ask("What is the weather in Paris?"))
      const [call] = choices[0]!.message.tool_calls!
      const { city, days, unit } = JSON.parse(call!.function.arguments)

      assert.deepInclude(choices[0]!, { finish_reason: "tool_calls" })
      assert.isNull(choices[0]!.message.content)
      assert.strictEqual(city, "paris")
      assert.include(["celsius", "fahrenheit"], unit)
      assert.isTrue(Number.isInteger(days) && days <= 5)
      assert.strictEqual(usage.completion_tokens, 1 + Math.ceil(call!.function.arguments.length / 4))
      assert.isAbove(usage.prompt_tokens, JSON.stringify(tools).length / 4)
    }).pipe(withModel)
  )

  it.effect("every call has an id of its own, and is cut like a text", () =>
    Effect.gen(function* () {
      const body = ask("Stock prices and weather, please", { n: 2 })
      const ids = [yield* complete(body), yield* complete(body)].flatMap(({ choices }) =>
        choices.flatMap(({ message }) => message.tool_calls!.map(({ id }) => id))
      )
      assert.strictEqual(new Set(ids).size, 8)
      for (const most of [1, 2, 9, 12, 13, 15]) {
        const { choices, usage } = yield* complete({ ...body, n: 1, max_tokens: most })
        assert.strictEqual(choices[0]!.finish_reason, "length")
        assert.strictEqual(usage.completion_tokens, most)
      }
    }).pipe(withModel)
  )

  it.effect("a tool that is not on offer cannot be asked for", () =>
    Effect.gen(function* () {
      for (const [more, param] of [
        [{ tool_choice: named("other") }, "tool_choice"],
        [{ tool_choice: named("add"), tools: undefined }, "tool_choice"],
        [{ tool_choice: "perhaps" }, "tool_choice"],
        [{ tools: [{ type: "function" }] }, "tools[0].function"]
      ] as const) {
        assert.deepInclude({ ...(yield* Effect.flip(complete(ask("Hi", more)))) }, { status: 400, param })
      }
      assert.deepStrictEqual(yield* called(ask("Hi", { tools: [{ type: "custom", custom: {} }] })), [])
    }).pipe(withModel)
  )

  it.effect("calls come in parts, each named in its first", () =>
    Effect.gen(function* () {
      const { stream } = yield* SimulatedModel
      const chunks = yield* Stream.runCollect(stream(ask("Stock prices and weather, please")))
      const deltas = chunks.flatMap(({ choices }) => choices.flatMap(({ delta }) => delta.tool_calls ?? []))

      assert.isNull(chunks[0]!.choices[0]!.delta.content)
      assert.strictEqual(chunks.at(-1)!.choices[0]!.finish_reason, "tool_calls")
      for (const index of [0, 1]) {
        const [first, ...rest] = deltas.filter((one) => one.index === index)
        assert.deepInclude(first!, { type: "function" })
        assert.isTrue(rest.length > 0 && rest.every((one) => !("id" in one) && !("name" in one.function)))
        JSON.parse(rest.map((one) => one.function.arguments).join(""))
      }
    }).pipe(withModel)
  )

  it.live("the official client runs tools and brings their results back", () =>
    Effect.gen(function* () {
      const { chat } = yield* client
      const cities: Array<string> = []
      for (const stream of [false, true]) {
        const lookUp = {
          type: "function" as const,
          function: {
            name: "get_weather",
            description: "The weather of a city",
            parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
            parse: JSON.parse,
            function: ({ city }: { city: string }) => {
              cities.push(city)
              return "Sunny"
            }
          }
        }
        const body = { model: "m", messages: [user("What is the weather in Paris?")], tools: [lookUp] }
        const runner = stream ? chat.completions.runTools({ ...body, stream }) : chat.completions.runTools(body)
        const said = yield* Effect.promise(() => runner.finalContent())

        assert.match(said ?? "", /weather|paris/)
      }
      assert.deepStrictEqual(cities, ["paris", "paris"])
    }).pipe(withModel)
  )
})
