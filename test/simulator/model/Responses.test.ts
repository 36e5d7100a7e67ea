import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import type { ResponseInput } from "openai/resources/responses/responses"
import { SimulatedModel } from "../../../src/simulator/SimulatedModel.ts"
import { client } from "./Client.ts"

const ask = (input: unknown, more: object = {}) => ({ model: "m", input, ...more })

const respond = (body: unknown) => Effect.flatMap(SimulatedModel, (model) => model.respond(body))

const events = (body: unknown) =>
  Effect.flatMap(SimulatedModel, (model) => Stream.runCollect(model.streamResponse(body)))

const withModel = Effect.provide(SimulatedModel.layer({ fixedLatency: 0 }))

const weather = {
  type: "function" as const,
  name: "get_weather",
  strict: true,
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false
  }
}
const stocks = { ...weather, name: "get_stocks" }

describe("SimulatedModel responses", () => {
  it.effect("an answer is a message, and says the same as a chat", () =>
    Effect.gen(function* () {
      const { complete } = yield* SimulatedModel
      const messages = [
        { role: "system", content: "Be brief" },
        { role: "user", content: "Tell me of bees" }
      ]
      const chat = yield* complete({ model: "m", messages })
      const { output, status, usage } = yield* respond(ask("Tell me of bees", { instructions: "Be brief" }))
      const parts = ask([
        messages[0],
        { type: "message", role: "user", content: [{ type: "input_text", text: "Tell me of bees" }] }
      ])

      assert.strictEqual(status, "completed")
      assert.strictEqual(output.length, 1)
      assert.deepNestedInclude(output[0]!, { type: "message", "content[0].text": chat.choices[0]!.message.content })
      assert.strictEqual(usage!.total_tokens, chat.usage.total_tokens)
      assert.deepNestedInclude((yield* respond(parts)).usage!, { input_tokens: chat.usage.prompt_tokens })
    }).pipe(withModel)
  )

  it.effect("events come in the order of the endpoint, counted from 0", () =>
    Effect.gen(function* () {
      const all = yield* events(ask("Tell me of bees", { max_output_tokens: 2 }))

      assert.deepStrictEqual(
        all.map(({ sequence_number, type }) => [sequence_number, type]),
        [
          "response.created",
          "response.in_progress",
          "response.output_item.added",
          "response.content_part.added",
          "response.output_text.delta",
          "response.output_text.delta",
          "response.output_text.done",
          "response.content_part.done",
          "response.output_item.done",
          "response.incomplete"
        ].map((type, i) => [i, type])
      )
      assert.deepNestedInclude(all.at(-1)!, {
        "response.status": "incomplete",
        "response.incomplete_details": { reason: "max_output_tokens" },
        "response.usage.output_tokens": 2
      })
      assert.deepNestedInclude(all[0]!, { "response.status": "in_progress", "response.output": [] })
    }).pipe(withModel)
  )

  it.effect("the deltas of an item come to what it is at its end", () =>
    Effect.gen(function* () {
      for (const more of [{}, { tools: [weather, stocks] }]) {
        const all = yield* events(ask("The weather and the stocks of Paris?", more))
        const ends = all.filter(({ type }) => /(text|arguments)\.done$/.test(type))

        assert.strictEqual(ends.length, "tools" in more ? 2 : 1)
        for (const end of ends) {
          const deltas = all.filter(({ item_id, type }) => item_id === end["item_id"] && type.endsWith(".delta"))
          assert.strictEqual(deltas.map((one) => one["delta"]).join(""), end["text"] ?? end["arguments"])
        }
      }
    }).pipe(withModel)
  )

  it.effect("tools are called, and answered in words", () =>
    Effect.gen(function* () {
      const question = { role: "user", content: "The weather and the stocks of Paris?" }
      const { output } = yield* respond(ask([question], { tools: [weather, stocks, { type: "web_search" }] }))
      const calls = output.map((item) => (item.type === "function_call" ? item.name : item.type))
      const result = { type: "function_call_output", call_id: "1", output: "The weather is sunny" }
      const after = yield* respond(ask([question, ...output, result, result], { tools: [weather, stocks] }))
      const named = yield* respond(ask("Hello", { tools: [weather, stocks], tool_choice: stocks }))

      assert.deepStrictEqual(calls, ["get_weather", "get_stocks"])
      assert.strictEqual(after.output[0]!.type, "message")
      assert.deepInclude(named.output[0]!, { type: "function_call", name: "get_stocks" })
    }).pipe(withModel)
  )

  it.effect("a request that an endpoint would not understand is refused, naming the field", () =>
    Effect.gen(function* () {
      for (const [body, param] of [
        [ask(undefined), "input"],
        [ask([]), "input"],
        [ask([{ type: "reasoning", summary: [] }]), "input"],
        [ask("Hi", { tools: [weather], tool_choice: stocks }), "tool_choice"],
        [ask("Hi", { max_output_tokens: 0 }), "max_output_tokens"],
        [ask("Hi", { previous_response_id: "resp_1" }), "previous_response_id"],
        [ask([{ role: "user" }]), "input[0].content"],
        [ask([{ content: "Hi" }]), "input[0].role"]
      ] as const) {
        assert.deepInclude({ ...(yield* Effect.flip(respond(body))) }, { status: 400, param })
      }
    }).pipe(withModel)
  )

  it.live("the official client puts the events together to the whole answer", () =>
    Effect.gen(function* () {
      const { responses } = yield* client
      const input: ResponseInput = [{ role: "user", content: "The weather and the stocks of Paris?" }]
      const schema = { ...weather.parameters }
      for (const more of [
        {},
        { tools: [weather, stocks] },
        { text: { format: { type: "json_schema" as const, name: "place", schema } } }
      ]) {
        const body = { model: "m", input, ...more }
        const whole = yield* Effect.promise(() => responses.create(body))
        const put = yield* Effect.promise(() => responses.stream(body).finalResponse())

        assert.strictEqual(put.output_text, whole.output_text)
        assert.deepStrictEqual(put.usage, whole.usage)
        assert.strictEqual(put.output.length, "tools" in more ? 2 : 1)
        put.output.forEach((item, i) => {
          const other = whole.output[i]!
          assert.strictEqual(item.type, other.type)
          if (item.type === "function_call" && other.type === "function_call") {
            assert.deepInclude(item, { name: other.name, arguments: other.arguments })
          }
        })
        if ("text" in more) assert.isString(JSON.parse(put.output_text).city)
      }
    }).pipe(withModel)
  )
})
