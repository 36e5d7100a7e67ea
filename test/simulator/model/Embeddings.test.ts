import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { SimulatedModel } from "../../../src/simulator/SimulatedModel.ts"
import { Embeddings } from "../../../src/simulator/model/Embeddings.ts"
import type { Options } from "../../../src/simulator/model/Options.ts"
import { client } from "./Client.ts"

const embed = (input: unknown, more: object = {}) =>
  Effect.flatMap(SimulatedModel, ({ embeddings }) => embeddings({ model: "text-embedding-3-small", input, ...more }))

const vectors = (input: unknown, more: object = {}) =>
  Effect.map(embed(input, more), ({ data }) => data.map(({ embedding }) => embedding as ReadonlyArray<number>))

const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)

const withModel = (options: Options = {}) => Effect.provide(SimulatedModel.layer({ fixedLatency: 0, ...options }))

describe("SimulatedModel embeddings", () => {
  it.effect("a text has the same vector always, of length one and of the dimensions asked for", () =>
    Effect.gen(function* () {
      for (const [more, length] of [
        [{}, 1536],
        [{ dimensions: 8 }, 8],
        [{ dimensions: 1 }, 1]
      ] as const) {
        const texts = ["How rivers shape valleys", "!", "日本語の文", "a a a", "How rivers shape valleys"]
        const all = yield* vectors(texts, more)
        const other = yield* vectors(texts, more).pipe(withModel({ seed: 9 }))

        assert.deepStrictEqual(all[0], all[4])
        assert.deepStrictEqual(other, all)
        for (const vector of all) {
          assert.strictEqual(vector.length, length)
          assert.closeTo(dot(vector, vector), 1, 1e-5)
        }
      }
    }).pipe(withModel())
  )

  it.effect("texts that are alike are nearer than others", () =>
    Effect.gen(function* () {
      const topics = [
        ["Rivers carve valleys into the mountains", "A mountain river carving its valley"],
        ["The invoice was paid by the customer", "Customers who pay their invoices"],
        ["Bake the bread in a hot oven", "An oven for baking fresh bread"],
        ["Our server was restarted after an outage", "Outages that make servers restart"]
      ] as const
      const all = yield* vectors(topics.flat())
      const unlike = all.flatMap((a, i) => all.slice(2 * (i >> 1) + 2).map((b) => dot(a, b)))

      for (let i = 0; i < all.length; i += 2) {
        assert.isAbove(dot(all[i]!, all[i + 1]!), Math.max(...unlike) + 0.1)
      }
    }).pipe(withModel())
  )

  it.effect("base64 holds the same numbers", () =>
    Effect.gen(function* () {
      const [plain] = yield* vectors("Bees", { dimensions: 64 })
      const reply = yield* embed("Bees", { dimensions: 64, encoding_format: "base64" })
      const bytes = Buffer.from(reply.data[0]!.embedding as string, "base64")

      assert.deepStrictEqual(
        Array.from({ length: 64 }, (_, i) => bytes.readFloatLE(4 * i)),
        plain!.map(Math.fround)
      )
      assert.deepStrictEqual(yield* Schema.decodeUnknownEffect(Embeddings)(reply), reply)
    }).pipe(withModel())
  )

  it.effect("inputs are one or many texts or tokens, each counted", () =>
    Effect.gen(function* () {
      for (const [input, count, tokens] of [
        ["12345", 1, 2],
        [["1234", "12345"], 2, 3],
        [[5, 6, 7], 1, 3],
        [[[5, 6, 7], [8]], 2, 4]
      ] as const) {
        const { data, usage } = yield* embed(input)
        assert.deepStrictEqual(
          data.map(({ index }) => index),
          Array.from({ length: count }, (_, i) => i)
        )
        assert.deepStrictEqual(usage, { prompt_tokens: tokens, total_tokens: tokens })
      }
      for (const [input, more, param] of [
        [undefined, {}, "input"],
        ["", {}, "input"],
        [[], {}, "input"],
        ["x", { dimensions: 0 }, "dimensions"],
        ["x", { encoding_format: "hex" }, "encoding_format"]
      ] as const) {
        const { param: named, status } = yield* Effect.flip(embed(input, more))
        assert.deepStrictEqual([status, named?.split("[")[0]], [400, param])
      }
    }).pipe(withModel())
  )

  it.effect("a request takes a slot, and as long as its prompt does", () =>
    Effect.gen(function* () {
      const { gauges } = yield* SimulatedModel
      const call = yield* Effect.forkChild(embed("x".repeat(400)))
      yield* TestClock.adjust(119)
      assert.isUndefined(call.pollUnsafe())
      assert.deepInclude(yield* gauges, { running: 1 })

      yield* TestClock.adjust(1)
      yield* Fiber.join(call)
      assert.deepInclude(yield* gauges, { running: 0, answered: 1 })
    }).pipe(Effect.provide(SimulatedModel.layer({ firstToken: 100, perPromptToken: 0.2 })))
  )

  it.live("the official client, which asks for base64 unasked, reads the vectors", () =>
    Effect.gen(function* () {
      const { embeddings } = yield* client
      const { data } = yield* Effect.promise(() => embeddings.create({ model: "m", input: ["Bees", "Rivers"] }))
      const own = yield* vectors(["Bees", "Rivers"])

      assert.deepStrictEqual(
        data.map(({ embedding }) => Array.from(embedding)),
        own.map((vector) => vector.map(Math.fround))
      )
    }).pipe(withModel())
  )
})
