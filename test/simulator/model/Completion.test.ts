import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { SimulatedModel } from "../../../src/simulator/SimulatedModel.ts"
import { TextPart, TextReply } from "../../../src/simulator/model/Completion.ts"
import { client } from "./Client.ts"

const ask = (prompt: unknown, more: object = {}) => ({ model: "gpt-3.5-turbo-instruct", prompt, ...more })

const complete = (body: unknown) => Effect.flatMap(SimulatedModel, (model) => model.completeText(body))

const streamed = (body: unknown) => Effect.flatMap(SimulatedModel, (model) => Stream.runCollect(model.streamText(body)))

const withModel = Effect.provide(SimulatedModel.layer({ fixedLatency: 0 }))

describe("SimulatedModel text completions", () => {
  it.effect("a prompt is continued by sixteen tokens, or as many as it asks for", () =>
    Effect.gen(function* () {
      const usual = yield* complete(ask("Once upon a time"))
      const longer = yield* complete(ask("Once upon a time", { max_tokens: 20 }))

      assert.deepStrictEqual(yield* Schema.decodeUnknownEffect(TextReply)(usual), usual)
      assert.deepStrictEqual(usual.usage, { prompt_tokens: 4, completion_tokens: 16, total_tokens: 20 })
      assert.strictEqual(usual.choices[0]!.finish_reason, "length")
      assert.strictEqual(longer.choices[0]!.text.length, 80)
      assert.isTrue(longer.choices[0]!.text.startsWith(usual.choices[0]!.text))
    }).pipe(withModel)
  )

  it.effect("each prompt gets as many choices as are asked for, in order, with the prompt before them if wanted", () =>
    Effect.gen(function* () {
      const prompts = ["Bees", "Rivers"]
      const { choices, usage } = yield* complete(ask(prompts, { n: 2, echo: true, max_tokens: 500 }))

      assert.deepStrictEqual(
        choices.map(({ index }) => index),
        [0, 1, 2, 3]
      )
      choices.forEach(({ finish_reason, text }, i) => {
        assert.strictEqual(finish_reason, "stop")
        assert.isTrue(text.startsWith(prompts[i >> 1]!))
        assert.isAbove(text.length, 20)
      })
      assert.strictEqual(new Set(choices.map(({ text }) => text)).size, 4)
      const said = choices.map(({ text }, i) => Math.ceil((text.length - prompts[i >> 1]!.length) / 4))
      assert.strictEqual(
        usage.completion_tokens,
        said.reduce((a, b) => a + b)
      )
      assert.strictEqual((yield* complete(ask([1, 2, 3]))).choices.length, 1)
      assert.strictEqual((yield* complete(ask([[1, 2], [3]]))).choices.length, 2)
    }).pipe(withModel)
  )

  it.effect("the parts of a stream come to the same", () =>
    Effect.gen(function* () {
      const body = ask(["Bees", "Rivers"], { n: 2, echo: true, stop: "." })
      const whole = yield* complete(body)
      const bare = yield* streamed(body)
      const counted = yield* streamed({ ...body, stream_options: { include_usage: true } })

      for (const { finish_reason, index, text } of whole.choices) {
        const parts = bare.flatMap(({ choices }) => choices.filter((one) => one.index === index))
        assert.strictEqual(parts.map((part) => part.text).join(""), text)
        assert.deepStrictEqual(
          parts.map((part) => part.finish_reason),
          [...parts.slice(1).map(() => null), finish_reason]
        )
      }
      for (const part of counted) assert.deepStrictEqual(yield* Schema.decodeUnknownEffect(TextPart)(part), part)
      assert.isTrue(bare.every((part) => !("usage" in part)))
      assert.deepStrictEqual(counted.at(-1)!.choices, [])
      assert.deepStrictEqual(counted.at(-1)!.usage, whole.usage)
    }).pipe(withModel)
  )

  it.effect("a request that an endpoint would not understand is refused, naming the field", () =>
    Effect.gen(function* () {
      for (const [body, param] of [
        [ask(undefined), "prompt"],
        [ask([]), "prompt"],
        [ask("Hi", { max_tokens: 0 }), "max_tokens"],
        [ask(Array.from({ length: 100 }, String), { n: 100 }), "n"]
      ] as const) {
        assert.deepInclude({ ...(yield* Effect.flip(complete(body))) }, { status: 400, param })
      }
    }).pipe(withModel)
  )

  it.live("the official client reads whole answers and streams", () =>
    Effect.gen(function* () {
      const { completions } = yield* client
      const body = { model: "gpt-3.5-turbo-instruct", prompt: "Once upon a time" }
      const whole = yield* Effect.promise(() => completions.create(body))
      const parts = yield* Effect.promise(() => completions.create({ ...body, stream: true }))
      const texts = yield* Stream.runCollect(Stream.fromAsyncIterable(parts, String))

      assert.strictEqual(texts.map(({ choices }) => choices[0]!.text).join(""), whole.choices[0]!.text)
    }).pipe(withModel)
  )
})
